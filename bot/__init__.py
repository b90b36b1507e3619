"""The bot: from Slack's payloads to the cluster's API and back into the thread."""
