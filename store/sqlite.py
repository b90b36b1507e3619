"""SQLite, embedded: how every connection is set up, and how its transactions begin.

WAL, `synchronous=FULL` (what we acknowledge survives power loss; but see `flush`), foreign keys, a busy
time-out, pages kept.
"""

from pathlib import Path
from sqlite3 import SQLITE_BUSY
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from store.errors import StoreError
from store.prepared import plainly

BUSY_TIMEOUT_MS = 5_000
# Pages kept by each connection, as far as there are any. With SQLite's 2 MB a list of a million jobs reads
# the upper levels of its indexes from the file each time, and takes twice as long as one of a thousand.
CACHE_KB = 16_000
WRITERS = 1  # SQLite has one anyway; in a queue of ours nobody waits in vain


def engine(url: URL, create: bool) -> Engine:
    """An engine for this file, which is made, readable by its owner alone, where it does not exist.

    Raises StoreError when it cannot be, or is not to be.
    """
    if url.database and url.database != ":memory:":
        try:
            _find(Path(url.database), create)
        except OSError as exc:
            raise StoreError(f"It cannot be opened: {exc.strerror}. Check DATABASE_URL.") from exc
    made = create_engine(url, hide_parameters=True)
    event.listen(made, "connect", _prepare)
    event.listen(made, "begin", _begin)
    return made


def _find(path: Path, create: bool) -> None:
    if path.exists():
        return
    if not create:
        raise StoreError("There is no such file. Check DATABASE_URL.")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions behind our back
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA cache_size = -{CACHE_KB}")
    cursor.close()


def never_wait(conn: Connection) -> None:
    """Have this connection fail at once where another process holds the database. It goes to nobody else.

    What it does touches few pages, so it keeps but few.
    """
    conn.detach()
    cursor = conn.connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 0")
    cursor.execute("PRAGMA cache_size = -2000")
    cursor.close()


def flush(conn: Connection, *, each: bool) -> None:
    """Whether a commit waits for the disk. If not, the next one that does has it written with its own.

    https://sqlite.org/pragma.html#pragma_synchronous: in WAL mode NORMAL is consistent, but not durable.
    """
    cursor = conn.connection.cursor()  # a connection of SQLAlchemy's would begin a transaction first
    cursor.execute(f"PRAGMA synchronous = {'FULL' if each else 'NORMAL'}")
    cursor.close()


def is_busy(exc: SQLAlchemyError) -> bool:
    """Whether another process holds the database."""
    said = exc.orig if isinstance(exc, DBAPIError) else None
    return getattr(said, "sqlite_errorcode", 0) & 0xFF == SQLITE_BUSY


def _begin(conn: Connection) -> None:
    # A write takes its lock at once: upgrading a read lock half way cannot wait, only fail.
    read_only = conn.get_execution_options().get("read_only", False)
    plainly(conn, "BEGIN" if read_only else "BEGIN IMMEDIATE")
