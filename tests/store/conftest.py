"""Databases brought up to date by the real migrations, and the one door to them.

A test meets SQLite unless its module or it says `@BOTH` (tests/store/samples.py).
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import make_url

from store import migrate
from store import postgres as postgres_engine
from store.database import Database
from tests.migrated import copied


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The database file of this test."""
    return copied(tmp_path / "bot.sqlite3")


@pytest.fixture(scope="session")
def template(postgres: Callable[[], str]) -> str:
    """The PostgreSQL database that every other is a copy of."""
    address = postgres()
    db = Database(address)
    with db.engine.begin() as conn:
        migrate.upgrade(conn)
    db.close()
    return address


@pytest.fixture
def kind() -> str:
    """Which database; `BOTH` says both."""
    return "sqlite"


@pytest.fixture
def bare_url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """A database without any schema."""
    if kind == "sqlite":
        return f"sqlite:///{tmp_path / 'bare.sqlite3'}"
    address: str = request.getfixturevalue("postgres")()
    return address


@pytest.fixture
def url(kind: str, request: pytest.FixtureRequest) -> str:
    if kind == "sqlite":
        return f"sqlite:///{request.getfixturevalue('path')}"
    address = make_url(request.getfixturevalue("template"))
    name = f"t{uuid4().hex[:12]}"
    maker = postgres_engine.engine(address.set(database="postgres"), 1).execution_options(
        isolation_level="AUTOCOMMIT"
    )
    with maker.connect() as conn:
        conn.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE {address.database}")
    maker.dispose()
    return address.set(database=name).render_as_string(hide_password=False)


@pytest.fixture
def rings() -> list[str]:
    """The topics rung in this process so far; on PostgreSQL the bell is rung by NOTIFY instead."""
    return []


@pytest.fixture
def db(url: str, rings: list[str]) -> Iterator[Database]:
    """The store, with an empty, migrated schema."""
    opened = Database(url, on_ring=rings.append)
    yield opened
    opened.close()
