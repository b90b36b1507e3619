"""A Slack workspace on loopback: what the real bot talks to in the sandbox and in tests."""
