"""What listeners need of the outside, as they see it."""

from collections.abc import Mapping
from typing import Any, BinaryIO, Protocol
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


class Files(Protocol):
    """The content of files that people hand to the bot."""

    async def fetch(self, file: Mapping[str, Any]) -> BinaryIO:
        """The content of a file object as Slack sent it. Raises InvalidRequest, with words for the person."""
        ...


class Forms(Protocol):
    """Slack's client, as far as a listener needs it: a form must be open within three seconds."""

    async def views_open(self, *, trigger_id: str, view: dict[str, Any]) -> object:
        """Open a form for whoever the trigger was given to."""
        ...
