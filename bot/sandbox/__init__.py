"""A Slack workspace and a cluster on this machine, speaking the real protocols; nothing outside knows it."""
