"""Retention: nothing goes but what a whole file on record holds, and the chain goes on over both."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, make_url, text

from bot import retention
from store import archiving, audit, record_keeping, roles
from store.audit import Broken, Event
from store.database import Database
from store.errors import StoreError
from tests.store.samples import BOTH

LATER = datetime.now(UTC) + timedelta(days=1)
ROWS = 30


@pytest.fixture
async def log(db: Database) -> Database:
    """Thirty rows."""

    def keep(conn: Connection) -> None:
        for number in range(ROWS):
            audit.append(conn, Event.SENT, detail={"chunk": number, "words": "née <!channel>\n"})

    await db.write(keep)
    return db


async def count(db: Database) -> int:
    def read(conn: Connection) -> int:
        return int(conn.execute(text("SELECT count(*) FROM audit_log")).scalar_one())

    return await db.read(read)


@BOTH
async def test_what_is_archived_leaves_the_table_and_the_chain_holds_over_both(
    log: Database, tmp_path: Path
) -> None:
    first, second = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    end = (await retention.verified(log, [], None)).words
    told = await retention.archived(log, LATER, first)
    assert "Rows 1 to 29 are in" in told.words, told.problem
    assert await count(log) == 2  # the newest, and that it was archived
    assert await log.read(audit.verify) == (2, None)
    await log.write(audit.append, Event.SENT)
    assert "Rows 30 to 31" in (await retention.archived(log, LATER, second)).words
    whole = await retention.verified(log, [second, first], None)
    assert "2 rows. So are 31 rows in 2 files" in whole.words
    assert first.stat().st_mode & 0o077 == 0
    # The end that was told before anything was archived is in no file's last row, and that is said.
    [told_end] = re.findall(r"\d+:[0-9a-f]{64}", end)
    assert "only the last row" in (await retention.verified(log, [], told_end)).problem


async def test_nothing_old_enough_makes_no_file(log: Database, tmp_path: Path) -> None:
    told = await retention.archived(log, datetime(2020, 1, 1, tzinfo=UTC), tmp_path / "none")
    assert "No file was made" in told.words
    assert not (tmp_path / "none").exists()
    assert await count(log) == ROWS


async def test_a_file_that_is_there_is_not_written_over(log: Database, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("mine")
    assert (
        "cannot be made (File exists)" in (await retention.archived(log, LATER, tmp_path / "there")).problem
    )
    assert (tmp_path / "there").read_text() == "mine"
    assert await count(log) == ROWS


async def test_a_deletion_that_broke_off_is_ended_by_the_next_one(log: Database, tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl"
    archive = await log.read(archiving.write, LATER, file)
    assert archive
    await log.write(archiving.keep, archive, file, "test")
    assert await log.read(audit.verify) == (2, None)  # what an archive holds counts as archived already
    assert (
        "29 rows of an archive begun before were deleted"
        in (await retention.archived(log, datetime(2020, 1, 1, tzinfo=UTC), tmp_path / "two")).words
    )
    assert await count(log) == 2


@BOTH
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_log WHERE seq = 1",
        "UPDATE audit_log SET actor = 'x' WHERE seq = 1",
        "INSERT INTO audit_archives VALUES (29, 1, '\\x00', 0, 'forged')",
        "INSERT INTO audit_archives VALUES (999, 1, (SELECT hash FROM audit_log WHERE seq = 3), 0, 'forged')",
        "INSERT INTO audit_archives SELECT seq, 2, hash, 0, 'gap' FROM audit_log WHERE seq = 9",
        "INSERT INTO audit_archives SELECT seq, 1, hash, 0, 'everything' FROM audit_log WHERE seq = 30",
    ],
)
async def test_only_an_archive_that_fits_lets_rows_go(log: Database, statement: str) -> None:
    with pytest.raises(StoreError):
        await log.write(lambda conn: conn.exec_driver_sql(statement))
    assert await log.read(audit.verify) == (ROWS, None)


@BOTH
async def test_an_archive_on_record_stays_there(log: Database, tmp_path: Path) -> None:
    await retention.archived(log, LATER, tmp_path / "one")
    for statement in ("DELETE FROM audit_archives", "UPDATE audit_archives SET last_seq = 5"):
        with pytest.raises(StoreError):
            await log.write(Connection.exec_driver_sql, statement)


def edit(line: int, change: Callable[[str], str]) -> Callable[[list[str]], list[str]]:
    return lambda lines: [change(one) if n == line else one for n, one in enumerate(lines)]


def other_actor(line: str) -> str:
    row = json.loads(line)
    return json.dumps([row[0], row[1], "U0FORGED", *row[3:]])


@pytest.mark.parametrize(
    ("spoil", "broken"),
    [
        (edit(3, other_actor), Broken(3, "its content does not match its hash")),
        (lambda lines: lines[:3] + lines[4:], Broken(3, "row 3 is missing; the next is 4")),
        (lambda lines: lines[:-1], Broken(29, "the end of the file is missing")),
        (lambda lines: lines[:9], Broken(8, "the end of the file is missing")),
        (lambda lines: [*lines[:-2], lines[-1]], Broken(29, "the end of the file is missing")),
        (lambda lines: [], Broken(0, "the file is damaged there")),
        (lambda lines: ["[" * 100_000], Broken(0, "the file is damaged there")),
        (edit(5, lambda _: "5"), Broken(5, "the file is damaged there")),
    ],
)
async def test_a_file_that_was_changed_is_found_out(
    log: Database, tmp_path: Path, spoil: Callable[[list[str]], list[str]], broken: Broken
) -> None:
    file = tmp_path / "one"
    await retention.archived(log, LATER, file)
    file.write_text("\n".join(spoil(file.read_text().splitlines())))
    assert archiving.read(file) == (None, broken)
    assert f"broken at row {broken.seq}" in (await retention.verified(log, [file], None)).problem


async def test_a_file_left_out_is_noticed(log: Database, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("one", "two", "three")]
    for file in files:
        await retention.archived(log, LATER, file)
        await log.write(audit.append, Event.SENT)
    assert not (await retention.verified(log, files, None)).problem
    assert "is not followed" in (await retention.verified(log, [files[0], files[2]], None)).problem
    assert "goes on from row" in (await retention.verified(log, files[:2], None)).problem


async def test_a_cut_off_end_is_seen_by_whoever_kept_it(log: Database, path: Path) -> None:
    words = (await retention.verified(log, [], None)).words
    [end] = re.findall(r"\d+:[0-9a-f]{64}", words)
    await log.write(audit.append, Event.SENT)
    assert not (await retention.verified(log, [], end)).problem

    def cut(conn: Connection) -> None:
        conn.execute(text("DROP TRIGGER audit_log_no_delete"))
        conn.execute(text("DELETE FROM audit_log WHERE seq > 25"))

    await log.write(cut)
    assert await log.read(audit.verify) == (25, None)  # by itself the rest is whole
    assert "the end was cut off" in (await retention.verified(log, [], end)).problem
    for _ in range(6):
        await log.write(audit.append, Event.SENT)
    assert "another row stands in its place" in (await retention.verified(log, [], end)).problem
    assert "not ROW:HASH" in (await retention.verified(log, [], "30")).problem
    [missing] = [one for one in await log.read(record_keeping.look) if one.problem]
    assert "audit_log_no_delete" in missing.words


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_a_role_of_the_bots_own_adds_to_the_log_and_no_more(log: Database, url: str) -> None:
    def make(conn: Connection) -> None:
        conn.exec_driver_sql("CREATE ROLE set_action_test LOGIN PASSWORD 'x'")
        roles.grant(conn, "set_action_test")

    def unmake(conn: Connection) -> None:
        conn.exec_driver_sql("DROP OWNED BY set_action_test")
        conn.exec_driver_sql("DROP ROLE set_action_test")

    assert any("owns" in one.words for one in await log.read(record_keeping.look) if one.problem)
    await log.write(make)
    as_role = make_url(url).set(username="set_action_test", password="x")
    own = Database(as_role.render_as_string(hide_password=False))
    try:
        await own.write(audit.append, Event.SENT)
        assert await own.read(audit.verify) == (ROWS + 1, None)
        assert [one for one in await own.read(record_keeping.look) if one.problem] == []
        for statement in (
            "UPDATE audit_log SET actor = 'x'",
            "DELETE FROM audit_log",
            "TRUNCATE audit_log",
            "INSERT INTO audit_archives SELECT seq, 1, hash, 0, 'mine' FROM audit_log WHERE seq = 9",
            "ALTER TABLE audit_log DISABLE TRIGGER ALL",
        ):
            with pytest.raises(StoreError, match="42501"):  # insufficient_privilege
                await own.write(Connection.exec_driver_sql, statement)
    finally:
        own.close()
        await log.write(unmake)
    with pytest.raises(StoreError, match="no such role"):
        await log.write(roles.grant, 'nobody"; DROP TABLE jobs')
