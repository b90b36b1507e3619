"""The one door to the database: a unit of work is a plain function on a connection, run whole on a thread.

One hop a transaction instead of one a statement, no async inside queries, the same code on both databases.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Table, make_url, text
from sqlalchemy.dialects import postgresql as postgresql_dialect
from sqlalchemy.dialects import sqlite as sqlite_dialect
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from store import audit, postgres, sqlite
from store.errors import StoreError

READERS = 4
TRIES = 3  # of a transaction whose connection was lost or that met another's lock
_RINGS = "rings"

P = ParamSpec("P")
T = TypeVar("T")


def ring(conn: Connection, topic: str) -> None:
    """Wake whoever hears `topic` once this transaction is committed; never if it is not."""
    conn.info.setdefault(_RINGS, set()).add(topic)


def upsert(conn: Connection, table: Table) -> Any:
    """An INSERT that knows ON CONFLICT; both dialects spell it alike."""
    return upsert_on(conn.dialect.name, table)


def upsert_on(dialect: str, table: Table) -> Any:
    """The same, for a statement that is built once for each database."""
    if dialect == "sqlite":
        return sqlite_dialect.insert(table)
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


class _Own(threading.local):
    """What each thread has of its own: its connections, kept, by the names of their options."""

    def __init__(self) -> None:
        self.connections: dict[tuple[str, ...], Connection] = {}


class Database:
    """Transactions on worker threads: writes, and reads beside them.

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
        self._own = _Own()
        self._kept: list[Connection] = []
        self._writer = ThreadPoolExecutor(writers, thread_name_prefix="store-write")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-read")

    async def write(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `work` in a transaction; seal its audit rows, commit, ring. Raises StoreError."""
        return await self._on(self._writer, {}, lambda conn: work(conn, *args, **kwargs))

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
        for conn in self._kept:
            conn.close()
        self.engine.dispose()

    async def _on(
        self, threads: ThreadPoolExecutor, options: dict[str, Any], work: Callable[[Connection], T]
    ) -> T:
        future = threads.submit(self._run, options, work)
        done = asyncio.wrap_future(future)
        # After that, so that whoever waits goes on first; and even where nobody waits any more.
        future.add_done_callback(partial(self._ring, asyncio.get_running_loop()))
        return (await done)[0]

    def _ring(self, loop: asyncio.AbstractEventLoop, future: Future[tuple[Any, set[str]]]) -> None:
        if not future.cancelled() and not future.exception():
            for topic in future.result()[1]:
                loop.call_soon_threadsafe(self._on_ring, topic)

    def _run(self, options: dict[str, Any], work: Callable[[Connection], T]) -> tuple[T, set[str]]:
        """On a thread: the result, and the topics to be rung."""
        tries = 1
        while True:
            try:
                return self._transact(options, work)
            except SQLAlchemyError as exc:
                self._let_go()
                if tries == TRIES or not _passing(exc):
                    raise StoreError(f"The database did not do it: {_reason(exc)}.") from exc
            tries += 1

    def _transact(self, options: dict[str, Any], work: Callable[[Connection], T]) -> tuple[T, set[str]]:
        conn = self._connection(options)
        conn.info.clear()  # of what a transaction that was rolled back has left
        with conn.begin():
            result = work(conn)
            audit.seal(conn)
            topics: set[str] = conn.info.pop(_RINGS, set())
            if not self.embedded and topics:
                _notify(conn, topics)
        return result, topics if self.embedded else set()

    def _connection(self, options: dict[str, Any]) -> Connection:
        """This thread's connection with these options. Opening one takes longer than most transactions."""
        mine = self._own.connections
        kind = tuple(options)
        if kind not in mine:
            mine[kind] = self.engine.connect()
            self._kept.append(mine[kind])
            mine[kind].execution_options(**options)
        return mine[kind]

    def _let_go(self) -> None:
        """After an error the next transaction begins with another connection: this one may be lost."""
        mine = self._own.connections
        for conn in mine.values():
            self._kept.remove(conn)
            conn.close()
        mine.clear()


def _notify(conn: Connection, topics: set[str]) -> None:
    conn.execute(
        text("SELECT pg_notify(:channel, topic) FROM unnest(CAST(:topics AS text[])) AS topic"),
        {"channel": postgres.CHANNEL, "topics": sorted(topics)},
    )


def _reason(exc: SQLAlchemyError) -> str:
    # SQLite's own words ("database or disk is full") name tables and columns, never what is in them; those of
    # the driver ("could not decode …") and of PostgreSQL ("Key (…)=(…) already exists") may.
    said = exc.orig if isinstance(exc, DBAPIError) else None
    if hasattr(said, "sqlite_errorcode"):
        return str(said)
    state = getattr(said, "sqlstate", None)
    return f"{type(exc).__name__} {state}" if state else type(exc).__name__


def _passing(exc: SQLAlchemyError) -> bool:
    """Whether the same transaction may well succeed at once: a lost connection, a deadlock."""
    if not isinstance(exc, DBAPIError):
        return False
    state = getattr(exc.orig, "sqlstate", None)
    return exc.connection_invalidated or state in ("40001", "40P01") or _cut(exc)


def _cut(exc: DBAPIError) -> bool:
    # The server ended the session (57P01, 57P02, 57P03, 57P05) or it broke (class 08).
    state = str(getattr(exc.orig, "sqlstate", None) or "")
    return isinstance(exc, OperationalError) and (state.startswith("08") or state[:4] == "57P0")
