"""Turns what people hand in, a file or pasted text, into customer ids; knows neither Slack nor the store."""
