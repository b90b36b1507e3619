"""Whose turn it is, and who is to wake up: a lock and a bell, embedded or by PostgreSQL."""

from typing import Protocol

from bot.turns.bell import Bell

__all__ = ["Bell", "Turns"]


class Turns(Protocol):
    """One holder at a time for each name, over all processes on one database; and the bell they all hear.

    A turn is lost, not kept, when its holder dies or freezes: so whoever acts in a turn still decides by
    compare-and-set on the rows.
    """

    bell: Bell

    async def open(self) -> None:
        """Begin. Raises StoreError (AlreadyInUse) when this process may not, or the database is away."""
        ...

    async def take(self, name: str) -> bool:
        """Whether it is our turn now: taken just now, or held still."""
        ...

    async def give(self, name: str) -> None:
        """Let somebody else have it."""
        ...

    async def close(self) -> None:
        """Give everything back and stop hearing."""
        ...
