"""A unit of work: committed whole or not at all, rings after the commit only, errors without secrets."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Connection, func, select, text

from store import jobs, outbox, proposing, short
from store.database import Database
from store.errors import SchemaMismatch, StoreError
from store.outbox_model import Note
from store.short import BETWEEN, STEPS
from store.tables import metadata
from store.units import Transactions, ring
from tests.store.samples import proposal, proposed

SECRET = "xoxb-never-to-be-shown"


@pytest.fixture(params=["on threads", "at once", "at once on a slow disk"])
async def at(db: Database, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Transactions:
    """Every way in which a unit of work is carried out on SQLite."""
    if request.param == "at once on a slow disk":
        monkeypatch.setattr(short, "SLOW_S", -1.0)
        await db.short.write(lambda _: None)  # from now on it is known to be slow
    return db if request.param == "on threads" else db.short


def count(conn: Connection, table: str) -> int:
    return conn.execute(select(func.count()).select_from(metadata.tables[table])).scalar_one()


async def turn(at: Transactions) -> None:
    """Let what the writer handed to the loop run: it does so before it takes the next unit of work."""
    await at.write(lambda _: None)
    for _ in range(STEPS + BETWEEN + 1):
        await asyncio.sleep(0)


async def test_a_commit_rings_each_topic_once(at: Transactions, rings: list[str]) -> None:
    def work(conn: Connection) -> None:
        for topic in ("cluster:evian3", "outbox", "outbox"):
            ring(conn, topic)

    await at.write(work)
    await turn(at)
    assert sorted(rings) == ["cluster:evian3", "outbox"]


async def test_the_bell_rings_only_when_others_can_see_the_fact(url: str) -> None:
    seen: list[int] = []
    other = Database(url)

    def look(_topic: str) -> None:
        with other.engine.connect().execution_options(read_only=True) as conn:
            seen.append(count(conn, "jobs"))

    db = Database(url, on_ring=look)

    def work(conn: Connection) -> None:
        ring(conn, "early")  # before the fact is even written
        proposed(conn)

    try:
        await db.write(work)
        await turn(db)
        assert seen == [1]
    finally:
        db.close()
        other.close()


async def test_a_rolled_back_unit_leaves_nothing_and_never_rings(at: Transactions, rings: list[str]) -> None:
    def work(conn: Connection) -> None:
        job = proposed(conn)
        outbox.add(conn, job.id, Note.CARD)
        raise LookupError("half way")

    with pytest.raises(LookupError, match="half way"):
        await at.write(work)
    tables = ("jobs", "job_customers", "outbox")
    assert [await at.read(count, table) for table in tables] == [0, 0, 0]
    # The next unit on the same connection must not ring for the one that was undone.
    await at.write(proposed)
    await turn(at)
    assert rings == []


async def test_a_commit_that_fails_leaves_nothing_and_never_rings(at: Transactions, rings: list[str]) -> None:
    def work(conn: Connection) -> None:
        conn.exec_driver_sql("PRAGMA defer_foreign_keys = ON")  # so that COMMIT itself is what fails
        outbox.add(conn, 4711, Note.STARTED)

    with pytest.raises(StoreError):
        await at.write(work)
    assert await at.read(count, "outbox") == 0
    await at.write(proposed)
    await turn(at)
    assert rings == []


async def test_a_full_disk_is_a_store_error_and_the_next_unit_works(
    at: Transactions, rings: list[str]
) -> None:
    def work(conn: Connection) -> None:
        pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
        conn.exec_driver_sql(f"PRAGMA max_page_count = {pages + 5}")
        ring(conn, "never")
        proposed(conn, 20_000)

    with pytest.raises(StoreError):
        await at.write(work)
    assert await at.read(count, "job_customers") == 0
    await at.write(lambda conn: conn.exec_driver_sql("PRAGMA max_page_count = 1000000"))
    await at.write(proposed)
    await turn(at)
    assert (await at.read(count, "jobs"), rings) == (1, [])


async def test_a_foreign_key_is_enforced(at: Transactions) -> None:
    with pytest.raises(StoreError):
        await at.write(lambda conn: outbox.add(conn, 4711, Note.STARTED))
    assert await at.read(count, "outbox") == 0


def violate_uniqueness(conn: Connection) -> None:
    first = proposal(reason=SECRET, base_url=f"https://{SECRET}")
    proposing.propose(conn, first)
    proposing.propose(conn, proposal(uuid=first.uuid, reason=SECRET))


def mistype(conn: Connection) -> None:
    conn.execute(text("SELECT :word FROM no_such_table"), {"word": SECRET})


def read_damaged(conn: Connection) -> None:
    conn.execute(text("SELECT CAST(:bytes AS TEXT) AS word"), {"bytes": SECRET.encode() + b"\xff"}).all()


@pytest.mark.parametrize("work", [violate_uniqueness, mistype])
async def test_a_store_error_tells_no_statement_parameter_or_path(
    at: Transactions, path: Path, work: Callable[[Connection], None]
) -> None:
    with pytest.raises(StoreError) as caught:
        await at.write(work)
    assert caught.value.__cause__ is not None
    for said in (str(caught.value), *chain(caught.value)):
        assert SECRET not in said
        assert str(path.parent) not in said
    assert not {"SELECT", "INSERT"} & set(str(caught.value).split())


def chain(error: BaseException) -> Sequence[str]:
    """What a log with a traceback would show of the causes."""
    shown = []
    cause = error.__cause__
    while cause:
        shown.append(str(cause))
        cause = cause.__cause__
    return shown


async def test_a_cell_that_cannot_be_read_is_not_quoted(at: Transactions) -> None:
    with pytest.raises(StoreError, match="OperationalError") as caught:
        await at.read(read_damaged)
    assert SECRET not in str(caught.value)


async def test_a_file_that_is_no_database_is_a_store_error(tmp_path: Path) -> None:
    path = tmp_path / "garbage.sqlite3"
    path.write_bytes(b"this is a letter to a friend. " * 100)
    db = Database(f"sqlite:///{path}")
    try:
        with pytest.raises(StoreError) as caught:
            await db.read(count, "jobs")
        assert str(tmp_path) not in str(caught.value)
    finally:
        db.close()


async def test_our_own_errors_pass_as_they_are(at: Transactions) -> None:
    def work(conn: Connection) -> None:
        proposed(conn)
        raise SchemaMismatch("newer")

    with pytest.raises(SchemaMismatch, match="newer"):
        await at.write(work)
    assert await at.read(count, "jobs") == 0


async def test_concurrent_writers_serialise_and_lose_no_update(url: str) -> None:
    # Two doors stand for two processes: the lock between them is SQLite's own.
    doors = [Database(url), Database(url)]

    def add_one(conn: Connection, job_id: int) -> None:
        before = jobs.get(conn, job_id).duplicates
        conn.execute(text("UPDATE jobs SET duplicates = :n WHERE id = :id"), {"n": before + 1, "id": job_id})

    try:
        job = await doors[0].write(proposed)
        await asyncio.gather(*(doors[i % 2].write(add_one, job.id) for i in range(60)))
        assert (await doors[0].read(jobs.get, job.id)).duplicates == 60
    finally:
        for door in doors:
            door.close()


async def test_readers_do_not_wait_for_a_writer_and_see_what_was_committed(db: Database) -> None:
    inside, finish = Event(), Event()

    def work(conn: Connection) -> None:
        proposed(conn)
        inside.set()
        assert finish.wait(10)

    writing = asyncio.create_task(db.write(work))
    try:
        await asyncio.to_thread(inside.wait, 10)
        assert await db.read(count, "jobs") == 0
    finally:
        finish.set()
        await writing
    assert await db.read(count, "jobs") == 1


async def test_a_read_sees_one_moment_whatever_is_committed_meanwhile(db: Database) -> None:
    between, finish = Event(), Event()

    def twice(conn: Connection) -> tuple[int, int]:
        before = count(conn, "jobs")
        between.set()
        assert finish.wait(10)
        return before, count(conn, "jobs")

    reading = asyncio.create_task(db.read(twice))
    try:
        await asyncio.to_thread(between.wait, 10)
        await db.write(proposed)
    finally:
        finish.set()
    assert await reading == (0, 0)


async def test_whoever_stops_waiting_does_not_undo_half_a_unit(db: Database, rings: list[str]) -> None:
    inside, finish = Event(), Event()

    def work(conn: Connection) -> None:
        job = proposed(conn)
        inside.set()
        assert finish.wait(10)
        outbox.add(conn, job.id, Note.CARD)

    writing = asyncio.create_task(db.write(work))
    await asyncio.to_thread(inside.wait, 10)
    writing.cancel()
    finish.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    # Writes run one after the other, so this one is answered after the abandoned one has ended.
    assert await db.write(count, "outbox") == 1
    await turn(db)
    assert (await db.read(count, "jobs"), sorted(rings)) == (1, ["homes", "outbox"])
