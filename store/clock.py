"""Time as the database tells it: one clock for all replicas, kept as milliseconds since 1970 in UTC."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Connection, Dialect, Select, TypeDecorator, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import functions
from sqlalchemy.sql.compiler import SQLCompiler

from store.prepared import prepared

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
_ASKED = "clock"


class Instant(TypeDecorator[datetime]):
    """An aware datetime, stored as an integer: eight bytes, sortable, the same on both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - EPOCH) // MILLISECOND

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any | None], datetime | None]:
        return _read  # as it is: TypeDecorator's own way takes longer than this


def _read(value: Any | None) -> datetime | None:
    return None if value is None else EPOCH + value * MILLISECOND


class DatabaseNow(functions.FunctionElement[datetime]):
    """The database's clock at the moment the statement runs."""

    type = Instant()
    inherit_cache = True


@compiles(DatabaseNow, "sqlite")
def _sqlite_now(element: DatabaseNow, compiler: SQLCompiler, **kwargs: Any) -> str:
    # julianday works on every SQLite; unixepoch('subsec') needs 3.42.
    return "CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER)"


@compiles(DatabaseNow, "postgresql")
def _postgresql_now(element: DatabaseNow, compiler: SQLCompiler, **kwargs: Any) -> str:
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"


def now() -> DatabaseNow:
    """Use it in a statement; `read_now` asks for the value alone."""
    return DatabaseNow()


@prepared
def _now() -> Select[Any]:
    return select(now())


def read_now(conn: Connection) -> datetime:
    """The database's clock when this transaction last asked: to it, all that it does is at one time."""
    at: datetime
    asked, at = conn.info.get(_ASKED, (None, EPOCH))
    return read_anew(conn) if asked is None or asked is not conn.get_transaction() else at


def read_anew(conn: Connection) -> datetime:
    """The database's clock as it is by now, where a lock may have been waited for."""
    at: datetime = _now(conn).scalar_one()
    conn.info[_ASKED] = conn.get_transaction(), at
    return at


def until(conn: Connection, *moments: datetime | None) -> float | None:
    """Seconds until the soonest of these, less than 0 once it is over; None where there is none."""
    soonest = min((at for at in moments if at), default=None)
    return (soonest - read_now(conn)).total_seconds() if soonest else None
