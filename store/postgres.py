"""PostgreSQL: the engine for a team that has outgrown one process. Driver: psycopg 3.

Nothing hangs for ever on it: connecting, waiting for a lock and running a statement are all bounded.
"""

from typing import Any

from sqlalchemy import URL, Connection, Engine, Select, create_engine, func, select

from store.prepared import prepared

WRITERS = 4
CHANNEL = "set_action"  # of LISTEN and NOTIFY
CONNECT_S = 5
SETTINGS = {
    "statement_timeout": "30s",
    "lock_timeout": "10s",
    # A replica frozen half way through transactions must not keep its locks: the others wait for them, and
    # its own writers (four) may stand in line for one lock, each cut only after it has got it.
    "idle_in_transaction_session_timeout": "2s",
    "synchronous_commit": "on",
    "timezone": "UTC",
}


def engine(url: URL, connections: int) -> Engine:
    """An engine with at most so many connections, kept open."""
    return create_engine(
        driver(url),
        hide_parameters=True,
        pool_size=connections,
        max_overflow=0,
        connect_args={
            "connect_timeout": CONNECT_S,
            "options": " ".join(f"-c {name}={value}" for name, value in SETTINGS.items()),
            "application_name": "set-action",
        },
    )


def plan_once(conn: Connection) -> None:
    """Have this transaction's statements keep their plan, whatever their parameters, once they are prepared.

    For lists, whose indexes fit every question: planning each anew takes longer than running it, and the
    longer the larger the tables' statistics. Does nothing on SQLite, which plans that way always.
    """
    if conn.dialect.name == "postgresql":
        conn.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")


def hold(conn: Connection, name: str) -> None:
    """Nobody else gets past this with the same name until this transaction ends.

    Does nothing on SQLite, which has one writer anyway.
    """
    if conn.dialect.name == "postgresql":
        _hold(conn, name=name)


@prepared
def _hold(name: Any) -> Select[Any]:
    return select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0)))


def driver(url: URL) -> URL:
    """The address as SQLAlchemy wants it, with the driver named."""
    return url.set(drivername="postgresql+psycopg")
