"""Many workspaces, each of which installed the bot by OAuth: their tokens, and who comes in for which."""
