"""The scripted conversation: people, a workspace, a cluster and the real bot, played and checked."""
