"""The scopes the bot token needs, as manifest.yml asks for them, each with what is missing without it."""

BOT_SCOPES = {
    "channels:read": "whether approvers are in a card's channel",
    "channels:history": "whether a message was posted before a crash, in public channels",
    "chat:write": "cards and their threads",
    "commands": "/set-action, /my-jobs and the shortcuts",
    "files:read": "CSV files that people attach",
    "files:write": "long lists as a CSV in the thread, and pictures",
    "groups:read": "whether approvers are in a card's channel, in private channels",
    "groups:history": "whether a message was posted before a crash, in private channels",
    "im:history": "whether a message was posted before a crash, in direct messages",
    "im:write": "direct messages with the bot",
    "usergroups:read": "rules for user groups",
    "users:read": "guests and closed accounts, time zones",
}
