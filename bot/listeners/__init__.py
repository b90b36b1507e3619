"""What Slack sends in: each id mapped to a thin function that checks, calls one use case and acknowledges."""
