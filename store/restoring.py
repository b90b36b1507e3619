"""After a backup was put back: what may have happened since is taken to have happened. Nothing is sent twice.

The rows are as they were when the backup was made; the cluster and Slack are not. So what was about to be
sent counts as sent, with an outcome that is unknown: the runner reads it back before anything is sent again.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, TextClause, select, text, update

from store import audit, jobs, outbox, schedules, transitions
from store.audit import Event
from store.clock import now
from store.holds import Hold
from store.jobs import COLUMNS, as_job
from store.model import ChunkState, Job, JobState
from store.outbox_model import Note
from store.tables import IS_AWAITING, IS_CONFIRMED, IS_PLANNED, IS_PROPOSED, IS_SCHEDULED, chunks
from store.tables import jobs as job_table
from store.tables import outbox as outbox_table

WHY = "the database was restored from a backup, and it may have been sent since that was made"
SKIPPED = 1_000_000  # ids that messages posted since the backup may bear


@dataclass(frozen=True, slots=True)
class Settled:
    """How many requests, jobs and cards were found in doubt."""

    requests: int
    held: int
    cancelled: int
    expired: int


def settle(conn: Connection) -> Settled:
    """Take everything that waits for what may have been done since. No bot may run meanwhile."""
    requests = conn.execute(
        update(chunks)
        .where(IS_PLANNED)
        .values(state=ChunkState.SENDING, attempt=chunks.c.attempt + 1, sent_at=now())
    ).rowcount
    ready, waiting = _all(conn, IS_CONFIRMED), _all(conn, IS_SCHEDULED)
    for job in ready:
        transitions.move(conn, job.id, JobState.CONFIRMED, JobState.SCHEDULED)
    for job in (*ready, *waiting):
        schedules.hold(conn, job, Hold.LATE, WHY, None)
        _tell(conn, job, Event.HELD, Note.HELD)
    awaiting, cards = _all(conn, IS_AWAITING), _all(conn, IS_PROPOSED)
    for job in awaiting:
        schedules.withdraw(conn, job, None)
        _tell(conn, job, Event.WITHDRAWN, Note.WITHDRAWN)
    for card in cards:
        jobs.expire(conn, card)
        outbox.add(conn, card.id, Note.CARD)
    _doubt_messages(conn)
    settled = Settled(requests, len(ready) + len(waiting), len(awaiting), len(cards))
    audit.append(conn, Event.RESTORED, detail={"requests": requests, "held": settled.held})
    return settled


def _all(conn: Connection, which: TextClause) -> list[Job]:
    return [as_job(row) for row in conn.execute(select(*COLUMNS).where(which).order_by(job_table.c.id))]


def _tell(conn: Connection, job: Job, event: Event, note: Note) -> None:
    audit.append(conn, event, job=job.uuid, cluster=job.cluster, detail={"why": WHY})
    detail = {"why": WHY} if note is Note.WITHDRAWN else {}
    outbox.add(conn, job.id, note, **detail)
    outbox.add(conn, job.id, Note.CARD)


def _doubt_messages(conn: Connection) -> None:
    """Slack may have what waits, and messages with the ids that come next."""
    conn.execute(update(outbox_table).where(outbox_table.c.note != Note.CARD).values(doubtful=True))
    if conn.dialect.name == "postgresql":
        skip = "SELECT setval('outbox_id_seq', nextval('outbox_id_seq') + :skipped)"
    else:
        skip = "UPDATE sqlite_sequence SET seq = seq + :skipped WHERE name = 'outbox'"
    conn.execute(text(skip), {"skipped": SKIPPED})
