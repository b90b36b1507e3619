"""Queries about stopping a job: what was not sent never is, what is in flight ends by itself. Never commit.

Whoever calls these holds the job: a chunk that is put back into line, and a card that becomes one, wait.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, select, update

from store import checks, customers, transitions
from store.chunks import CHUNK_COLUMNS
from store.clock import now
from store.jobs import COLUMNS, as_job, cluster_topic
from store.model import Chunk, ChunkState, CustomerOutcome, Job, JobState
from store.prepared import prepared
from store.tables import IS_RUNNING, chunks, job_customers, jobs
from store.units import ring

STOPPABLE = (JobState.CONFIRMED, JobState.RUNNING)
NOTHING_DONE = "was part of a request of which the cluster did nothing; not sent again"


def stop(conn: Connection, job: Job, by: str, settle_s: float) -> bool:
    """Send nothing further of the job from the commit on; False when nothing was left to be stopped.

    A job that nobody has begun runs from here to its end without a chunk.
    """
    if job.state not in STOPPABLE or job.stopped_at:
        return False
    stopped = {"stopped_by": by, "stopped_at": now()}
    if job.state is JobState.CONFIRMED:
        transitions.move(conn, job.id, JobState.CONFIRMED, JobState.RUNNING, **stopped)
        _cancel_everybody(conn, job)
    else:
        conn.execute(update(jobs).where(jobs.c.id == job.id).values(stopped))
        withdraw(conn, job, settle_s)
    ring(conn, cluster_topic(job.cluster))
    return True


def withdraw(conn: Connection, job: Job, settle_s: float) -> None:
    """Take the planned chunks of a stopped job out of line.

    Their customers were never sent; unless they were, and are about to be sent again because nobody knows
    what became of them: then that is still so.
    """
    planned = conn.execute(
        select(*CHUNK_COLUMNS, chunks.c.message)
        .where(chunks.c.job_id == job.id, chunks.c.state == ChunkState.PLANNED)
        .order_by(chunks.c.number)
        .with_for_update()  # one that is being claimed is waited for, and is then in flight
    ).all()
    for row in planned:
        *fields, message = row
        chunk = Chunk(*fields)
        if message is None:  # no attempt ever had an end of its own, so none has done anything
            state, outcome = ChunkState.CANCELLED, CustomerOutcome.CANCELLED
            message = NOTHING_DONE if chunk.attempt else None
        else:
            state, outcome = ChunkState.UNKNOWN, CustomerOutcome.UNKNOWN
            checks.later(conn, job, chunk, settle_s)
        customers.mark(conn, chunk, outcome, detail=message)
        conn.execute(
            update(chunks)
            .where(chunks.c.job_id == chunk.job_id, chunks.c.number == chunk.number)
            .values(state=state)
        )
    conn.execute(
        update(jobs).where(jobs.c.id == job.id).values(open_chunks=jobs.c.open_chunks - len(planned))
    )


def over(conn: Connection, cluster: str) -> Sequence[Job]:
    """Stopped jobs of this cluster of which nothing is in flight any more, and which are to be ended."""
    return [as_job(row) for row in _over(conn, cluster=cluster)]


@prepared
def _over(cluster: Any) -> Select[Any]:
    return (
        select(*COLUMNS)
        .where(jobs.c.cluster == cluster, IS_RUNNING, jobs.c.stopped_at.is_not(None), jobs.c.open_chunks == 0)
        .order_by(jobs.c.id)  # by the index of what is running, not of all that was ever asked for there
    )


def _cancel_everybody(conn: Connection, job: Job) -> None:
    cancelled = conn.execute(
        update(job_customers)
        .where(job_customers.c.job_id == job.id, job_customers.c.outcome == CustomerOutcome.PLANNED)
        .values(outcome=CustomerOutcome.CANCELLED)
    ).rowcount
    conn.execute(update(jobs).where(jobs.c.id == job.id).values(cancelled=cancelled))
