"""The one door to the database: a unit of work is a plain function on a connection, run whole on a thread.

One hop a transaction instead of one a statement, and no async inside queries. SQLite is set up on every
connection: WAL, `synchronous=FULL` (what we acknowledge survives power loss), foreign keys, a busy time-out.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from store.errors import StoreError

BUSY_TIMEOUT_MS = 5_000
READERS = 4
_RINGS = "rings"

P = ParamSpec("P")
T = TypeVar("T")


def ring(conn: Connection, topic: str) -> None:
    """Wake whoever hears `topic` once this transaction is committed; never if it is not."""
    conn.info.setdefault(_RINGS, set()).add(topic)


def shown(url: str) -> str:
    """A database's address as people may see it, without its password."""
    return make_url(url).render_as_string(hide_password=True)


class Database:
    """Transactions on worker threads.

    Writes run one after the other on one thread, since SQLite has one writer anyway; reads beside them.
    `on_ring` is called on the event loop, after the commit, with each topic rung in a transaction.
    A SQLite file that is not there is made, unless `create` is false. Raises StoreError when it cannot be.
    """

    def __init__(
        self, url: str, *, on_ring: Callable[[str], None] = lambda _topic: None, create: bool = True
    ) -> None:
        self.engine = _engine(url, create)
        self._on_ring = on_ring
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="store-write")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="store-read")

    async def write(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `work` in a transaction that takes the write lock first; commit, ring. Raises StoreError."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writer, partial(self._run, loop, {}, work, *args, **kwargs))

    async def read(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `work` in a transaction that only reads. Raises StoreError."""
        loop = asyncio.get_running_loop()
        options = {"read_only": True}
        return await loop.run_in_executor(
            self._readers, partial(self._run, loop, options, work, *args, **kwargs)
        )

    def _run(
        self,
        loop: asyncio.AbstractEventLoop,
        options: dict[str, Any],
        work: Callable[..., Any],
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        try:
            with self.engine.connect().execution_options(**options) as conn:
                conn.info.pop(_RINGS, None)  # left behind by a transaction that was rolled back
                with conn.begin():
                    result = work(conn, *args, **kwargs)
                topics: set[str] = conn.info.pop(_RINGS, set())
        except SQLAlchemyError as exc:
            # SQLite's own words ("database or disk is full") name tables and columns, never what is in them;
            # the driver's ("could not decode …") may, and carry no code of SQLite's.
            said = exc.orig if isinstance(exc, DBAPIError) else None
            reason = said if hasattr(said, "sqlite_errorcode") else type(exc).__name__
            raise StoreError(f"The database did not do it: {reason}.") from exc
        for topic in topics:
            loop.call_soon_threadsafe(self._on_ring, topic)
        return result

    def close(self) -> None:
        """Wait for running transactions, then let go of every connection."""
        self._writer.shutdown()
        self._readers.shutdown()
        self.engine.dispose()


def _engine(url: str, create: bool) -> Engine:
    parsed = make_url(url)
    if parsed.database and parsed.database != ":memory:":
        path = Path(parsed.database)
        try:
            _find(path, create)
        except OSError as exc:
            raise StoreError(f"It cannot be opened: {exc.strerror}. Check DATABASE_URL.") from exc
    engine = create_engine(parsed, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _find(path: Path, create: bool) -> None:
    if path.exists():
        return
    if not create:
        raise StoreError("There is no such file. Check DATABASE_URL.")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions behind our back
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(conn: Connection) -> None:
    # A write takes its lock at once: upgrading a read lock half way cannot wait, only fail.
    read_only = conn.get_execution_options().get("read_only", False)
    conn.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
