"""What people read: pure functions from plain data to Slack messages."""
