"""Chaos: real bot processes under violence, checked from the outside."""
