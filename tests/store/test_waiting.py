"""Jobs between confirmation and start, on both databases: who decides, when they are due, what holds them."""

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, update

from store import approvals, jobs, previews, schedules
from store.approval_model import Decision
from store.clock import read_now
from store.database import Database
from store.holds import Hold
from store.model import Job, JobState, Operator
from store.tables import jobs as job_table
from tests.store.samples import ASTER, BIRCH, BOTH, EVIAN3, confirmed, proposed

pytestmark = BOTH
CEDAR = Operator("E0", "T0OTHER", "U0CEDAR")


def awaiting(conn: Connection, /, needed: int = 1, within_s: float = 60.0, **changes: Any) -> Job:
    """A job that waits for approval."""
    job = proposed(conn, **changes)
    previews.seal(conn, job)
    assert approvals.ask(conn, job, needed, within_s, decided_by="U0ASTER")
    return jobs.get(conn, job.id)


def approved(conn: Connection, job: Job) -> bool:
    """As after the last approval."""
    return schedules.wait(conn, job)


async def test_an_approval_stands_for_what_it_was_given_for_and_nothing_else(db: Database) -> None:
    def work(conn: Connection) -> None:
        at = read_now(conn) + timedelta(hours=1)
        job = awaiting(conn, start_at=at)
        approvals.decide(conn, job, "U0BIRCH", BIRCH, Decision.APPROVED)
        approvals.decide(conn, job, "W0CEDAR", CEDAR, Decision.APPROVED)
        approvals.decide(conn, job, "W0CEDAR", CEDAR, Decision.DENIED, "no")
        given, denied = approvals.of_job(conn, job.id)
        assert (given.operator, given.digest, given.start_at) == (BIRCH, job.digest, job.start_at)
        assert (denied.person, denied.decision, denied.reason) == ("W0CEDAR", Decision.DENIED, "no")
        assert given.stands(job)
        assert not denied.stands(job)
        for hours, stands in ((2, True), (1, True), (0.5, False)):
            schedules.retime(conn, job, read_now(conn) + timedelta(hours=hours, seconds=1), "UTC")
            assert given.stands(jobs.get(conn, job.id)) is stands
        conn.execute(update(job_table).where(job_table.c.id == job.id).values(digest="f" * 16, start_at=at))
        assert not given.stands(jobs.get(conn, job.id))

    await db.write(work)


async def test_what_waits_for_approval_is_told_of_reminded_and_expires(db: Database) -> None:
    def work(conn: Connection) -> None:
        job = awaiting(conn, within_s=-1.0)
        late = awaiting(conn, within_s=3_600.0)
        assert [one.id for one in approvals.overdue(conn, 9)] == [job.id]
        assert [one.id for one in approvals.to_remind(conn, 9)] == [job.id, late.id]
        following = read_now(conn) + timedelta(minutes=5)
        assert approvals.reminded(conn, late, following)
        assert not approvals.reminded(conn, late, following), "told already, by another replica"
        assert jobs.get(conn, late.id).reminders == 1
        assert approvals.lapse(conn, job)
        assert not approvals.lapse(conn, job)
        assert approvals.next_due(conn) == following
        assert approvals.deny(conn, late)
        assert approvals.next_due(conn) is None
        assert approvals.overdue(conn, 9) == approvals.to_remind(conn, 9) == []

    await db.write(work)


async def test_it_expires_at_its_own_time_if_that_comes_first(db: Database) -> None:
    def work(conn: Connection) -> None:
        at = read_now(conn) + timedelta(minutes=1)
        assert awaiting(conn, within_s=600, start_at=at).approve_by == at
        sooner = awaiting(conn, within_s=30, start_at=at).approve_by
        assert sooner is not None
        assert sooner < at

    await db.write(work)


async def test_a_scheduled_job_is_due_held_let_go_and_ready_once(db: Database, rings: list[str]) -> None:
    def work(conn: Connection) -> None:
        here = read_now(conn)
        job = awaiting(conn)
        assert schedules.wait(conn, job)
        job = jobs.get(conn, job.id)
        assert [one.id for one in schedules.due(conn, 9)] == [job.id]
        until = here + timedelta(hours=1)
        assert schedules.hold(conn, job, Hold.FREEZE, "quarter end", until)
        held = jobs.get(conn, job.id)
        assert (held.hold, held.hold_reason, held.due_at) == (Hold.FREEZE, "quarter end", until)
        assert schedules.due(conn, 9) == []
        assert schedules.next_due(conn) == until
        assert not schedules.hold(conn, held, Hold.FREEZE, "quarter end", until), "nothing new"
        schedules.override(conn, held, CEDAR, "must be", until)
        [given] = schedules.overrides_of(conn, job.id)
        assert (given.hold, given.operator, given.until) == (Hold.FREEZE, CEDAR, until)
        free = jobs.get(conn, job.id)
        assert free.hold is None
        assert [one.id for one in schedules.due(conn, 9)] == [job.id]
        assert schedules.ready(conn, free)
        assert not schedules.ready(conn, free)
        assert jobs.get(conn, job.id).state is JobState.CONFIRMED

    await db.write(work)
    if db.embedded:
        await db.write(lambda _: None)  # the one writer rings before it takes the next
        await asyncio.sleep(0)
        assert {"starts", "approvals", f"cluster:{EVIAN3}"} <= set(rings)


async def test_what_nobody_sent_for_a_while_goes_back(db: Database) -> None:
    def work(conn: Connection) -> None:
        fresh, stale, elsewhere = confirmed(conn), confirmed(conn), confirmed(conn, cluster="fiji1")
        old = read_now(conn) - timedelta(seconds=61)
        conn.execute(
            update(job_table).where(job_table.c.id.in_((stale.id, elsewhere.id))).values(ready_at=old)
        )
        assert schedules.look_again(conn, EVIAN3, 60) == 1
        assert jobs.get(conn, fresh.id).state is JobState.CONFIRMED
        assert jobs.get(conn, elsewhere.id).state is JobState.CONFIRMED
        assert [one.id for one in schedules.due(conn, 9)] == [stale.id]

    await db.write(work)


async def test_of_many_ends_at_once_one_counts(db: Database) -> None:
    """Approved, denied, expired and cancelled in the same moment, each in a transaction of its own."""
    for _ in range(3):
        job = await db.write(awaiting)
        ends = [
            db.write(approved, job),
            db.write(approvals.deny, job),
            db.write(approvals.lapse, job),
            db.write(schedules.withdraw, job, ASTER.user_id),
        ]
        assert sum(await asyncio.gather(*ends)) == 1


async def test_a_copy_of_a_card_is_remembered_once(db: Database) -> None:
    def work(conn: Connection) -> None:
        job = awaiting(conn)
        for ts in ("1.0", "1.0", "2.0"):
            approvals.shown_to(conn, job.id, "D0CEDAR", ts)
        assert [(one.channel_id, one.ts) for one in approvals.copies(conn, job.id)] == [
            ("D0CEDAR", "1.0"),
            ("D0CEDAR", "2.0"),
        ]

    await db.write(work)
