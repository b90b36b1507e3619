"""One process for a SQLite file: a second one is refused, and a dead one's hold is gone with it."""

import sqlite3

from sqlalchemy import make_url

from store.errors import AlreadyInUse


class Hold:
    """Holds a SQLite database for this process, by an exclusive lock on a small file beside it.

    SQLite's own lock serves: it works on every platform, and the system sets it free when the process dies.
    Raises AlreadyInUse when another process holds it.
    """

    def __init__(self, url: str) -> None:
        path = make_url(url).database
        self._lock = sqlite3.connect(f"{path}.lock", timeout=0, isolation_level=None)
        try:
            self._lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as exc:
            self._lock.close()
            raise AlreadyInUse(
                f"Another set-action process is using {path}. Stop it first, or give this one a "
                "DATABASE_URL of its own."
            ) from exc

    def release(self) -> None:
        """Let the next process in."""
        self._lock.close()
