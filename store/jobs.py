"""Queries about jobs: decide, find, list. They take a connection and never commit."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Select, func, select

from store import postgres, transitions
from store.clock import now
from store.model import Job, JobState, Operator
from store.prepared import prepared
from store.tables import IS_JOB, IS_PROPOSED, IS_RUNNING, jobs
from store.units import ring

MOST_ALIKE = 1_000  # jobs whose ids begin alike that are looked through
# The operator's, then those of Job's other fields in their order: many rows are read, and a row's names
# are slow to look up.
COLUMNS = [jobs.c.enterprise_id, jobs.c.team_id, jobs.c.user_id] + [
    jobs.c[field.name] for field in fields(Job) if field.name != "operator"
]


def cluster_topic(cluster: str) -> str:
    """The bell's topic for "this cluster has something to send"."""
    return f"cluster:{cluster}"


@prepared
def _by_id(job_id: Any) -> Select[Any]:
    return select(*COLUMNS).where(jobs.c.id == job_id)


@prepared
def _held(job_id: Any) -> Select[Any]:
    return select(*COLUMNS).where(jobs.c.id == job_id).with_for_update()


@prepared
def _locked(job_id: Any) -> Select[Any]:
    return select(jobs.c.id).where(jobs.c.id == job_id).with_for_update()


@prepared
def _held_by_uuid(uuid: Any) -> Select[Any]:
    return select(*COLUMNS).where(jobs.c.uuid == uuid).with_for_update()


@prepared
def _by_uuid(uuid: Any) -> Select[Any]:
    return select(*COLUMNS).where(jobs.c.uuid == uuid)


@prepared
def _by_request(key: Any) -> Select[Any]:
    return select(*COLUMNS).where(jobs.c.request_key == key)


def get(conn: Connection, job_id: int) -> Job:
    """The job with this internal id, which must exist."""
    return as_job(_by_id(conn, job_id=job_id).one())


def hold(conn: Connection, job_id: int) -> Job:
    """As `get`, and nobody else changes it until this transaction ends (SQLite has one writer anyway)."""
    return as_job(_held(conn, job_id=job_id).one())


def lock(conn: Connection, job_id: int) -> None:
    """As `hold`, for whoever does not need to know it as it is now."""
    _locked(conn, job_id=job_id)


def find(conn: Connection, uuid: UUID) -> Job | None:
    """The job or proposal with this id."""
    row = _by_uuid(conn, uuid=uuid).one_or_none()
    return as_job(row) if row else None


def find_and_hold(conn: Connection, uuid: UUID) -> Job | None:
    """As `find`, and nobody else changes it until this transaction ends."""
    row = _held_by_uuid(conn, uuid=uuid).one_or_none()
    return as_job(row) if row else None


def beginning_with(conn: Connection, prefix: str) -> Sequence[Job]:
    """The jobs whose id begins with `prefix` (hexadecimal digits, lower case), whoever asked for them.

    Asked for by the id alone, so that no plan reads all of a person's or a workspace's jobs instead: of a
    million, four digits leave some fifteen.
    """
    low, high = UUID(prefix.ljust(32, "0")), UUID(prefix.ljust(32, "f"))
    found = select(*COLUMNS).where(jobs.c.uuid.between(low, high)).order_by(jobs.c.uuid).limit(MOST_ALIKE)
    return [job for row in conn.execute(found) if (job := as_job(row)).is_job]


def find_own(conn: Connection, owner: Operator, prefix: str) -> Sequence[Job]:
    """Up to two of the owner's jobs whose id begins with `prefix` (hexadecimal digits, lower case)."""
    return [job for job in beginning_with(conn, prefix) if job.operator == owner][:2]


def asked_by(conn: Connection, request_key: str) -> Job | None:
    """The card or job this very request has become already."""
    row = _by_request(conn, key=request_key).one_or_none()
    return as_job(row) if row else None


def open_cards(conn: Connection, owner: Operator) -> int:
    """How many of the owner's cards wait for a decision; nobody adds one until this transaction ends.

    One whose successor is on its way waits for that.
    """
    postgres.hold(conn, f"cards of {owner}")
    return int(_open_cards(conn, **asdict(owner)).scalar_one())


@prepared
def _open_cards(enterprise_id: Any, team_id: Any, user_id: Any) -> Select[Any]:
    mine = _of(Operator(enterprise_id, team_id, user_id))
    waiting = (IS_PROPOSED, jobs.c.expires_at > now(), jobs.c.replaced_by.is_(None))
    return select(func.count()).where(*mine, *waiting)


def last_cluster(conn: Connection, owner: Operator) -> str | None:
    """The cluster of the owner's newest card or job; None when there is none that counts."""
    newest = [
        conn.execute(
            select(jobs.c.id, jobs.c.cluster).where(*_of(owner), kind).order_by(jobs.c.id.desc()).limit(1)
        ).one_or_none()
        for kind in (IS_JOB, IS_PROPOSED)
    ]
    return max(((row.id, row.cluster) for row in newest if row), default=(0, None))[1]


def list_own(
    conn: Connection, owner: Operator, *, before: int | None = None, after: int | None = None, limit: int
) -> Sequence[Job]:
    """The owner's jobs, newest first: those older than id `before`, or the next newer than id `after`."""
    query = _owned(owner).limit(limit)
    if after is not None:
        newer = conn.execute(query.where(jobs.c.id > after).order_by(jobs.c.id.asc()))
        return [as_job(row) for row in newer][::-1]
    if before is not None:
        query = query.where(jobs.c.id < before)
    return [as_job(row) for row in conn.execute(query.order_by(jobs.c.id.desc()))]


def confirm(conn: Connection, job: Job, by: str) -> bool:
    """proposed -> confirmed, unless it is no longer proposed (its time is the caller's to check); rings."""
    moved = transitions.move(
        conn,
        job.id,
        JobState.PROPOSED,
        JobState.CONFIRMED,
        decided_by=by,
        decided_at=now(),
        ready_at=now(),
    )
    if moved:
        ring(conn, cluster_topic(job.cluster))
    return moved


def cancel(conn: Connection, job: Job, by: str | None) -> bool:
    """proposed -> cancelled; `by` is None when the bot itself puts it away."""
    return transitions.move(
        conn, job.id, JobState.PROPOSED, JobState.CANCELLED, decided_by=by, decided_at=now()
    )


def expire(conn: Connection, job: Job) -> bool:
    """proposed -> expired."""
    return transitions.move(conn, job.id, JobState.PROPOSED, JobState.EXPIRED, finished_at=now())


def expired(conn: Connection, limit: int) -> Sequence[Job]:
    """Proposals whose time is over."""
    overdue = (
        select(*COLUMNS)
        .where(IS_PROPOSED, jobs.c.expires_at <= now())
        .order_by(jobs.c.expires_at)
        .limit(limit)
    )
    return [as_job(row) for row in conn.execute(overdue)]


def next_expiry(conn: Connection) -> datetime | None:
    """When the next proposal expires."""
    at: datetime | None = _next_expiry(conn).scalar_one_or_none()
    return at


@prepared
def _next_expiry() -> Select[Any]:
    return select(jobs.c.expires_at).where(IS_PROPOSED).order_by(jobs.c.expires_at).limit(1)


def running(conn: Connection, cluster: str) -> Sequence[int]:
    """The ids of this cluster's jobs that are being sent."""
    being_sent = select(jobs.c.id).where(jobs.c.cluster == cluster, IS_RUNNING)
    return list(conn.execute(being_sent.order_by(jobs.c.id)).scalars())


def clusters_with_work(conn: Connection) -> Sequence[str]:
    """The clusters for which something waits, is being sent or to be read. Asked once, at start."""
    live = (JobState.AWAITING, JobState.SCHEDULED, JobState.CONFIRMED, JobState.RUNNING, JobState.WATCHING)
    return list(conn.execute(select(jobs.c.cluster).where(jobs.c.state.in_(live)).distinct()).scalars())


def _owned(owner: Operator) -> Select[Any]:
    return select(*COLUMNS).where(*_of(owner), IS_JOB)


def _of(owner: Operator) -> tuple[ColumnElement[bool], ...]:
    return (
        jobs.c.enterprise_id == owner.enterprise_id,
        jobs.c.team_id == owner.team_id,
        jobs.c.user_id == owner.user_id,
    )


def as_job(row: Sequence[Any]) -> Job:
    """The values of COLUMNS as a Job."""
    enterprise_id, team_id, user_id, job_id, uuid, *others = row
    return Job(job_id, uuid, Operator(enterprise_id, team_id, user_id), *others)
