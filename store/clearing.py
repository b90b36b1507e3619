"""Retention by age: what ended long ago goes, a little in each transaction; what is needed stays.

Needed is a job that has not ended, one that another was made from, one about which Slack has still to be told
something, and every row of the audit log, which has a way of its own (`store.archiving`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    delete,
    exists,
    false,
    func,
    literal,
    or_,
    select,
)

from store import audit
from store.approval_tables import approvals, card_copies, overrides
from store.audit import Event
from store.batch_tables import batch_jobs
from store.clock import Instant, read_now
from store.model import JobState
from store.tables import IS_OPEN, chunks, job_customers, jobs, outbox

# What belongs to a job and goes with it.
BELONGING: tuple[Table, ...] = (job_customers, chunks, batch_jobs, approvals, overrides, card_copies)
LOOKED_AT = 1_000  # jobs in one transaction, of which few may go
CUSTOMERS = 5_000  # that go in one transaction, unless a single job has more
MESSAGES = 500
JOBS = (JobState.DONE, JobState.DENIED)
CARDS = (JobState.CANCELLED, JobState.EXPIRED)


@dataclass(frozen=True, slots=True)
class Keep:
    """For how long jobs, cards that became none, and untold messages are kept; None: for ever."""

    jobs: timedelta | None = None
    cards: timedelta | None = None
    messages: timedelta | None = None

    @property
    def everything(self) -> bool:
        """Whether nothing ever goes."""
        return not (self.jobs or self.cards or self.messages)


@dataclass(frozen=True, slots=True)
class Cleared:
    """How many went, and the id behind which to go on; None: that was all."""

    gone: int
    after: int | None


def clear_jobs(conn: Connection, keep: Keep, after: int = 0) -> Cleared:
    """Delete some of the jobs and cards with an id above `after` that ended long enough ago."""
    now = read_now(conn)
    shortest = min((span for span in (keep.jobs, keep.cards) if span), default=None)
    if shortest is None:
        return Cleared(0, None)
    ids = select(jobs.c.id, jobs.c.created_at).where(jobs.c.id > after).order_by(jobs.c.id).limit(LOOKED_AT)
    seen = conn.execute(ids).all()
    if not seen or seen[0].created_at >= now - shortest:
        return Cleared(0, None)
    going = (
        select(jobs.c.id, jobs.c.uuid, jobs.c.cluster, jobs.c.total)
        .where(jobs.c.id > after, jobs.c.id <= seen[-1].id, _ended(keep, now), *_unneeded())
        .order_by(jobs.c.id)
        .with_for_update(skip_locked=True, of=jobs)
    )
    found = conn.execute(going).all()
    sums = accumulate(row.total for row in found)
    few = [row for row, customers in zip(found, sums, strict=True) if customers <= CUSTOMERS] or found[:1]
    for table in BELONGING:
        conn.execute(delete(table).where(table.c.job_id.in_([row.id for row in few])))
    conn.execute(delete(jobs).where(jobs.c.id.in_([row.id for row in few])))
    for row in few:
        audit.append(conn, Event.CLEARED, job=row.uuid, cluster=row.cluster)
    return Cleared(len(few), few[-1].id if len(few) < len(found) else seen[-1].id)


def _ended(keep: Keep, now: datetime) -> ColumnElement[bool]:
    ended = func.coalesce(jobs.c.finished_at, jobs.c.decided_at, jobs.c.created_at)
    spans = ((JOBS, keep.jobs), (CARDS, keep.cards))
    old = [
        and_(jobs.c.state.in_(states), ended < literal(now - span, Instant)) for states, span in spans if span
    ]
    return or_(false(), *old)


def _unneeded() -> Sequence[ColumnElement[bool]]:
    child = jobs.alias("child")
    return (
        ~exists().where(child.c.parent_id == jobs.c.id),
        ~exists().where(outbox.c.job_id == jobs.c.id),
    )


def clear_messages(conn: Connection, keep: Keep) -> Cleared:
    """Give up some of what Slack could not be told for so long, except about what has not ended."""
    if keep.messages is None:
        return Cleared(0, None)
    unfinished = select(jobs.c.id).where(IS_OPEN)
    old = literal(read_now(conn) - keep.messages, Instant)
    going = (
        select(outbox.c.id)
        .where(outbox.c.created_at < old, or_(outbox.c.job_id.is_(None), outbox.c.job_id.not_in(unfinished)))
        .order_by(outbox.c.id)
        .limit(MESSAGES)
    )
    gone = conn.execute(delete(outbox).where(outbox.c.id.in_(going))).rowcount
    if gone:
        audit.append(conn, Event.CLEARED, detail={"messages": gone})
    return Cleared(gone, gone if gone == MESSAGES else None)
