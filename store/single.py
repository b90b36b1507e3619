"""One process for a SQLite file: a second one is refused, and a dead one's hold is gone with it."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url

from store.errors import AlreadyInUse, StoreError

UNUSABLE = "The folder of the database cannot be used. Check DATABASE_URL and who may write there."


def is_held(url: str) -> bool:
    """Whether another process holds this SQLite database, without taking hold of it."""
    lock = _lock(url)
    if not lock.is_file():
        return False
    with closing(sqlite3.connect(f"{lock.as_uri()}?mode=ro", uri=True, timeout=0)) as conn:
        try:
            conn.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error as exc:
            return exc.sqlite_errorcode == sqlite3.SQLITE_BUSY
    return False


class Hold:
    """Holds a SQLite database for this process, by an exclusive lock on a small file beside it.

    SQLite's own lock serves: it works on every platform, and the system sets it free when the process dies.
    Raises AlreadyInUse when another process holds it, StoreError when the folder cannot be used.
    """

    def __init__(self, url: str) -> None:
        path = Path(make_url(url).database or "").resolve()  # a link is no second database
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = sqlite3.connect(_lock(url), timeout=0, isolation_level=None)
        except (OSError, sqlite3.Error) as exc:
            raise StoreError(UNUSABLE) from exc
        try:
            self._lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as exc:
            self._lock.close()
            if exc.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise StoreError(UNUSABLE) from exc
            raise AlreadyInUse(
                f"Another set-action process is using {path}. Stop it first, or give this one a "
                "DATABASE_URL of its own."
            ) from exc

    def release(self) -> None:
        """Let the next process in."""
        self._lock.close()


def _lock(url: str) -> Path:
    return Path(f"{Path(make_url(url).database or '').resolve()}.lock")
