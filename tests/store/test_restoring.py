"""After a backup was put back nothing is sent that may have been sent since."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, select, text

from store import approvals, audit, checks, chunks, jobs, outbox, restoring, schedules
from store.clock import read_now
from store.database import Database
from store.holds import Hold
from store.model import ChunkState, JobState
from store.outbox_model import Note
from store.restoring import Settled, settle
from store.tables import jobs as job_table
from store.tables import outbox as outbox_table
from tests.store.samples import BOTH, EVIAN3, confirmed, proposed, running


@BOTH
async def test_whatever_waits_is_in_doubt(db: Database) -> None:
    def fill(conn: Connection) -> None:
        running(conn)  # two chunks
        confirmed(conn)
        planned = proposed(conn)
        schedules.wait(conn, planned, start_at=read_now(conn) + timedelta(days=1))
        approvals.ask(conn, proposed(conn), 1, 3600)
        proposed(conn)

    await db.write(fill)
    assert await db.write(settle) == Settled(requests=2, held=2, cancelled=1, expired=1)
    states = select(job_table.c.state, job_table.c.hold, job_table.c.due_at).order_by(job_table.c.id)
    assert await db.read(lambda conn: [tuple(row) for row in conn.execute(states)]) == [
        (JobState.RUNNING, None, None),
        (JobState.SCHEDULED, Hold.LATE, None),
        (JobState.SCHEDULED, Hold.LATE, None),
        (JobState.CANCELLED, None, None),
        (JobState.EXPIRED, None, None),
    ]
    # Nothing can be claimed or started; what was planned is found as one finds what a dead sender left.
    assert await db.write(chunks.claim, EVIAN3) is None
    assert await db.read(schedules.due, 10) == []
    found = await db.read(lambda conn: chunks.orphans(conn, EVIAN3, ()))
    assert [(chunk.state, chunk.attempt) for chunk in found] == [(ChunkState.SENDING, 1)] * 2
    assert (await db.read(audit.verify))[1] is None
    assert await db.write(settle) == Settled(requests=0, held=2, cancelled=0, expired=0)


@BOTH
async def test_messages_are_in_doubt_and_their_ids_are_not_given_out_again(db: Database) -> None:
    job = await db.write(running)
    await db.write(lambda conn: outbox.add(conn, job.id, Note.STARTED))
    await db.write(settle)
    await db.write(lambda conn: outbox.add(conn, job.id, Note.STARTED))
    rows = select(outbox_table.c.id, outbox_table.c.doubtful).order_by(outbox_table.c.id)
    (first, doubtful), (second, sure) = await db.read(lambda conn: [tuple(row) for row in conn.execute(rows)])
    assert (doubtful, sure) == (True, False)
    assert second - first > restoring.SKIPPED


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_what_is_being_read_or_has_ended_stays(db: Database) -> None:
    job = await db.write(running, 1)
    chunk = await db.write(chunks.claim, EVIAN3)
    assert chunk
    await db.write(lambda conn: checks.later(conn, job, chunk, 60))
    before = await db.read(lambda conn: conn.execute(text("SELECT * FROM chunks")).all())
    assert await db.write(settle) == Settled(0, 0, 0, 0)
    assert await db.read(lambda conn: conn.execute(text("SELECT * FROM chunks")).all()) == before
    assert (await db.read(jobs.get, job.id)).state is JobState.RUNNING
