"""Queries about reading unknown outcomes back from the cluster: when, which, and what was found."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, literal, select, update

from store import transitions
from store.clock import Instant, now, read_now
from store.database import ring
from store.jobs import COLUMNS, as_job
from store.model import Chunk, Job, JobState
from store.tables import jobs


def topic(cluster: str) -> str:
    """The bell's topic for "this cluster has something to be read"."""
    return f"check:{cluster}"


def later(conn: Connection, job: Job, chunk: Chunk, settle_s: float) -> None:
    """Have the job's unknown customers read once this chunk can no longer change anything by itself."""
    due = literal((chunk.sent_at or read_now(conn)) + timedelta(seconds=settle_s), Instant)
    latest = case((jobs.c.check_at > due, jobs.c.check_at), else_=due)
    conn.execute(update(jobs).where(jobs.c.id == job.id).values(check_at=latest))


def begin(conn: Connection, job: Job) -> None:
    """Have a job that has just come to be watched read at its time, which may be over by now."""
    ring(conn, topic(job.cluster))


def ask(conn: Connection, job: Job) -> None:
    """done -> watching, to be read at once."""
    transitions.move(conn, job.id, JobState.DONE, JobState.WATCHING, check_at=now())
    ring(conn, topic(job.cluster))


def due(conn: Connection, cluster: str) -> Sequence[Job]:
    """Jobs of this cluster whose time to be read has come."""
    ready = (
        select(*COLUMNS)
        .where(jobs.c.cluster == cluster, jobs.c.check_at <= now(), jobs.c.state == JobState.WATCHING)
        .order_by(jobs.c.check_at)
    )
    return [as_job(row) for row in conn.execute(ready)]


def next_due(conn: Connection, cluster: str) -> datetime | None:
    """When the next job of this cluster is to be read."""
    return conn.execute(
        select(jobs.c.check_at)
        .where(jobs.c.cluster == cluster, jobs.c.check_at.is_not(None), jobs.c.state == JobState.WATCHING)
        .order_by(jobs.c.check_at)
        .limit(1)
    ).scalar_one_or_none()


def close(conn: Connection, job: Job) -> bool:
    """watching -> done; False when somebody else closed it."""
    return transitions.move(conn, job.id, JobState.WATCHING, JobState.DONE, check_at=None, finished_at=now())
