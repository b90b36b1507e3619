"""Queries about reading unknown outcomes back: when, which, and what follows from it. Never commit."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, case, func, literal, or_, select, update

from store import chunks as chunk_queries
from store import customers, transitions
from store.clock import Instant, now, read_now
from store.jobs import COLUMNS, as_job, cluster_topic
from store.model import Chunk, ChunkState, Job, JobState
from store.prepared import prepared
from store.tables import chunks, jobs
from store.units import ring

LIVE = (JobState.RUNNING, JobState.WATCHING)


def topic(cluster: str) -> str:
    """The bell's topic for "this cluster has something to be read"."""
    return f"check:{cluster}"


def later(conn: Connection, job: Job, chunk: Chunk, settle_s: float) -> None:
    """Have the job's unknown customers read once this chunk can no longer change anything by itself."""
    due = literal((chunk.sent_at or read_now(conn)) + timedelta(seconds=settle_s), Instant)
    latest = case((jobs.c.check_at > due, jobs.c.check_at), else_=due)
    conn.execute(update(jobs).where(jobs.c.id == job.id).values(check_at=latest, checked_at=None, checks=0))
    ring(conn, topic(job.cluster))


def begin(conn: Connection, job: Job) -> None:
    """Have a job that has just come to be watched read at its time, which may be over by now."""
    ring(conn, topic(job.cluster))


def ask(conn: Connection, job: Job) -> bool:
    """Have the job read at once, done -> watching where it had ended; False when it moved on meanwhile."""
    ring(conn, topic(job.cluster))
    if job.state is JobState.DONE:
        return transitions.move(conn, job.id, JobState.DONE, JobState.WATCHING, check_at=now(), checks=0)
    asked = conn.execute(
        update(jobs).where(jobs.c.id == job.id, jobs.c.state == job.state).values(check_at=now(), checks=0)
    )
    return asked.rowcount == 1


def due(conn: Connection, cluster: str) -> Sequence[Job]:
    """Jobs of this cluster whose time to be read has come."""
    ready = (
        select(*COLUMNS)
        .where(jobs.c.cluster == cluster, jobs.c.check_at <= now(), jobs.c.state.in_(LIVE))
        .order_by(jobs.c.check_at)
    )
    return [as_job(row) for row in conn.execute(ready)]


def next_due(conn: Connection, cluster: str) -> datetime | None:
    """When the next job of this cluster is to be read."""
    at: datetime | None = _next_due(conn, key=cluster).scalar_one_or_none()
    return at


@prepared
def _next_due(key: Any) -> Select[Any]:
    live = or_(*(jobs.c.state == state for state in LIVE))
    soonest = select(jobs.c.check_at).where(jobs.c.cluster == key, jobs.c.check_at.is_not(None), live)
    return soonest.order_by(jobs.c.check_at).limit(1)


def checked(conn: Connection, job: Job, read_at: datetime | None, again_s: float | None) -> None:
    """A read is over, the next comes in so many seconds.

    It showed the state of `read_at`; None when it failed, or came before all that is unknown had its time.
    """
    again = None if again_s is None else literal(read_now(conn) + timedelta(seconds=again_s), Instant)
    conn.execute(
        update(jobs)
        .where(jobs.c.id == job.id)
        .values(check_at=again, checked_at=read_at or jobs.c.checked_at, checks=jobs.c.checks + 1)
    )


def close(conn: Connection, job: Job) -> bool:
    """watching -> done; False when it moved on meanwhile."""
    return transitions.move(conn, job.id, JobState.WATCHING, JobState.DONE, check_at=None, finished_at=now())


def settled(conn: Connection, job: Job, settle_s: float) -> bool:
    """Whether the state was read after all that is unknown had its time: only then may it be sent again.

    Holds the job until the transaction ends: in between, another replica could send it and lose it once more.
    """
    conn.execute(select(jobs.c.id).where(jobs.c.id == job.id).with_for_update())
    since = last_sent(conn, job)
    if since is None or job.checked_at is None:
        return False
    return job.checked_at >= since + timedelta(seconds=settle_s)


def attempts(conn: Connection, job: Job) -> int:
    """How often the job's most often sent unknown chunk was sent."""
    most: int | None = conn.execute(
        select(func.max(chunks.c.attempt)).where(
            chunks.c.job_id == job.id, chunks.c.state == ChunkState.UNKNOWN
        )
    ).scalar_one()
    return most or 0


def last_sent(conn: Connection, job: Job) -> datetime | None:
    """When the last of the job's unknown chunks was sent; None where it has none."""
    sent: datetime | None = conn.execute(
        select(func.max(chunks.c.sent_at)).where(
            chunks.c.job_id == job.id, chunks.c.state == ChunkState.UNKNOWN
        )
    ).scalar_one()
    return sent


def send_again(conn: Connection, job: Job) -> int:
    """Plan the unknown customers again, watching or done -> running; how many they are, 0 if it moved on."""
    fresh = {"check_at": None, "checked_at": None, "finished_at": None}
    if not transitions.move(conn, job.id, job.state, JobState.RUNNING, **fresh):
        return 0
    planned = customers.plan_unknown(conn, job.id)
    opened = chunk_queries.plan_unknown(conn, job.id)
    conn.execute(update(jobs).where(jobs.c.id == job.id).values(open_chunks=jobs.c.open_chunks + opened))
    ring(conn, cluster_topic(job.cluster))
    return planned
