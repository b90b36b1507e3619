"""The one door to the database: a unit of work is a plain function on a connection, run whole on a thread.

One hop a transaction instead of one a statement, no async inside queries, the same code on both databases.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Table, make_url
from sqlalchemy.dialects import sqlite as sqlite_dialect

from store import postgres, sqlite
from store.short import Short
from store.units import Options, Transactions, Units

READERS = 4

P = ParamSpec("P")
T = TypeVar("T")


def upsert(conn: Connection, table: Table) -> Any:
    """An INSERT that knows ON CONFLICT; both dialects spell it alike."""
    return upsert_on(conn.dialect.name, table)


def upsert_on(dialect: str, table: Table) -> Any:
    """The same, for a statement that is built once for each database."""
    if dialect == "sqlite":
        return sqlite_dialect.insert(table)
    # An embedded bot starts without it.
    from sqlalchemy.dialects import postgresql as postgresql_dialect

    return postgresql_dialect.insert(table)


def shown(url: str) -> str:
    """A database's address as people may see it, without its password."""
    return make_url(url).render_as_string(hide_password=True)


def is_embedded(url: str) -> bool:
    """Whether this is a SQLite file, which one process serves alone."""
    return make_url(url).get_backend_name() == "sqlite"


def file_of(url: str) -> Path | None:
    """The file of a SQLite database."""
    return Path(make_url(url).database or "") if is_embedded(url) else None


class Database:
    """Transactions on worker threads: writes, and reads beside them. Those that take no time are `short`.

    `on_ring` is called on the event loop, after the commit, with each topic rung in a transaction here; on
    PostgreSQL every replica hears it by NOTIFY instead.
    A unit of work may be run again from its beginning when the connection was lost, even at its commit: it
    must decide by what it reads (compare-and-set), never by what the caller remembers.
    A SQLite file that is not there is made, unless `create` is false. Raises StoreError when it cannot be.
    """

    def __init__(
        self, url: str, *, on_ring: Callable[[str], None] = lambda _topic: None, create: bool = True
    ) -> None:
        parsed = make_url(url)
        self.embedded = is_embedded(url)
        writers = sqlite.WRITERS if self.embedded else postgres.WRITERS
        self.engine = (
            sqlite.engine(parsed, create) if self.embedded else postgres.engine(parsed, writers + READERS)
        )
        self._on_ring = on_ring
        self._units = Units(self.engine)
        self._turn = asyncio.Lock()
        self._writer = ThreadPoolExecutor(writers, thread_name_prefix="store-write")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-read")
        self.short: Transactions = (
            Short(self._units, self, self._turn, self._writer, on_ring) if self.embedded else self
        )

    async def write(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `work` in a transaction; seal its audit rows, commit, ring. Raises StoreError."""
        if self.embedded:  # one writer: `short` ones are not on its thread
            await self._turn.acquire()
        return await self._on(
            self._writer, {}, lambda conn: work(conn, *args, **kwargs), self._turn if self.embedded else None
        )

    async def write_unflushed(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """As any other, on a thread: only what is short may be lost with the power."""
        return await self.write(work, *args, **kwargs)

    async def read(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `work` in a transaction that only reads. Raises StoreError."""
        options: dict[str, Any] = {"read_only": True}
        if not self.embedded:  # one moment for the whole of it, as SQLite's reads have anyway
            options |= {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
        return await self._on(self._readers, options, lambda conn: work(conn, *args, **kwargs))

    def close(self) -> None:
        """Wait for running transactions, then let go of every connection."""
        self._writer.shutdown()
        self._readers.shutdown()
        self._units.close()

    async def _on(
        self,
        threads: ThreadPoolExecutor,
        options: Options,
        work: Callable[[Connection], T],
        turn: asyncio.Lock | None = None,
    ) -> T:
        loop = asyncio.get_running_loop()
        with ExitStack() as closed:
            if turn:
                closed.callback(turn.release)
            future = threads.submit(self._units.done, options, work)
            closed.pop_all()
        if turn:
            future.add_done_callback(partial(_release, loop, turn))
        done = asyncio.wrap_future(future)
        # After that, so that whoever waits goes on first; and even where nobody waits any more.
        future.add_done_callback(partial(self._ring, loop))
        return (await done)[0]

    def _ring(self, loop: asyncio.AbstractEventLoop, future: Future[tuple[Any, list[str]]]) -> None:
        if not future.cancelled() and not future.exception():
            for topic in future.result()[1]:
                loop.call_soon_threadsafe(self._on_ring, topic)


def _release(loop: asyncio.AbstractEventLoop, turn: asyncio.Lock, _future: Future[Any]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(turn.release)
