"""What waits, in a few numbers: counted from what is open, never from what has ended."""

from sqlalchemy import Connection

from store import chunks, gauges, jobs, outbox
from store.database import Database
from store.gauges import Gauges
from store.model import JobState
from store.outbox_model import Note
from tests.store.samples import BOTH, EVIAN3, proposed, running


def read(conn: Connection) -> Gauges:
    found = gauges.read(conn)
    assert found.oldest_unfinished_s >= 0
    assert found.oldest_untold_s >= 0
    return found


@BOTH
async def test_an_empty_house_has_nothing_waiting(db: Database) -> None:
    assert await db.read(read) == Gauges({}, 0, 0.0, 0, 0.0, 0)


@BOTH
async def test_what_is_open_is_counted_and_what_has_ended_is_not(db: Database) -> None:
    job = await db.write(running)
    card = await db.write(proposed)
    await db.write(lambda conn: outbox.add(conn, job.id, Note.STARTED))
    found = await db.read(read)
    assert found.open_jobs == {JobState.RUNNING: 1, JobState.PROPOSED: 1}
    assert found.chunks_planned > 0
    assert found.outbox == 1
    await db.write(jobs.cancel, card, None)
    assert await db.write(chunks.claim, EVIAN3)
    later = await db.read(read)
    assert later.open_jobs == {JobState.RUNNING: 1}
    assert later.chunks_planned == found.chunks_planned - 1
