"""One process for a SQLite file: a second one is refused, and a dead one's hold is gone with it."""

import sqlite3
from pathlib import Path

from sqlalchemy import make_url

from store.errors import AlreadyInUse, StoreError

UNUSABLE = "The folder of the database cannot be used. Check DATABASE_URL and who may write there."


class Hold:
    """Holds a SQLite database for this process, by an exclusive lock on a small file beside it.

    SQLite's own lock serves: it works on every platform, and the system sets it free when the process dies.
    Raises AlreadyInUse when another process holds it, StoreError when the folder cannot be used.
    """

    def __init__(self, url: str) -> None:
        path = Path(make_url(url).database or "").resolve()  # a link is no second database
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = sqlite3.connect(f"{path}.lock", timeout=0, isolation_level=None)
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
