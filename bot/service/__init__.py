"""The use cases: propose, decide, look up. They check, own the transactions and record every attempt."""
