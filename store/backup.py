"""A copy of a SQLite database, taken while a bot writes; its file made small. PostgreSQL has its own ways."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url

from store.errors import StoreError
from store.single import Hold

PAGES = 1_000  # copied at once; between two of them the bot may write
PAUSE_S = 0.01


def copy(url: str, to: Path) -> None:
    """Copy the SQLite file that `url` names to `to`, whole and checked, or not at all.

    `to` is readable by its owner alone and must not exist. Raises StoreError.
    """
    source = Path(make_url(url).database or "")
    if not source.is_file():
        raise StoreError("There is no such file. Check DATABASE_URL.")
    partial = to.with_name(f"{to.name}.partial")
    try:
        os.close(os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as exc:
        raise StoreError(
            f"{to} cannot be made: {exc.strerror}. Name a new file in a folder to write in."
        ) from exc
    try:
        os.close(os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
        _copy(source, partial)
        partial.replace(to)
    except (OSError, sqlite3.Error) as exc:
        to.unlink()
        raise StoreError(f"The copy was not made: {exc}.") from exc
    finally:
        partial.unlink(missing_ok=True)


def vacuum(url: str) -> tuple[int, int]:
    """Write the file anew without the room of deleted rows; its bytes before and after. Raises StoreError.

    Nobody else may use the database meanwhile, and the disk must have room for a copy.
    """
    file = Path(make_url(url).database or "")
    if not file.is_file():
        raise StoreError("There is no such file. Check DATABASE_URL.")
    hold = Hold(url)
    try:
        before = file.stat().st_size
        with closing(sqlite3.connect(file, isolation_level=None)) as conn:
            for statement in ("VACUUM", "PRAGMA optimize", "PRAGMA wal_checkpoint(TRUNCATE)"):
                conn.execute(statement)
        return before, file.stat().st_size
    except sqlite3.Error as exc:
        raise StoreError(f"It was left as it is: {exc}.") from exc
    finally:
        hold.release()


def _copy(source: Path, target: Path) -> None:
    reading = sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)
    with closing(reading) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new, pages=PAGES, sleep=PAUSE_S)
        # The copy is one file: it needs no log beside it.
        new.execute("PRAGMA journal_mode = DELETE")
        [found] = new.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise sqlite3.DatabaseError(f"the copy is damaged ({found})")
    descriptor = os.open(target, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
