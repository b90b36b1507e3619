"""Queries about sending again in a new job: its parent, its children, and who sends what is unknown.

A customer whose outcome is unknown belongs to one job at a time: once a child with it is confirmed, neither
the parent nor another child sends it again. Never commit.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from store import customers
from store import jobs as job_queries
from store.jobs import COLUMNS, as_job
from store.model import CustomerOutcome, Job, JobState
from store.short import expect
from store.tables import IS_JOB, job_customers, jobs


@dataclass(frozen=True, slots=True)
class Standing:
    """How a card's customers stand in its parent, which is held from now on. `taken_by` has them already."""

    parent: Job
    outcomes: Counter[CustomerOutcome]
    taken_by: Job | None


def standing(conn: Connection, child: Job) -> Standing | None:
    """How the customers that a card would send stand in the job they come from; None where there is none."""
    if child.parent_id is None:
        return None
    parent = job_queries.hold(conn, child.parent_id)
    expect(conn, parent.total)
    # Two ranges read whole and met here: a join of the two may be planned as every row by every other.
    its = dict(_outcomes(conn, parent.id))
    mine = (cid for cid, outcome in _outcomes(conn, child.id) if outcome is CustomerOutcome.PLANNED)
    outcomes = Counter(its[cid] for cid in mine if cid in its)
    return Standing(parent, outcomes, taken_by(conn, parent, but=child.id))


def taken_by(conn: Connection, parent: Job, *, but: int | None = None) -> Job | None:
    """The confirmed child (other than `but`) that sends what is unknown of this job, if there is one."""
    found = select(*COLUMNS).where(
        jobs.c.parent_id == parent.id, IS_JOB, jobs.c.state != JobState.DENIED, jobs.c.id != (but or 0)
    )
    confirmed = [as_job(row) for row in conn.execute(found.order_by(jobs.c.id))]
    if not confirmed:
        return None
    unknown = set(customers.unknown(conn, parent.id))
    its = (child for child in confirmed if any(cid in unknown for cid, _ in _outcomes(conn, child.id)))
    return next(its, None) if unknown else None


def _outcomes(conn: Connection, job_id: int) -> Iterator[tuple[str, CustomerOutcome]]:
    rows = conn.execute(
        select(job_customers.c.cid, job_customers.c.outcome).where(job_customers.c.job_id == job_id)
    )
    return ((row.cid, CustomerOutcome(row.outcome)) for row in rows)


def children(conn: Connection, parent: Job, limit: int) -> Sequence[Job]:
    """The newest jobs and cards that send again what this job did not get done, newest first."""
    found = select(*COLUMNS).where(jobs.c.parent_id == parent.id).order_by(jobs.c.id.desc()).limit(limit)
    return [as_job(row) for row in conn.execute(found)]
