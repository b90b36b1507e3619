"""A SQLite file brought up to date by the real migrations, and the one door to it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from store import migrate
from store.database import Database


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrated once; every test works on a copy."""
    path = tmp_path_factory.mktemp("store") / "migrated.sqlite3"
    db = Database(f"sqlite:///{path}")
    with db.engine.begin() as conn:
        migrate.upgrade(conn)
    db.close()
    assert not Path(f"{path}-wal").exists(), "the copy would lack what is still in the log"
    return path


@pytest.fixture
def path(migrated: Path, tmp_path: Path) -> Path:
    """The database file of this test."""
    return Path(shutil.copy(migrated, tmp_path / "bot.sqlite3"))


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture
def rings() -> list[str]:
    """The topics rung so far."""
    return []


@pytest.fixture
def db(url: str, rings: list[str]) -> Iterator[Database]:
    """The store, with an empty, migrated schema."""
    opened = Database(url, on_ring=rings.append)
    yield opened
    opened.close()
