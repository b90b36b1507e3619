"""What listeners need of the outside, as they see it."""

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from slack_sdk.models.views import View

from bot.views.files import File
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


class Windows(Protocol):
    """What one person alone is shown: modals, direct messages."""

    async def open(self, trigger_id: str, view: View) -> str:
        """Open a modal, within three seconds of the trigger; its id. Raises FormNotOpened."""
        ...

    async def update(self, view_id: str, view: View) -> bool:
        """Put another view in the place of an open one; False when that is not possible any more."""
        ...

    def tell(self, user_id: str, message: Message) -> None:
        """Send a direct message soon, without making the caller wait."""
        ...

    def send(self, user_id: str, make: Callable[[], File]) -> None:
        """Send a file in a direct message soon, without making the caller wait; it is made on a thread."""
        ...


class Modals(Windows, Protocol):
    """Windows whose modals are changed again and again while somebody looks at them."""

    async def replace(self, view_id: str, view: View, hash_: str | None = None) -> str | None:
        """As `update`; the hash of the new view, or None. `hash_`: only in place of the view that had it."""
        ...

    async def deliver(self, user_id: str, file: File) -> bool:
        """Send a file in a direct message; False when Slack did not take it."""
        ...
