"""Queries about sending again in a new job: its parent, its children, and who sends what is unknown.

A customer whose outcome is unknown belongs to one job at a time: once a child with it is confirmed, neither
the parent nor another child sends it again. Never commit.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, exists, func, select

from store import jobs as job_queries
from store.jobs import COLUMNS, as_job
from store.model import CustomerOutcome, Job
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
    mine, its = job_customers.alias(), job_customers.alias()
    counted = (
        select(its.c.outcome, func.count().label("number"))
        .join_from(mine, its, (its.c.cid == mine.c.cid) & (its.c.job_id == parent.id))
        .where(mine.c.job_id == child.id, mine.c.outcome == CustomerOutcome.PLANNED)
        .group_by(its.c.outcome)
    )
    outcomes = Counter({CustomerOutcome(row.outcome): row.number for row in conn.execute(counted)})
    return Standing(parent, outcomes, taken_by(conn, parent, but=child.id))


def taken_by(conn: Connection, parent: Job, *, but: int | None = None) -> Job | None:
    """The confirmed child (other than `but`) that sends what is unknown of this job, if there is one."""
    its, unknown = job_customers.alias(), job_customers.alias()
    has_unknown = exists(
        select(1)
        .join_from(its, unknown, (unknown.c.cid == its.c.cid) & (unknown.c.job_id == parent.id))
        .where(its.c.job_id == jobs.c.id, unknown.c.outcome == CustomerOutcome.UNKNOWN)
    )
    found = select(*COLUMNS).where(
        jobs.c.parent_id == parent.id, IS_JOB, jobs.c.id != (but or 0), has_unknown
    )
    row = conn.execute(found.order_by(jobs.c.id).limit(1)).one_or_none()
    return as_job(row) if row else None


def children(conn: Connection, parent: Job, limit: int) -> Sequence[Job]:
    """The newest jobs and cards that send again what this job did not get done, newest first."""
    found = select(*COLUMNS).where(jobs.c.parent_id == parent.id).order_by(jobs.c.id.desc()).limit(limit)
    return [as_job(row) for row in conn.execute(found)]
