"""A unit of work: a plain function on a connection, carried out whole, in one transaction of one thread."""

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar

from sqlalchemy import ARRAY, Connection, Engine, RootTransaction, Select, Text, cast, func, select
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from store import audit, postgres, sqlite
from store.errors import StoreError
from store.prepared import prepared

TRIES = 3  # of a transaction whose connection was lost or that met another's lock
SHORT = "short"  # an option: on the event loop's thread, where nothing may wait
UNFLUSHED = "unflushed"  # an option of short ones: the disk is not waited for
_RINGS = "rings"

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Options = Mapping[str, Any]  # of a connection's execution


class Transactions(Protocol):
    """Where units of work are carried out."""

    async def write(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """In a transaction; seal its audit rows, commit, ring. Raises StoreError."""
        ...

    async def write_unflushed(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same, for what need not survive a loss of power: as if we had died just before it.

        Whatever is changed after it by `write` makes it durable too: never is a later one kept without it.
        What has events of the audit log waits for the disk all the same.
        """
        ...

    async def read(
        self, work: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """In a transaction that only reads. Raises StoreError."""
        ...


def ring(conn: Connection, topic: str) -> None:
    """Wake whoever hears `topic` once this transaction is committed; never if it is not."""
    conn.info.setdefault(_RINGS, set()).add(topic)


@dataclass(frozen=True, slots=True)
class Begun(Generic[T_co]):
    """A unit of work that is done but for its commit; then `topics` are to be rung here, in that order."""

    transaction: RootTransaction
    result: T_co
    topics: list[str]
    flushed: bool
    recorded: bool  # it has events of the audit log

    def commit(self) -> None:
        """Commit, or roll back where that fails. Raises SQLAlchemyError."""
        with self.transaction:
            pass


class _Own(threading.local):
    """What each thread has of its own: its connections, kept, by their options. Short units share one."""

    def __init__(self) -> None:
        self.connections: dict[tuple[str, ...], Connection] = {}
        self.unflushed = False


class Units:
    """Carries out units of work on whatever thread it is called, each of which keeps its connections."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._embedded = engine.dialect.name == "sqlite"
        self._own = _Own()
        self._kept: list[Connection] = []
        self._closed = False

    def done(self, options: Options, work: Callable[[Connection], T]) -> tuple[T, list[str]]:
        """The result, committed, and the topics to be rung, in order. Raises StoreError."""
        tries = 1
        while True:
            try:
                begun = self.begun(options, work)
                begun.commit()
            except SQLAlchemyError as exc:
                self.let_go()
                if tries == TRIES or not passing(exc):
                    raise failure(exc) from exc
            else:
                return begun.result, begun.topics
            tries += 1

    def begun(self, options: Options, work: Callable[[Connection], T]) -> Begun[T]:
        """Do all but the commit, or nothing. Raises what `work` does, and SQLAlchemyError: then `let_go`."""
        if self._closed:
            raise RuntimeError("The database is closed.")
        conn = self._connection(options)
        conn.info.clear()  # of what a transaction that was rolled back has left
        transaction = conn.begin()
        with ExitStack() as undone:
            undone.callback(transaction.rollback)
            result = work(conn)
            recorded = audit.seal(conn)
            # Backwards, so that the outbox ("outbox") is rung before a cluster's runner ("cluster:…"): the
            # thread has the job id before its first request goes out.
            topics = sorted(conn.info.pop(_RINGS, ()), reverse=True)
            if not self._embedded and topics:
                _notify(conn, topics=topics)
            undone.pop_all()
        rings = topics if self._embedded else []
        return Begun(transaction, result, rings, not options.get(UNFLUSHED), recorded)

    def let_go(self) -> None:
        """After an error this thread's next unit begins with another connection: this one may be lost."""
        mine = self._own.connections
        for conn in mine.values():
            self._kept.remove(conn)
            conn.close()
        mine.clear()
        self._own.unflushed = False

    def close(self) -> None:
        """Let go of every thread's; nothing is under way any more, and nothing is taken on (RuntimeError)."""
        self._closed = True
        for conn in self._kept:
            conn.close()
        self._engine.dispose()

    def _connection(self, options: Options) -> Connection:
        """This thread's connection with these options. Opening one takes longer than most transactions."""
        mine = self._own.connections
        kind = (SHORT,) if SHORT in options else tuple(options)
        if kind not in mine:
            mine[kind] = self._engine.connect()
            self._kept.append(mine[kind])
            mine[kind].execution_options(**options)
            if SHORT in options:
                sqlite.never_wait(mine[kind])
        if SHORT in options:
            read_only = options.get("read_only", False)
            mine[kind].execution_options(read_only=read_only)
            if not read_only and self._own.unflushed != (unflushed := UNFLUSHED in options):
                sqlite.flush(mine[kind], each=not unflushed)
                self._own.unflushed = unflushed
        return mine[kind]


@prepared
def _notify(topics: Any) -> Select[Any]:
    # One after the other, in their order, which is that in which they are heard.
    return select(func.pg_notify(postgres.CHANNEL, func.unnest(cast(topics, ARRAY(Text)))))


def failure(exc: SQLAlchemyError) -> StoreError:
    """What may be said of it: no statement, no value, no path."""
    # SQLite's own words ("database or disk is full") name tables and columns, never what is in them; those of
    # the driver ("could not decode …") and of PostgreSQL ("Key (…)=(…) already exists") may.
    said = exc.orig if isinstance(exc, DBAPIError) else None
    state = getattr(said, "sqlstate", None)
    reason = f"{type(exc).__name__} {state}" if state else type(exc).__name__
    if hasattr(said, "sqlite_errorcode"):
        reason = str(said)
    return StoreError(f"The database did not do it: {reason}.")


def passing(exc: SQLAlchemyError) -> bool:
    """Whether the same transaction may well succeed at once: a lost connection, a deadlock."""
    if not isinstance(exc, DBAPIError):
        return False
    state = getattr(exc.orig, "sqlstate", None)
    return exc.connection_invalidated or state in ("40001", "40P01") or _cut(exc)


def _cut(exc: DBAPIError) -> bool:
    # The server ended the session (57P01, 57P02, 57P03, 57P05) or it broke (class 08).
    state = str(getattr(exc.orig, "sqlstate", None) or "")
    return isinstance(exc, OperationalError) and (state.startswith("08") or state[:4] == "57P0")
