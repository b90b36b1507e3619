"""Short units of work: at once where that is possible, and on a thread, whole, where it is not."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event, current_thread

import pytest
from sqlalchemy import Connection, event, func, select

from store import audit, homes, jobs, outbox, short
from store.database import Database
from store.errors import StoreError
from store.outbox_model import Note
from store.short import FEW, STEPS, expect
from store.tables import metadata
from tests.store.samples import BOTH, proposed

HERE, WRITER, READER = "MainThread", "store-write", "store-read"


def where(_conn: Connection) -> str:
    """The thread a unit is carried out on."""
    return current_thread().name.rpartition("_")[0] or current_thread().name


def proposed_where(conn: Connection, rows: int = 1) -> str:
    """Make a card, then say how many rows are about to be touched."""
    proposed(conn)
    expect(conn, rows)
    return where(conn)


def many_where(conn: Connection) -> str:
    expect(conn, FEW + 1)
    return where(conn)


def cards(conn: Connection) -> int:
    return conn.execute(select(func.count()).select_from(metadata.tables["jobs"])).scalar_one()


@contextmanager
def committing(db: Database) -> Iterator[list[str]]:
    """The threads that commit meanwhile."""
    threads: list[str] = []
    event.listen(db.engine, "commit", heard := lambda conn: threads.append(where(conn)))
    try:
        yield threads
    finally:
        event.remove(db.engine, "commit", heard)


async def steps() -> None:
    for _ in range(STEPS + 1):
        await asyncio.sleep(0)


async def test_what_is_short_is_done_on_the_loops_own_thread(db: Database) -> None:
    with committing(db) as committers:
        assert await db.short.write(proposed_where) == HERE
        assert await db.short.read(where) == HERE
    assert committers == [HERE, HERE]
    assert await db.read(cards) == 1


@BOTH
async def test_what_is_done_at_once_is_what_everybody_sees(db: Database) -> None:
    await db.short.write(proposed)
    assert (await db.short.read(cards), await db.read(cards)) == (1, 1)


async def test_elsewhere_there_is_nothing_short(db: Database) -> None:
    # `expect` has no say there.
    assert await db.write(proposed_where, FEW + 1) == WRITER
    assert await db.read(many_where) == READER


async def test_what_turns_out_long_is_undone_and_done_on_a_thread(db: Database) -> None:
    assert await db.short.write(proposed_where, FEW) == HERE
    assert await db.short.write(proposed_where, FEW + 1) == WRITER
    assert await db.short.read(cards) == 2


async def test_a_long_read_is_done_on_a_thread(db: Database) -> None:
    assert await db.short.read(many_where) == READER


async def test_a_crowded_outbox_is_looked_at_on_a_thread(db: Database) -> None:
    def crowd(conn: Connection, messages: int) -> None:
        job = proposed(conn).id
        for _ in range(messages):
            outbox.add(conn, job, Note.STARTED)

    def look(conn: Connection) -> str:
        outbox.look(conn, 10)
        return where(conn)

    await db.write(crowd, FEW)
    assert await db.short.read(look) == HERE
    await db.write(crowd, 1)
    assert await db.short.read(look) == READER


async def test_nobody_stands_still_for_a_lock_of_another_process(db: Database, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(db.short.write(proposed_where))
        reading = asyncio.create_task(db.short.read(cards))
        assert await asyncio.wait_for(reading, 5) == 0  # the loop is free, and so is a reader
        assert not writing.done()
        other.execute("COMMIT")
    assert await writing == WRITER
    assert await db.short.write(proposed_where) == HERE  # as before


async def test_the_one_writer_is_waited_for_without_holding_up_readers(db: Database) -> None:
    inside, finish = Event(), Event()

    def long(conn: Connection) -> None:
        proposed(conn)
        inside.set()
        assert finish.wait(10)

    writing = asyncio.create_task(db.write(long))
    await asyncio.to_thread(inside.wait, 10)
    behind = asyncio.create_task(db.short.write(proposed_where))
    try:
        assert await db.short.read(where) == READER
        assert await db.short.read(cards) == 0
        assert not behind.done()
    finally:
        finish.set()
        await writing
    assert await behind == HERE
    assert await db.short.read(cards) == 2


async def test_on_a_slow_disk_a_thread_commits(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with committing(db) as committers:
        monkeypatch.setattr(short, "SLOW_S", -1.0)
        assert await db.short.write(proposed_where) == HERE  # nobody knew
        assert await db.short.write(proposed_where) == HERE
        monkeypatch.setattr(short, "SLOW_S", 60.0)
        assert await db.short.write(proposed_where) == HERE  # nobody knew that it is over
        assert await db.short.write(proposed_where) == HERE
    assert committers == [HERE, WRITER, WRITER, HERE]
    assert await db.read(cards) == 4


NORMAL, FULL = 1, 2  # https://sqlite.org/pragma.html#pragma_synchronous


def flushing(conn: Connection) -> int:
    """Whether this connection's commits wait for the disk."""
    level: int = conn.exec_driver_sql("PRAGMA synchronous").scalar_one()
    return level


async def test_only_what_is_said_to_be_so_may_be_lost_with_the_power(db: Database) -> None:
    assert await db.short.write(flushing) == FULL
    assert await db.short.write_unflushed(flushing) == NORMAL
    assert await db.short.read(where) == HERE
    assert await db.short.write(flushing) == FULL
    assert await db.short.write_unflushed(proposed_where) == HERE
    assert await db.read(cards) == 1, "everybody sees it at once all the same"


async def test_after_an_error_a_write_waits_for_the_disk_again(db: Database) -> None:
    with pytest.raises(StoreError):
        await db.short.write_unflushed(lambda conn: conn.exec_driver_sql("DELETE FROM absent"))
    assert await db.short.write_unflushed(flushing) == NORMAL, "on another connection"
    assert await db.short.write(flushing) == FULL


async def test_what_turns_out_long_waits_for_the_disk_on_its_thread(db: Database) -> None:
    def long(conn: Connection) -> tuple[str, int]:
        return many_where(conn), flushing(conn)

    assert await db.short.write_unflushed(long) == (WRITER, FULL)
    assert await db.write_unflushed(flushing) == FULL


async def test_whatever_is_on_the_record_waits_for_the_disk(db: Database) -> None:
    def recorded(conn: Connection) -> tuple[str, int]:
        proposed(conn)
        audit.append(conn, audit.Event.REQUESTED)
        return where(conn), flushing(conn)

    assert await db.short.write_unflushed(recorded) == (WRITER, FULL)
    assert await db.read(cards) == 1, "once, although it was begun twice"
    assert (await db.read(audit.head))[0] == 1


@BOTH
async def test_unflushed_or_not_it_is_kept_and_rung(db: Database, rings: list[str], kind: str) -> None:
    def work(conn: Connection) -> None:
        outbox.add(conn, proposed(conn).id, Note.STARTED)

    await db.short.write_unflushed(work)
    await steps()
    assert await db.read(cards) == 1
    assert rings == ([outbox.TOPIC] if kind == "sqlite" else [])


async def test_a_quick_commit_that_waits_for_no_disk_says_nothing_of_it(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(short, "SLOW_S", -1.0)
    await db.short.write(proposed)
    monkeypatch.setattr(short, "SLOW_S", 60.0)
    with committing(db) as committers:
        await db.short.write_unflushed(proposed)
        await db.short.write(proposed)
        await db.short.write(proposed)
    assert committers == [WRITER, WRITER, HERE]


@pytest.fixture
async def held(db: Database, monkeypatch: pytest.MonkeyPatch) -> tuple[Event, Event]:
    """A slow disk, whose next commit of the writer's thread has begun, and ends when it is told to."""
    monkeypatch.setattr(short, "SLOW_S", -1.0)
    await db.short.write(lambda _: None)
    begun, end = Event(), Event()

    def commit(conn: Connection) -> None:
        if where(conn) == WRITER:
            begun.set()
            assert end.wait(10)

    event.listen(db.engine, "commit", commit)
    return begun, end


async def test_whoever_stops_waiting_for_a_slow_commit_does_not_undo_it(
    db: Database, rings: list[str], held: tuple[Event, Event]
) -> None:
    begun, end = held

    def work(conn: Connection) -> None:
        outbox.add(conn, proposed(conn).id, Note.STARTED)

    writing = asyncio.create_task(db.short.write(work))
    await asyncio.to_thread(begun.wait, 10)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    # The connection is the commit's until that ends: others wait for their turn, and read elsewhere.
    behind = asyncio.create_task(db.short.write(proposed_where))
    assert await db.short.read(lambda conn: (cards(conn), where(conn))) == (0, READER)
    assert not behind.done()
    end.set()
    await behind
    await steps()
    assert (await db.read(cards), rings) == (2, [outbox.TOPIC])


async def test_a_commit_that_fails_where_nobody_waits_any_more_ends_its_turn(
    db: Database, rings: list[str], held: tuple[Event, Event]
) -> None:
    begun, end = held

    def work(conn: Connection) -> None:
        conn.exec_driver_sql("PRAGMA defer_foreign_keys = ON")  # so that COMMIT itself is what fails
        outbox.add(conn, 4711, Note.STARTED)

    writing = asyncio.create_task(db.short.write(work))
    await asyncio.to_thread(begun.wait, 10)
    writing.cancel()
    end.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await db.short.write(proposed)
    await steps()
    assert (await db.read(cards), rings) == (1, [])


async def test_whoever_waits_goes_on_before_anybody_is_woken(db: Database, rings: list[str]) -> None:
    def work(conn: Connection) -> None:
        job = proposed(conn)
        assert jobs.confirm(conn, job, "U0ASTER")
        outbox.add(conn, job.id, Note.STARTED)

    await db.short.write(work)
    assert rings == []
    await steps()
    assert rings == [outbox.TOPIC]  # the thread has the job id before its first request
    await steps()
    assert rings == [outbox.TOPIC, jobs.cluster_topic("evian3")]


async def test_after_an_error_the_next_unit_works(db: Database) -> None:
    with pytest.raises(StoreError, match="no such table"):
        await db.short.write(lambda conn: conn.exec_driver_sql("DELETE FROM absent"))
    with pytest.raises(StoreError, match="no such table"):
        await db.short.read(lambda conn: conn.exec_driver_sql("SELECT * FROM absent"))
    assert await db.short.write(proposed_where) == HERE


@pytest.mark.parametrize("slow", [False, True])
async def test_a_closed_database_takes_nothing_on_and_keeps_nobody_waiting(
    db: Database, monkeypatch: pytest.MonkeyPatch, slow: bool
) -> None:
    if slow:
        monkeypatch.setattr(short, "SLOW_S", -1.0)
    await db.short.write(proposed)
    db.close()
    for _ in range(2):  # the turn of the first is over
        async with asyncio.timeout(5):
            with pytest.raises(RuntimeError):
                await db.short.write(proposed)
            with pytest.raises(RuntimeError):
                await db.write(proposed)
            with pytest.raises(RuntimeError):
                await db.short.read(cards)


async def test_everybodys_home_is_looked_for_on_a_thread(db: Database) -> None:
    def look(conn: Connection, since: int | None) -> str:
        homes.concerned(conn, since)
        return where(conn)

    assert await db.short.read(look, 0) == HERE
    assert await db.short.read(look, None) == READER
