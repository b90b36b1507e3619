"""Whose turn it is, and who is to wake up: a lock and a bell, embedded or by PostgreSQL."""

from collections.abc import Callable
from typing import Protocol

from bot.turns.bell import Bell

__all__ = ["Bell", "Lease", "Turns"]

Lease = Callable[[], float]


class Turns(Protocol):
    """One holder at a time for each name, over all processes on one database; and the bell they all hear.

    A turn is lost, not kept, when its holder dies or freezes: so whoever acts in a turn still decides by
    compare-and-set on the rows.
    `sweep_s`: after so many seconds without a ring whoever hears the bell looks for itself.
    """

    bell: Bell
    sweep_s: float

    async def open(self) -> None:
        """Begin. Raises StoreError (AlreadyInUse) when this process may not, or the database is away."""
        ...

    async def take(self, name: str) -> bool:
        """Whether it is our turn now: taken just now, or held still."""
        ...

    def lease(self) -> Lease:
        """Until when (the loop's time) the turns held now are surely still ours, to be asked again and again.

        It moves on while this process is alive, and is over for good once they were lost, even if they were
        taken again since: in between, another may have done what was about to be done.
        """
        ...

    async def give(self, name: str) -> None:
        """Let somebody else have it."""
        ...

    async def close(self) -> None:
        """Give everything back and stop hearing."""
        ...
