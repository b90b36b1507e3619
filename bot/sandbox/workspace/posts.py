"""A message as the workspace keeps it, and the two ways it is told: to the bot and to people."""

from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.workspace.people import APP, BOT, BOT_ID, BOT_NAME, TEAM


@dataclass(slots=True)
class Post:
    """`thread` is the parent's ts for a reply, None otherwise; `only_for` makes it ephemeral."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[dict[str, Any]]
    thread: str | None = None
    only_for: str | None = None
    broadcast: bool = False
    metadata: dict[str, Any] | None = None
    files: list[dict[str, Any]] = field(default_factory=list)
    edited_ts: str | None = None
    replies: int = 0

    def for_bot(self, *, with_metadata: bool = False) -> dict[str, Any]:
        """The shape of `message` in Web API answers and interaction payloads."""
        told: dict[str, Any] = {"type": "message", "user": self.user, "ts": self.ts, "text": self.text}
        told["team"] = TEAM
        if self.user == BOT:
            profile = {"id": BOT_ID, "app_id": APP, "name": BOT_NAME, "team_id": TEAM, "deleted": False}
            told |= {"bot_id": BOT_ID, "app_id": APP, "bot_profile": profile}
        if self.blocks:
            told["blocks"] = self.blocks
        if self.thread:
            told["thread_ts"] = self.thread
        elif self.replies:
            told |= {"thread_ts": self.ts, "reply_count": self.replies}
        if self.edited_ts:
            told["edited"] = {"user": self.user, "ts": self.edited_ts}
        if self.files:
            told["files"] = self.files
        if with_metadata and self.metadata:
            told["metadata"] = self.metadata
        return told

    def for_people(self) -> dict[str, Any]:
        """What the desk reads; `bot.sandbox.desk.Message` mirrors it."""
        return {
            "channel": self.channel,
            "ts": self.ts,
            "user": self.user,
            "text": self.text,
            "blocks": self.blocks,
            "thread": self.thread,
            "ephemeral": self.only_for is not None,
            "edited": self.edited_ts is not None,
            "metadata": self.metadata,
            "files": [
                {
                    "id": file["id"],
                    "name": file.get("name", ""),
                    "title": file.get("title", ""),
                    "size": file.get("size", 0),
                    "alt": file.get("alt_txt"),
                }
                for file in self.files
            ],
        }
