"""Saying: everything the bot tells Slack, delivered from the outbox after the fact was committed."""
