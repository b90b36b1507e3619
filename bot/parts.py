"""What the parts of the bot that run by themselves have in common."""

from typing import Protocol


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
    """By which Slack comes in."""

    @property
    def connected(self) -> bool: ...

    async def open(self) -> None: ...

    async def close(self, within_s: float) -> None: ...
