"""What listeners need of the outside, as they see it."""

from typing import Protocol
from uuid import UUID

from bot.views.message import Message


class Whisper(Protocol):
    """Private answers through the `response_url` of a payload."""

    def say(
        self, response_url: str, message: Message, *, replace: bool = False, thread: str | None = None
    ) -> None:
        """Answer soon, without making the caller wait."""
        ...

    def remember(self, proposal: UUID, response_url: str) -> None:
        """Keep where to answer if this proposal's card cannot be posted."""
        ...
