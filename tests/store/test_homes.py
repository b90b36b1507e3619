"""Whose home is to be looked at, on both databases; and how a job's course is read from its rows."""

from sqlalchemy import Connection, text

from store import audit, chunks, courses, customers, homes, jobs
from store.audit import Event
from store.database import Database
from store.home_model import Notify
from store.model import ChunkState, CustomerOutcome, Operator
from tests.store.samples import ASTER, proposed, running

BRAM = Operator(ASTER.enterprise_id, ASTER.team_id, "U0BRAM")


async def test_whoever_opens_it_is_looked_at_until_it_is_shown(db: Database) -> None:
    await db.write(homes.opened, ASTER, None)
    end, found = await db.read(homes.concerned, 0)
    assert (end, found) == (0, [ASTER])
    home = await db.read(homes.get, ASTER)
    await db.write(homes.published, home, "d" * 16, "hash-1")
    assert await db.read(homes.concerned, end) == (0, [])
    assert await db.read(homes.concerned, None) == (0, [ASTER]), "everybody after a start"


async def test_another_view_than_ours_is_not_taken_for_ours(db: Database) -> None:
    await db.write(homes.opened, ASTER, None)
    await db.write(homes.published, await db.read(homes.get, ASTER), "d" * 16, "hash-1")
    await db.write(homes.opened, ASTER, "hash-1")
    assert (await db.read(homes.get, ASTER)).digest == "d" * 16
    await db.write(homes.opened, ASTER, "hash-2")
    assert (await db.read(homes.get, ASTER)).digest is None


async def test_who_comes_late_does_not_undo_what_was_shown_since(db: Database) -> None:
    await db.write(homes.opened, ASTER, None)
    late = await db.read(homes.get, ASTER)
    await db.write(homes.published, late, "new" + "0" * 13, "hash-2")
    await db.write(homes.published, late, "old" + "0" * 13, "hash-1")
    assert (await db.read(homes.get, ASTER)).hash == "hash-2"


async def test_the_record_tells_whose_home_a_change_concerns(db: Database) -> None:
    for person in (ASTER, BRAM):
        await db.write(homes.opened, person, None)
        await db.write(homes.published, await db.read(homes.get, person), "d" * 16, "h")
    seen, _ = await db.read(homes.concerned, None)
    job = await db.write(proposed)
    await db.write(audit.append, Event.REQUESTED, actor=ASTER, job=job.uuid)
    now, found = await db.read(homes.concerned, seen)
    assert found == [ASTER]
    assert (await db.read(homes.concerned, now)) == (now, [])
    await db.write(audit.append, Event.BATCH_ASSIGNED, actor=BRAM)
    assert (await db.read(homes.concerned, now))[1] == [ASTER, BRAM]


async def test_a_choice_is_kept_for_whoever_never_opened_it_too(db: Database) -> None:
    assert await db.read(homes.notify_of, ASTER) is Notify.MENTION
    await db.write(homes.choose, ASTER, Notify.NEVER)
    assert await db.read(homes.notify_of, ASTER) is Notify.NEVER
    assert await db.read(homes.notify_of, BRAM) is Notify.MENTION


async def test_of_two_who_would_draw_a_month_one_does(db: Database) -> None:
    await db.write(homes.opened, ASTER, None)
    home = await db.read(homes.get, ASTER)
    assert await db.write(homes.claim_picture, home)
    assert not await db.write(homes.claim_picture, home)


async def test_the_course_of_a_job_is_read_from_its_chunks_and_arrivals(db: Database) -> None:
    def answered(conn: Connection) -> int:
        running(conn)
        chunk = chunks.claim(conn, "evian3")
        assert chunk
        first, *_ = customers.to_send(conn, chunk)
        customers.mark(conn, chunk, CustomerOutcome.REFUSED, cids=[first])
        accepted = customers.mark(conn, chunk, CustomerOutcome.ACCEPTED)
        chunks.settle(
            conn, chunk, ChunkState.ACCEPTED, cause="accepted", http_status=200, message="", elapsed_s=1.5
        )
        arrived = "UPDATE job_customers SET arrived_at = 1700000000000 WHERE outcome = 1 AND job_id = :job"
        conn.execute(text(arrived), {"job": chunk.job_id})
        assert jobs.get(conn, chunk.job_id).accepted == accepted
        return accepted

    accepted = await db.write(answered)
    course = await db.read(courses.course, 1)
    [step] = course.steps
    assert step.answered_at is not None
    assert (step.answered_at - step.sent_at).total_seconds() == 1.5
    assert (step.accepted, step.refused, step.unknown) == (accepted, 1, 0)
    assert [number for _, number in course.arrivals] == ([accepted] if accepted else [])
