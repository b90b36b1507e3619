"""Queries about approvals: until when, who is told next, what each decided, where they see the card.

They take a connection and never commit.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, Row, Select, select, update

from store import transitions
from store.approval_model import Approval, Copy, Decision
from store.approval_tables import approvals, card_copies
from store.clock import now, read_now
from store.database import upsert
from store.jobs import COLUMNS, as_job
from store.model import Job, JobState, Operator
from store.prepared import prepared
from store.tables import IS_AWAITING, jobs
from store.units import ring

TOPIC = "approvals"


def ask(conn: Connection, job: Job, needed: int, within_s: float, **values: Any) -> bool:
    """proposed or scheduled -> awaiting: so many approvals are needed, before it is to start."""
    ring(conn, TOPIC)
    asked = read_now(conn)
    ends = asked + timedelta(seconds=within_s)
    values |= {"approvals": needed, "approve_by": ends, "remind_at": asked}
    if job.start_at and job.start_at > asked:
        values["approve_by"] = min(ends, job.start_at)
    fresh = {"reminders": 0, "due_at": None, "hold": None, "hold_reason": None}
    return transitions.move(conn, job.id, job.state, JobState.AWAITING, **values, **fresh)


def decide(
    conn: Connection, job: Job, person: str, by: Operator, decision: Decision, reason: str | None = None
) -> None:
    """Keep one person's decision, in place of an earlier one that does not stand any more."""
    values = {
        "enterprise_id": by.enterprise_id,
        "team_id": by.team_id,
        "user_id": by.user_id,
        "decision": decision,
        "reason": reason,
        "digest": job.digest,
        "start_at": job.start_at,
        "at": read_now(conn),
    }
    conn.execute(
        upsert(conn, approvals)
        .values(job_id=job.id, person=person, **values)
        .on_conflict_do_update(index_elements=[approvals.c.job_id, approvals.c.person], set_=values)
    )


def deny(conn: Connection, job: Job) -> bool:
    """awaiting -> denied."""
    return transitions.move(
        conn, job.id, JobState.AWAITING, JobState.DENIED, finished_at=now(), remind_at=None
    )


def lapse(conn: Connection, job: Job) -> bool:
    """awaiting -> expired."""
    return transitions.move(
        conn, job.id, JobState.AWAITING, JobState.EXPIRED, finished_at=now(), remind_at=None
    )


def of_job(conn: Connection, job_id: int) -> Sequence[Approval]:
    """Every decision on a job, in order."""
    rows = _of_job(conn, job_id=job_id)
    return sorted((_approval(row) for row in rows), key=lambda one: (one.at, one.person))


@prepared
def _of_job(job_id: Any) -> Select[Any]:
    return select(approvals).where(approvals.c.job_id == job_id)


def overdue(conn: Connection, limit: int) -> Sequence[Job]:
    """Jobs that nobody approved in time."""
    late = select(*COLUMNS).where(IS_AWAITING, jobs.c.approve_by <= now())
    return [as_job(row) for row in conn.execute(late.order_by(jobs.c.approve_by).limit(limit))]


def to_remind(conn: Connection, limit: int) -> Sequence[Job]:
    """Jobs whose approvers are to be told of them now."""
    waiting = select(*COLUMNS).where(IS_AWAITING, jobs.c.remind_at <= now())
    return [as_job(row) for row in conn.execute(waiting.order_by(jobs.c.remind_at).limit(limit))]


def next_due(conn: Connection) -> datetime | None:
    """When the next of either is due."""
    soonest = (_next_lapse(conn).scalar_one_or_none(), _next_reminder(conn).scalar_one_or_none())
    return min((at for at in soonest if at), default=None)


@prepared
def _next_lapse() -> Select[Any]:
    return _soonest(jobs.c.approve_by)


@prepared
def _next_reminder() -> Select[Any]:
    return _soonest(jobs.c.remind_at)


def _soonest(at: Column[Any]) -> Select[Any]:
    return select(at).where(IS_AWAITING, at.is_not(None)).order_by(at).limit(1)


def reminded(conn: Connection, job: Job, following: datetime | None) -> bool:
    """The approvers are told, and next at `following`; False when told meanwhile, or moved on."""
    told = conn.execute(
        update(jobs)
        .where(jobs.c.id == job.id, jobs.c.state == JobState.AWAITING, jobs.c.remind_at == job.remind_at)
        .values(remind_at=following, reminders=jobs.c.reminders + 1)
    )
    return told.rowcount == 1


def shown_to(conn: Connection, job_id: int, channel_id: str, ts: str) -> None:
    """Remember that a copy of the card is there."""
    values = asdict(Copy(job_id, channel_id, ts))
    conn.execute(upsert(conn, card_copies).on_conflict_do_nothing().values(**values))


def copies(conn: Connection, job_id: int) -> Sequence[Copy]:
    """Where a job's card was shown besides its channel."""
    rows = conn.execute(
        select(card_copies)
        .where(card_copies.c.job_id == job_id)
        .order_by(card_copies.c.channel_id, card_copies.c.ts)
    )
    return [Copy(**row._asdict()) for row in rows]


def _approval(row: Row[Any]) -> Approval:
    values = row._asdict()
    operator = Operator(values.pop("enterprise_id"), values.pop("team_id"), values.pop("user_id"))
    return Approval(operator=operator, **values)
