"""What the parts of the bot that run by themselves have in common."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:  # Socket Mode starts without
    from starlette.routing import BaseRoute

Enter = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]


class Part(Protocol):
    """Something that runs by itself."""

    async def run(self) -> None: ...


class Stoppable(Part, Protocol):
    """Something that can be told to begin nothing new."""

    def stop(self) -> None: ...


class Drainable(Protocol):
    """Something that has work under way which may end."""

    async def drain(self, within_s: float) -> None: ...


class Entrance(Part, Protocol):
    """By which Slack comes in: each payload, with what tells its delivery from all others, to an `Enter`."""

    @property
    def connected(self) -> bool: ...

    async def open(self) -> None: ...

    async def close(self, within_s: float) -> None: ...


class Beside(Protocol):
    """What else is answered where Slack's requests come in by HTTP."""

    def routes(self) -> "Sequence[BaseRoute]": ...
