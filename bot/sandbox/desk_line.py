"""The wire between a desk and its workspace: questions, and waiting for what the journal tells."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from io import BytesIO
from time import monotonic
from types import TracebackType
from typing import Any, Self, TypeVar

import aiohttp

from bot.sandbox.workspace.seen import Entry

JSON = dict[str, Any]
Found = TypeVar("Found")
TAIL = 12
LONGEST_WAIT_S = 20.0
PATIENCE_S = 30.0  # for a fact that must come: a busy machine may stand still for seconds


class DeskRefused(ValueError):
    """The workspace could not do what was asked: the caller's mistake, in words."""


class Line:
    """A client of the workspace's control side; the rooms of `Desk` stand on it."""

    def __init__(self, address: str, token: str) -> None:
        self._url = f"{address}/sandbox/"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(headers=self._headers)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session:
            await self._session.close()

    async def journal(self, after: int = 0) -> list[Entry]:
        """Everything that happened at the wire, numbered above `after`, in order."""
        return await self._journal(after, 0.0)

    async def until(
        self, predicate: Callable[[Entry], bool], timeout_s: float = PATIENCE_S, *, after: int = 0
    ) -> Entry:
        """The first entry above `after` that fits, as soon as there is one; TimeoutError with the tail."""
        seen = after

        async def look(wait_s: float) -> Entry | None:
            nonlocal seen
            entries = await self._journal(seen, wait_s)
            seen = entries[-1].number if entries else seen
            return next((entry for entry in entries if predicate(entry)), None)

        return await self._wait(look, "no journal entry as expected", timeout_s)

    async def until_connected(self, sockets: int = 1, timeout_s: float = PATIENCE_S) -> None:
        """Return once that many Socket Mode connections are open."""
        seen = -1

        async def look(wait_s: float) -> bool | None:
            nonlocal seen
            told = await self._ask("sockets", after=seen, wait=wait_s)
            seen = told["end"]
            return True if told["open"] >= sockets else None

        await self._wait(look, f"fewer than {sockets} sockets open", timeout_s)

    async def ask(self, verb: str, asked: Mapping[str, Any]) -> JSON:
        """A verb in the workspace's own words, for a page that speaks them; DeskRefused."""
        return await self._ask(verb, **asked)

    async def until_more(self, after: int, timeout_s: float = LONGEST_WAIT_S) -> int:
        """The number of the newest entry, as soon as it is above `after` or the time is over."""
        entries = await self._journal(after, timeout_s)
        return entries[-1].number if entries else after

    async def _journal(self, after: int, wait_s: float) -> list[Entry]:
        told = await self._ask("journal", after=after, wait=wait_s)
        return [Entry(**entry) for entry in told["entries"]]

    async def _wait(
        self, look: Callable[[float], Awaitable[Found | None]], complaint: str, timeout_s: float
    ) -> Found:
        end = monotonic() + timeout_s
        while True:
            left = end - monotonic()
            found = await look(max(0.0, min(left, LONGEST_WAIT_S)))
            if found is not None:
                return found
            if left <= 0:
                raise TimeoutError(f"After {timeout_s:g} s: {complaint}. {_tail(await self.journal())}")

    async def _ask(self, verb: str, **asked: Any) -> JSON:
        if self._session is None:
            raise RuntimeError("Enter the desk first: `async with Desk(address, token) as desk:`.")
        # In a stream: aiohttp warns of large bodies otherwise, and a file may have ten megabytes.
        body, kind = BytesIO(json.dumps(asked).encode()), {"Content-Type": "application/json"}
        async with self._session.post(self._url + verb, data=body, headers=kind) as answer:
            if answer.status != 200:
                raise DeskRefused(await answer.text())
            told: JSON = await answer.json()
            return told


def _tail(entries: Sequence[Entry]) -> str:
    lines = [f"  {e.number:>4} {e.at:8.3f} {e.kind} {_short(e.details)}" for e in entries[-TAIL:]]
    return "\n".join(["The journal ends:", *lines])


def _short(details: Mapping[str, Any]) -> str:
    words = repr(dict(details))
    return words if len(words) <= 400 else words[:400] + "…"
