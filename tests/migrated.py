"""An empty SQLite database, made once a process by the real migrations; tests work on copies of it."""

import atexit
import shutil
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from store import migrate
from store.database import Database


def copied(to: Path) -> Path:
    """A copy of it at this path."""
    return Path(shutil.copy(_migrated(), to))


@cache
def _migrated() -> Path:
    """Making it takes longer than copying it."""
    path = Path(mkdtemp(prefix="set-action-tests-")) / "migrated.sqlite3"
    atexit.register(shutil.rmtree, path.parent)
    with closing(Database(f"sqlite:///{path}")) as db, db.engine.begin() as conn:
        migrate.upgrade(conn)
    assert not Path(f"{path}-wal").exists(), "the copy would lack what is still in the log"
    return path
