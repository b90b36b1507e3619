"""The record of everything that happened at the workspace's wire, in order, and waiting for more of it."""

import asyncio
import json
from time import monotonic
from typing import Any, TextIO


class Journal:
    """Append-only; each entry is `{number, at, kind, details}` with `at` in seconds since the start.

    With `kept`, each is a line of JSON there as well, at once.
    """

    def __init__(self, kept: TextIO | None = None) -> None:
        self._kept = kept
        self._started = monotonic()
        self._entries: list[dict[str, Any]] = []
        self._moved = asyncio.Event()
        self._closed = False

    @property
    def end(self) -> int:
        """The number of the newest entry, 0 at first."""
        return len(self._entries)

    def record(self, kind: str, **details: Any) -> None:
        at = round(monotonic() - self._started, 4)
        entry = {"number": self.end + 1, "at": at, "kind": kind, "details": details}
        self._entries.append(entry)
        if self._kept:
            print(json.dumps(entry, ensure_ascii=False), file=self._kept, flush=True)
        self._wake()

    async def after(self, number: int, wait_s: float) -> list[dict[str, Any]]:
        """Entries numbered above `number`, waiting up to `wait_s` seconds for the first of them."""
        try:
            async with asyncio.timeout(wait_s):
                while self.end <= number and not self._closed:
                    await self._moved.wait()
        except TimeoutError:
            return []
        return self._entries[number:]

    def close(self) -> None:
        """Let everybody who waits go home."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()
