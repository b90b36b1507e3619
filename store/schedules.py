"""Queries about jobs that wait for their time: when each is due, what holds it. Never commit."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, select, update

from store import approvals, transitions
from store.approval_model import Override
from store.approval_tables import overrides
from store.clock import now, read_now
from store.database import upsert
from store.holds import Hold
from store.jobs import COLUMNS, as_job, cluster_topic
from store.model import Job, JobState, Operator
from store.prepared import prepared
from store.tables import IS_CONFIRMED, IS_SCHEDULED, jobs
from store.units import ring

TOPIC = "starts"
WAITING = (JobState.AWAITING, JobState.SCHEDULED)
FRESH = {"hold": None, "hold_reason": None}


def wait(conn: Connection, job: Job, **values: Any) -> bool:
    """proposed or awaiting -> scheduled: to be started at its time, or at once."""
    ring(conn, TOPIC)
    here = read_now(conn)
    waits = {
        "due_at": max(job.start_at or here, here),
        "approve_by": None,
        "remind_at": None,
        **FRESH,
        **values,
    }
    return transitions.move(conn, job.id, job.state, JobState.SCHEDULED, **waits)


def due(conn: Connection, limit: int) -> Sequence[Job]:
    """Jobs whose time has come."""
    ready = select(*COLUMNS).where(IS_SCHEDULED, jobs.c.due_at <= now())
    return [as_job(row) for row in conn.execute(ready.order_by(jobs.c.due_at).limit(limit))]


def next_due(conn: Connection) -> datetime | None:
    """When the next one's time comes."""
    at: datetime | None = _next_due(conn).scalar_one_or_none()
    return at


@prepared
def _next_due() -> Select[Any]:
    soonest = select(jobs.c.due_at).where(IS_SCHEDULED, jobs.c.due_at.is_not(None))
    return soonest.order_by(jobs.c.due_at).limit(1)


def ready(conn: Connection, job: Job) -> bool:
    """scheduled -> confirmed: it may be sent now; rings."""
    moved = transitions.move(
        conn, job.id, JobState.SCHEDULED, JobState.CONFIRMED, ready_at=now(), due_at=None, **FRESH
    )
    if moved:
        ring(conn, cluster_topic(job.cluster))
    return moved


def hold(conn: Connection, job: Job, why: Hold, reason: str, again_at: datetime | None) -> bool:
    """Keep a due job back until `again_at` (None: until a person says so); whether that is new."""
    conn.execute(
        update(jobs)
        .where(jobs.c.id == job.id, jobs.c.state == JobState.SCHEDULED)
        .values(hold=why, hold_reason=reason, due_at=again_at)
    )
    return (job.hold, job.hold_reason) != (why, reason)


def look_again(conn: Connection, cluster: str, after_s: float) -> int:
    """confirmed -> scheduled for what was ready longer than so: its rights may be gone by now. How many."""
    since = read_now(conn) - timedelta(seconds=after_s)
    moved = 0
    for job_id in _stale(conn, cluster=cluster, since=since).scalars():
        moved += transitions.move(conn, job_id, JobState.CONFIRMED, JobState.SCHEDULED, due_at=now())
    if moved:
        ring(conn, TOPIC)
    return moved


@prepared
def _stale(cluster: Any, since: Any) -> Select[Any]:
    stale = select(jobs.c.id).where(jobs.c.cluster == cluster, IS_CONFIRMED, jobs.c.ready_at < since)
    return stale.order_by(jobs.c.id)


def retime(conn: Connection, job: Job, start_at: datetime | None, zone: str | None, **held: Any) -> bool:
    """Give a job that waits another time; False when it moved on meanwhile."""
    values: dict[str, Any] = {"start_at": start_at, "start_zone": zone, **FRESH}
    if job.state is JobState.SCHEDULED:
        values |= {"due_at": start_at or now(), **held}
    elif job.approve_by and start_at:
        values["approve_by"] = min(job.approve_by, start_at)
        ring(conn, approvals.TOPIC)
    changed = conn.execute(
        update(jobs).where(jobs.c.id == job.id, jobs.c.state == job.state).values(**values)
    )
    ring(conn, TOPIC)
    return changed.rowcount == 1


def withdraw(conn: Connection, job: Job, by: str | None) -> bool:
    """awaiting or scheduled -> cancelled; `by` is None when the bot itself puts it away."""
    ended = {"stopped_by": by, "stopped_at": now(), "finished_at": now()}
    nothing = {"due_at": None, "remind_at": None, "approve_by": None}
    return transitions.move(conn, job.id, job.state, JobState.CANCELLED, **ended, **nothing)


def override(conn: Connection, job: Job, by: Operator, reason: str, until: datetime | None) -> None:
    """An administrator lets a held job start: at its time, or at once where that is over."""
    values: dict[str, Any] = {
        "enterprise_id": by.enterprise_id,
        "team_id": by.team_id,
        "user_id": by.user_id,
        "reason": reason,
        "at": read_now(conn),
        "until": until,
    }
    conn.execute(
        upsert(conn, overrides)
        .values(job_id=job.id, hold=job.hold, **values)
        .on_conflict_do_update(index_elements=[overrides.c.job_id, overrides.c.hold], set_=values)
    )
    at_last = max(job.start_at or values["at"], values["at"])
    conn.execute(update(jobs).where(jobs.c.id == job.id).values(due_at=at_last, **FRESH))
    ring(conn, TOPIC)


def overrides_of(conn: Connection, job_id: int) -> Sequence[Override]:
    """Everything administrators have let a job start in spite of."""
    found = []
    for row in _overrides(conn, job_id=job_id):
        values = row._asdict()
        who = Operator(values.pop("enterprise_id"), values.pop("team_id"), values.pop("user_id"))
        found.append(Override(operator=who, **values))
    return found


@prepared
def _overrides(job_id: Any) -> Select[Any]:
    return select(overrides).where(overrides.c.job_id == job_id).order_by(overrides.c.hold)
