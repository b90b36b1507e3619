"""Retention in the running bot: once an hour, a little at a time, by configuration."""

import asyncio
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bot.config import Retention, load
from bot.errors import ConfigurationError
from bot.service import clearing as pace
from bot.service.clearing import Clearing
from store.clearing import Keep
from store.database import Database
from tests.migrated import copied
from tests.shell import CONFIGURATION, Shell
from tests.store.test_clearing import card, done, left


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell.good(tmp_path)


async def test_it_works_until_nothing_is_left_and_then_waits_an_hour(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{copied(tmp_path / 'bot.sqlite3')}")
    try:
        for _ in range(3):
            await db.write(done, 100)
        kept = await db.write(done, 10)
        work = Clearing(db, Keep(jobs=timedelta(days=31)))
        pauses = [await work.work() for _ in range(3)]
        assert pauses[0] == pace.BREATH_S
        assert pace.EVERY_S - 5 < pauses[-1] <= pace.EVERY_S
        assert await db.read(left) == [kept.id]
        await db.write(card, 100)
        assert await work.work() > pace.EVERY_S - 5  # not its time yet
    finally:
        db.close()


@pytest.mark.parametrize(
    ("table", "keep"),
    [
        ("", Keep()),
        ("jobs_days = 400", Keep(jobs=timedelta(days=400))),
        ("cards_days = 1\nmessages_days = 2", Keep(cards=timedelta(days=1), messages=timedelta(days=2))),
    ],
)
def test_as_configured(shell: Shell, table: str, keep: Keep) -> None:
    (shell.folder / "set-action.toml").write_text(f"{CONFIGURATION}\n[retention]\n{table}\n")
    retention = load(shell.environment).retention
    with closing(Database(shell.environment["DATABASE_URL"])) as db:
        assert Clearing.of(db, retention).keep == keep
        assert Clearing.of(db, Retention()).has_nothing_to_do


def test_too_short_for_what_homes_show_is_refused(shell: Shell) -> None:
    (shell.folder / "set-action.toml").write_text(f"{CONFIGURATION}\n[retention]\njobs_days = 30\n")
    with pytest.raises(ConfigurationError, match=r"retention\.jobs_days: must be 0 or at least 31"):
        load(shell.environment)


def test_the_room_of_what_went_is_given_back(shell: Shell) -> None:
    async def fill_and_empty() -> None:
        db = Database(shell.environment["DATABASE_URL"])
        try:
            await db.write(done, 100, 5_000)
            while await Clearing(db, Keep(jobs=timedelta(days=31))).work() == pace.BREATH_S:
                pass
        finally:
            db.close()

    copied(shell.database)
    asyncio.run(fill_and_empty())
    before = shell.database.stat().st_size
    ended = shell.call("db", "vacuum")
    assert (ended.code, ended.err) == (0, "")
    assert shell.database.stat().st_size < before / 2
    assert f"took {before:,} bytes" in ended.out
    assert "autovacuum" in shell.call("db", "vacuum", DATABASE_URL="postgresql://x:y@db.example/x").err
    assert "no such file" in shell.call("db", "vacuum", DATABASE_URL="sqlite:////nowhere/x.sqlite3").err
