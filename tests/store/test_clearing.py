"""Retention by age: what ended long ago goes with all that belongs to it; whatever is needed stays."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, update

from store import audit, clearing, jobs, outbox, transitions
from store.clearing import BELONGING, Cleared, Keep, clear_jobs, clear_messages
from store.clock import read_now
from store.database import Database
from store.model import Job, JobState
from store.outbox_model import Note
from store.tables import jobs as job_table
from store.tables import outbox as outbox_table
from tests.store.samples import ASTER, BOTH, confirmed, proposed, running
from tests.tables import everything

KEEP = Keep(jobs=timedelta(days=90), cards=timedelta(days=30), messages=timedelta(days=7))


def aged(conn: Connection, job: Job, days: float, **values: Any) -> None:
    """Have it all happened so many days earlier."""
    at = read_now(conn) - timedelta(days=days)
    moments: dict[str, Any] = {"created_at": at, "decided_at": at}
    moments |= {"finished_at": at} if job.finished_at else {}
    conn.execute(update(job_table).where(job_table.c.id == job.id).values(**moments, **values))


def done(conn: Connection, /, days: float, customers: int = 3, **changes: Any) -> Job:
    """A job that ended so many days ago, with chunks and customers."""
    job = running(conn, customers, **changes)
    assert transitions.move(conn, job.id, JobState.RUNNING, JobState.DONE, finished_at=read_now(conn))
    ended = jobs.get(conn, job.id)
    aged(conn, ended, days)
    return ended


def card(conn: Connection, /, days: float) -> Job:
    """A card that was put away so many days ago."""
    job = proposed(conn)
    assert jobs.cancel(conn, job, ASTER.user_id)
    ended = jobs.get(conn, job.id)
    aged(conn, ended, days)
    return ended


def left(conn: Connection) -> Sequence[int]:
    return list(conn.execute(select(job_table.c.id).order_by(job_table.c.id)).scalars())


async def cleared(db: Database, keep: Keep = KEEP) -> int:
    """Everything that may go, as the bot does it; how many went."""
    after, gone = 0, 0
    while True:
        some = await db.write(clear_jobs, keep, after)
        gone += some.gone
        if some.after is None:
            return gone
        after = some.after


def test_whatever_belongs_to_a_job_is_known() -> None:
    pointing = {
        table.name
        for table in everything().tables.values()
        for key in table.foreign_keys
        if key.column.table is job_table
    }
    assert pointing == {table.name for table in BELONGING} | {"outbox"}


@BOTH
async def test_what_ended_long_ago_goes_with_all_that_belongs_to_it(db: Database) -> None:
    gone = [await db.write(done, 91), await db.write(card, 31)]
    kept = [await db.write(done, 89), await db.write(card, 29)]
    before = await db.read(audit.verify)
    assert await cleared(db) == 2
    assert await db.read(left) == [job.id for job in kept]

    def orphans(conn: Connection) -> int:
        ids = [job.id for job in gone]
        of_them = (select(func.count()).where(table.c.job_id.in_(ids)) for table in BELONGING)
        return sum(conn.execute(count).scalar_one() for count in of_them)

    assert await db.read(orphans) == 0
    # The record keeps its rows, and says what went.
    rows, broken = await db.read(audit.verify)
    assert (rows, broken) == (before[0] + 2, None)
    assert await cleared(db) == 0


@BOTH
async def test_what_is_still_needed_stays_however_old(db: Database) -> None:
    def old(conn: Connection) -> list[int]:
        unfinished = [proposed(conn), confirmed(conn), running(conn)]
        for job in unfinished:
            aged(conn, job, 400)
        watched = running(conn)
        assert transitions.move(conn, watched.id, JobState.RUNNING, JobState.WATCHING)
        aged(conn, watched, 400)
        parent = done(conn, 400)
        child = done(conn, 10, parent_id=parent.id)
        untold = done(conn, 400)
        outbox.add(conn, untold.id, Note.STARTED)
        return [job.id for job in (*unfinished, watched, parent, child, untold)]

    needed = await db.write(old)
    assert await cleared(db) == 0
    assert await db.read(left) == needed


@BOTH
async def test_a_family_goes_from_its_youngest_on(db: Database) -> None:
    parent = await db.write(done, 200)
    await db.write(lambda conn: done(conn, 100, parent_id=parent.id))
    assert (await cleared(db), await cleared(db)) == (1, 1)
    assert await db.read(left) == []


@BOTH
async def test_messages_that_could_not_be_told_are_given_up_but_not_of_what_goes_on(db: Database) -> None:
    def write(conn: Connection) -> int:
        ended, going_on = done(conn, 400), running(conn)
        for job in (ended, going_on):
            outbox.add(conn, job.id, Note.STARTED)
        aged_at = read_now(conn) - timedelta(days=8)
        conn.execute(update(outbox_table).values(created_at=aged_at))
        outbox.add(conn, ended.id, Note.CARD)
        return going_on.id

    going_on = await db.write(write)
    assert await db.write(clear_messages, KEEP) == Cleared(1, None)
    about = select(outbox_table.c.job_id, outbox_table.c.note).order_by(outbox_table.c.id)
    rows = await db.read(lambda conn: [tuple(row) for row in conn.execute(about)])
    assert [row[0] for row in rows if row[1] is Note.STARTED] == [going_on]
    assert len(rows) == 2


@BOTH
async def test_little_goes_in_one_transaction(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clearing, "CUSTOMERS", 5)
    monkeypatch.setattr(clearing, "LOOKED_AT", 4)
    ids = [(await db.write(done, 100, customers)).id for customers in (3, 2, 9, 1, 1)]
    steps, after = [], 0
    while True:
        step = await db.write(clear_jobs, KEEP, after)
        if step.after is None:
            break
        steps.append((step.gone, step.after))
        after = step.after
    # Two with five customers together; the large one alone; the rest of the four looked at; the fifth.
    assert steps == [(2, ids[1]), (1, ids[2]), (2, ids[4])]
    assert await db.read(left) == []


@BOTH
async def test_kept_for_ever_unless_somebody_says_otherwise(db: Database) -> None:
    await db.write(done, 4000)
    await db.write(card, 4000)
    assert Keep().everything
    assert await cleared(db, Keep()) == 0
    assert await db.write(clear_messages, Keep()) == Cleared(0, None)
    assert await cleared(db, Keep(cards=timedelta(days=30))) == 1


async def test_only_the_old_end_is_looked_at(db: Database) -> None:
    for _ in range(3):
        await db.write(done, 1)
    assert await db.write(clear_jobs, KEEP) == Cleared(0, None)


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_a_job_that_somebody_holds_is_left_for_the_next_time(db: Database) -> None:
    held = await db.write(done, 100)
    other = await db.write(done, 100)
    with db.engine.begin() as conn:
        jobs.hold(conn, held.id)
        assert await cleared(db) == 1
    assert await db.read(left) == [held.id]
    assert other.id not in await db.read(left)
    assert await cleared(db) == 1
