"""A start with an older schema: it is upgraded by a process of its own, which says what went wrong."""

import asyncio
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from store import migrate, schema, upgrading
from store.database import Database
from store.errors import StoreError
from tests.store.samples import BOTH

BAD = "CREATE TABLE outbox (somebody TEXT)"


@BOTH
async def test_what_has_no_schema_gets_one_and_then_nothing_is_started(
    kind: str, bare_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(Database(bare_url)) as db:
        await upgrading.upgrade(db, bare_url)
        assert await db.read(schema.is_current)
        monkeypatch.setattr(sys, "executable", "/nowhere/python")
        await upgrading.upgrade(db, bare_url)


async def test_what_went_wrong_is_said_and_nothing_is_kept(kind: str, bare_url: str) -> None:
    with closing(Database(bare_url)) as db:
        await db.write(lambda conn: conn.exec_driver_sql(BAD))
        with pytest.raises(StoreError, match="table outbox already exists"):
            await upgrading.upgrade(db, bare_url)
        assert await db.read(schema.revision) is None


async def test_a_newer_schema_is_said_to_be_newer(db: Database, url: str) -> None:
    later = text("UPDATE alembic_version SET version_num = '2031_01_01_later'")
    await db.write(lambda conn: conn.execute(later))
    with pytest.raises(StoreError, match="written by a newer version of set-action"):
        await upgrading.upgrade(db, url)


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("/bin/false", r"\(exit code 1\)"),
        ("/bin/true", r"\(exit code 0\)"),
        ("/nowhere/python", r"\(No such file or directory\)"),
    ],
)
async def test_one_that_does_nothing_is_not_taken_for_one_that_did(
    bare_url: str, monkeypatch: pytest.MonkeyPatch, program: str, why: str
) -> None:
    monkeypatch.setattr(sys, "executable", program)
    with closing(Database(bare_url)) as db, pytest.raises(StoreError, match=why):
        await upgrading.upgrade(db, bare_url)


async def test_no_module_comes_from_the_folder_it_is_started_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a file may be named in any language, whatever the machine's is."""
    for module in ("store", "alembic", "json"):
        (tmp_path / f"{module}.py").write_text("raise SystemExit('taken from the wrong place')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    monkeypatch.setattr(sys, "path", [where for where in sys.path if where not in ("", ".")])
    url = f"sqlite:///{tmp_path / 'größe.sqlite3'}"
    with closing(Database(url)) as db:
        await upgrading.upgrade(db, url)
        assert await db.read(schema.is_current)
    assert databases(tmp_path) == ["größe.sqlite3"]


def databases(folder: Path) -> list[str]:
    return [file.name for file in folder.glob("*.sqlite3")]


async def test_told_to_stop_meanwhile_it_leaves_no_process_and_no_schema(
    bare_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[asyncio.subprocess.Process] = []
    start = asyncio.create_subprocess_exec
    begun = asyncio.Event()

    async def seen(*words: Any, **options: Any) -> asyncio.subprocess.Process:
        started.append(await start(*words, **options))
        begun.set()
        return started[0]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", seen)
    with closing(Database(bare_url)) as db:
        upgraded = asyncio.create_task(upgrading.upgrade(db, bare_url))
        await begun.wait()
        upgraded.cancel()
        with pytest.raises(asyncio.CancelledError):
            await upgraded
        assert started[0].returncode == -9
        assert await db.read(schema.revision) is None


@BOTH
def test_the_process_brings_the_schema_up(kind: str, bare_url: str) -> None:
    assert migrate.main(bare_url) == 0
    with closing(Database(bare_url)) as db:
        assert asyncio.run(db.read(schema.is_current))


def test_the_process_writes_why_it_cannot(bare_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(Database(bare_url)) as db:
        asyncio.run(db.write(lambda conn: conn.exec_driver_sql(BAD)))
    assert migrate.main(bare_url) == 1
    assert "table outbox already exists" in capsys.readouterr().out
