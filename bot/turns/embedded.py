"""Turns of the embedded engine: one process, so every turn is its own; a second process is refused."""

import math

from bot.turns import Lease
from bot.turns.bell import Bell
from store.single import Hold


class EmbeddedTurns:
    """One process serves everything on a SQLite file."""

    # Whatever is committed is rung in this very process, and what falls due is known: so a look in vain, of
    # several loops a cluster, is rare. It is for a clock that was set, and for a mistake.
    sweep_s = 60.0

    def __init__(self, url: str, bell: Bell) -> None:
        self.bell = bell
        self._url = url
        self._hold: Hold | None = None

    async def open(self) -> None:
        """Hold the file. Raises AlreadyInUse."""
        self._hold = Hold(self._url)

    async def take(self, name: str) -> bool:
        """Always: there is nobody else."""
        return True

    def lease(self) -> Lease:
        """For ever."""
        return lambda: math.inf

    async def give(self, name: str) -> None:
        """Nobody waits for it."""

    async def close(self) -> None:
        """Let the next process in."""
        if self._hold:
            self._hold.release()
        self._hold = None
