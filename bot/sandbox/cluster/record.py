"""What the sandbox cluster remembers of the calls it got, and the waiting for more of it."""

import asyncio
import time
from enum import StrEnum
from typing import TextIO, TypeVar

from pydantic import BaseModel


class End(StrEnum):
    """How a call ended, as the cluster saw it."""

    OPEN = "open"
    ANSWERED = "answered"  # the whole answer was handed to the network
    ABORTED = "aborted"  # either side broke it off


class Seen(BaseModel):
    """One call. `number` counts a host's calls from 1, `at` is Unix time (s), `status` None is no answer.

    `ended_at`: Unix time (s), None while it is open.
    """

    number: int
    cluster: str
    version: int = 0
    at: float
    cids: tuple[str, ...] = ()
    mood: str = ""
    authorized: bool = False
    status: int | None = None
    end: End = End.OPEN
    ended_at: float | None = None


class Post(Seen):
    """A `set/action`. `acted`: the cluster carries it out; `arrived`: its customers are in that state."""

    action: str = ""
    acted: bool = False
    arrived: bool = False


class Get(Seen):
    """A read; `what` is the path's last part (`action`, `appstatus`), `cids` as asked (`ALL` is one)."""

    what: str


Entry = TypeVar("Entry", Post, Get)


class Record(BaseModel):
    """Everything one cluster saw, oldest first; `token_fetches` counts those of the whole host."""

    version: int
    posts: tuple[Post, ...]
    gets: tuple[Get, ...]
    token_fetches: int

    @property
    def finished(self) -> int:
        """How many POSTs have ended, one way or the other."""
        return sum(post.end is not End.OPEN for post in self.posts)


class Ledger:
    """The calls of one host; every change has a version, so that a reader can ask for what is new.

    With `kept`, a call is a line of JSON there too, once it has ended and again at each change after that.
    """

    def __init__(self, kept: TextIO | None = None) -> None:
        self._kept = kept
        self.version = 0
        self.token_fetches = 0
        self._seen: list[Post | Get] = []
        self._changed = asyncio.Event()

    def post(self, cluster: str) -> Post:
        """Enter a POST that has just come in."""
        return self._entered(Post(number=len(self._seen) + 1, cluster=cluster, at=time.time()))

    def get(self, cluster: str, what: str, cids: tuple[str, ...]) -> Get:
        """Enter a read that has just come in."""
        number = len(self._seen) + 1
        return self._entered(Get(number=number, cluster=cluster, at=time.time(), what=what, cids=cids))

    def touch(self, seen: Post | Get | None = None) -> None:
        """Say that an entry (None: the count of token fetches) has changed; wakes whoever waits."""
        self.version += 1
        if seen is not None:
            seen.version = self.version
            if self._kept and seen.end is not End.OPEN:
                print(seen.model_dump_json(), file=self._kept, flush=True)
        self._changed.set()
        self._changed = asyncio.Event()

    def since(self, cluster: str, version: int) -> Record:
        """What changed for `cluster` after `version` (0: everything)."""
        new = [seen for seen in self._seen if seen.cluster == cluster and seen.version > version]
        return Record(
            version=self.version,
            posts=tuple(seen for seen in new if isinstance(seen, Post)),
            gets=tuple(seen for seen in new if isinstance(seen, Get)),
            token_fetches=self.token_fetches,
        )

    async def wait(self, version: int) -> None:
        """Until anything changed after `version`."""
        while self.version <= version:
            await self._changed.wait()

    def _entered(self, seen: Entry) -> Entry:
        self._seen.append(seen)
        self.touch(seen)
        return seen
