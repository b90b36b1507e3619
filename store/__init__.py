"""The truth: tables, transitions and queries. Knows no Slack and no HTTP."""
