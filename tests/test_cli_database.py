"""The commands on the database, `db upgrade` and `audit verify`, and what every command says of a bad one."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from store import audit, migrate
from store.audit import Event
from store.database import Database
from tests.shell import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A machine with a good configuration."""
    return Shell.good(tmp_path)


def _change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as conn, conn:
        for statement in statements:
            conn.execute(statement)


def test_the_schema_is_brought_up_to_date_once(shell: Shell) -> None:
    for _ in range(2):
        ended = shell.call("db", "upgrade")
        assert (ended.code, ended.out, ended.err) == (0, "The database is up to date.\n", "")
    with closing(sqlite3.connect(shell.database)) as conn:
        assert conn.execute("SELECT count(*) FROM jobs").fetchone() == (0,)


def test_a_machine_that_has_never_run_it_gets_a_database(shell: Shell) -> None:
    """The default address is in the platform's data directory, which nobody has made."""
    data = shell.folder / "home" / "share"
    ended = shell.call("db", "upgrade", DATABASE_URL=None, HOME=str(shell.folder), XDG_DATA_HOME=str(data))
    assert ended.code == 0, ended.err
    [made] = shell.folder.rglob("set-action.sqlite3")
    assert made.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("words", [("run",), ("db", "upgrade")])
def test_a_database_of_a_newer_version_is_left_alone(shell: Shell, words: tuple[str, ...]) -> None:
    shell.call("db", "upgrade")
    _change(shell.database, "UPDATE alembic_version SET version_num = '2031_01_01_later'")
    ended = shell.call(*words)
    assert ended.code == 1
    assert "written by a newer version of set-action" in ended.err
    with closing(sqlite3.connect(shell.database)) as conn:
        assert conn.execute("SELECT version_num FROM alembic_version").fetchone() == ("2031_01_01_later",)


def _below_a_file(folder: Path) -> Path:
    (folder / "file").touch()
    return folder / "file" / "bot.sqlite3"


def _a_folder(folder: Path) -> Path:
    (folder / "folder").mkdir()
    return folder / "folder"


def _a_letter(folder: Path) -> Path:
    (folder / "letter").write_text("Dear operator, this is no database. " * 40)
    return folder / "letter"


@pytest.mark.parametrize("words", [("run",), ("db", "upgrade"), ("audit", "verify")])
@pytest.mark.parametrize("place", [_below_a_file, _a_folder, _a_letter])
def test_a_database_that_cannot_be_opened_is_named(
    shell: Shell, words: tuple[str, ...], place: Callable[[Path], Path]
) -> None:
    path = place(shell.folder)
    before = path.read_bytes() if path.is_file() else None
    ended = shell.call(*words, DATABASE_URL=f"sqlite:///{path}")
    assert ended.code == 1
    assert str(path) in ended.err
    assert len(ended.err.splitlines()) == 1
    assert (path.read_bytes() if path.is_file() else None) == before


def _recorded(shell: Shell, events: int) -> None:
    async def record(db: Database) -> None:
        await db.write(migrate.upgrade)
        for number in range(events):
            await db.write(audit.append, Event.REQUESTED, detail={"number": number})

    with closing(Database(shell.environment["DATABASE_URL"])) as db:
        asyncio.run(record(db))


@pytest.mark.parametrize("events", [0, 3])
def test_a_whole_audit_log(shell: Shell, events: int) -> None:
    _recorded(shell, events)
    ended = shell.call("audit", "verify")
    assert (ended.code, ended.out, ended.err) == (0, f"The audit log is whole: {events} rows.\n", "")


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        ("UPDATE audit_log SET detail = '{}' WHERE seq = 3", "row 3: its content does not match its hash"),
        ("UPDATE audit_log SET at = 'tomorrow' WHERE seq = 3", "row 3: its content does not match its hash"),
        ("UPDATE audit_log SET previous_hash = x'00' WHERE seq = 3", "row 3: it does not follow the row"),
        ("DELETE FROM audit_log WHERE seq = 3", "row 3: row 3 is missing; the next is 4"),
    ],
)
def test_a_tampered_audit_log_names_the_first_broken_row(shell: Shell, tampering: str, told: str) -> None:
    _recorded(shell, 5)
    with closing(sqlite3.connect(shell.database)) as conn:
        guards = [name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
    _change(shell.database, *(f"DROP TRIGGER {name}" for name in guards), tampering)
    ended = shell.call("audit", "verify")
    assert (ended.code, ended.out) == (1, "")
    assert f"The audit log is broken at {told}" in ended.err
    assert "The 2 rows before it are whole." in ended.err


def test_verifying_an_absent_database_makes_none(shell: Shell) -> None:
    path = shell.folder / "elsewhere" / "bot.sqlite3"
    ended = shell.call("audit", "verify", DATABASE_URL=f"sqlite:///{path}")
    assert (ended.code, ended.out) == (1, "")
    assert str(path) in ended.err
    assert "no such file" in ended.err
    assert not path.parent.exists()


def test_an_empty_file_holds_no_audit_log(shell: Shell) -> None:
    shell.database.touch()
    ended = shell.call("audit", "verify")
    assert (ended.code, ended.out) == (1, "")
    assert "no such table: audit_log" in ended.err


def test_a_backup_of_a_database_in_use_is_whole_and_private(shell: Shell) -> None:
    _recorded(shell, 3)
    to = shell.folder / "copy.sqlite3"
    with closing(sqlite3.connect(shell.database, isolation_level=None)) as bot:
        bot.execute("BEGIN IMMEDIATE")  # as a bot in the middle of a transaction
        bot.execute("UPDATE alembic_version SET version_num = 'half way'")
        ended = shell.call("db", "backup", str(to))
        bot.execute("ROLLBACK")
    assert (ended.code, ended.err) == (0, "")
    assert f"The database was copied to {to}." in ended.out
    assert to.stat().st_mode & 0o077 == 0
    assert {path.name for path in shell.folder.iterdir() if "copy" in path.name} == {"copy.sqlite3"}
    verified = shell.call("audit", "verify", DATABASE_URL=f"sqlite:///{to}")
    assert verified.out == "The audit log is whole: 3 rows.\n"


def test_a_backup_overwrites_nothing(shell: Shell) -> None:
    _recorded(shell, 1)
    to = shell.folder / "copy.sqlite3"
    to.write_text("precious")
    ended = shell.call("db", "backup", str(to))
    assert ended.code == 1
    assert f"{to} cannot be made: File exists." in ended.err
    assert to.read_text() == "precious"


@pytest.mark.parametrize("damage", [b"", b"no database at all, however long it may be" * 99])
def test_a_backup_that_fails_leaves_nothing(shell: Shell, damage: bytes) -> None:
    to = shell.folder / "copy.sqlite3"
    if damage:
        shell.database.write_bytes(damage)
    ended = shell.call("db", "backup", str(to))
    assert ended.code == 1
    assert str(shell.database) in ended.err
    assert not list(shell.folder.glob("copy*"))


def test_on_postgresql_its_own_tools_are_named(shell: Shell) -> None:
    url = "postgresql://set_action:s3cretword@db.example/set_action"
    ended = shell.call("db", "backup", "copy", DATABASE_URL=url)
    assert ended.code == 1
    assert "pg_dump" in ended.err
    assert "s3cretword" not in ended.err
