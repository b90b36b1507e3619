"""Carrying out: sends what was confirmed, reads back what is unknown, one cluster at a time."""
