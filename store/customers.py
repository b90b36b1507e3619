"""Queries about the customers of a job and what became of each. Never commit."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select, update

from store.clock import now
from store.model import Chunk, Customer, CustomerOutcome
from store.tables import job_customers, jobs

COUNTS = {
    CustomerOutcome.ACCEPTED: jobs.c.accepted,
    CustomerOutcome.REFUSED: jobs.c.refused,
    CustomerOutcome.UNKNOWN: jobs.c.unknown,
    CustomerOutcome.ALREADY_THERE: jobs.c.already_there,
    CustomerOutcome.MISSING: jobs.c.missing,
    CustomerOutcome.ARRIVED: jobs.c.arrived,
    CustomerOutcome.CANCELLED: jobs.c.cancelled,
}
AT_ONCE = 500  # both databases bound the parameters of one statement


def to_send(conn: Connection, chunk: Chunk) -> list[str]:
    """The customer ids of this chunk that are still to be sent, in order."""
    planned = select(job_customers.c.cid).where(*_planned_in(chunk)).order_by(job_customers.c.position)
    return list(conn.execute(planned).scalars())


def mark(
    conn: Connection,
    chunk: Chunk,
    outcome: CustomerOutcome,
    *,
    detail: str | None = None,
    cids: Sequence[str] | None = None,
) -> int:
    """Give the planned customers of a chunk (or those of them in `cids`) an outcome; how many they were."""
    conditions = list(_planned_in(chunk))
    if cids is not None:
        conditions.append(job_customers.c.cid.in_(cids))
    marked = conn.execute(
        update(job_customers).where(*conditions).values(outcome=outcome, detail=detail)
    ).rowcount
    count(conn, chunk.job_id, {outcome: marked})
    return marked


def unknown(conn: Connection, job_id: int) -> list[str]:
    """The customers of a job whose outcome is unknown, in order."""
    return list(
        conn.execute(
            select(job_customers.c.cid)
            .where(
                job_customers.c.job_id == job_id,
                job_customers.c.outcome == CustomerOutcome.UNKNOWN,
            )
            .order_by(job_customers.c.position)
        ).scalars()
    )


def found_accepted(conn: Connection, job_id: int, cids: Sequence[str], *, arrived: bool) -> int:
    """unknown -> accepted for customers that read back in the action's state; how many they were.

    `arrived`: where arrivals are watched, these have arrived, too.
    """
    values: dict[str, Any] = {"outcome": CustomerOutcome.ACCEPTED, "detail": None}
    if arrived:
        values |= {"outcome": CustomerOutcome.ARRIVED, "arrived_at": now()}
    turned = 0
    for start in range(0, len(cids), AT_ONCE):
        turned += conn.execute(
            update(job_customers)
            .where(
                job_customers.c.job_id == job_id,
                job_customers.c.outcome == CustomerOutcome.UNKNOWN,
                job_customers.c.cid.in_(cids[start : start + AT_ONCE]),
            )
            .values(values)
        ).rowcount
    count(
        conn,
        job_id,
        {
            CustomerOutcome.ACCEPTED: turned,
            CustomerOutcome.UNKNOWN: -turned,
            CustomerOutcome.ARRIVED: turned if arrived else 0,
        },
    )
    return turned


def plan_unknown(conn: Connection, job_id: int) -> int:
    """unknown -> planned for a job's customers, to be sent again; how many they are."""
    planned = conn.execute(
        update(job_customers)
        .where(job_customers.c.job_id == job_id, job_customers.c.outcome == CustomerOutcome.UNKNOWN)
        .values(outcome=CustomerOutcome.PLANNED, detail=None)
    ).rowcount
    count(conn, job_id, {CustomerOutcome.UNKNOWN: -planned})
    return planned


def with_outcome(conn: Connection, job_id: int, outcome: CustomerOutcome, limit: int) -> Sequence[Customer]:
    """Up to `limit` customers of a job with this outcome, in order."""
    found = (
        select(job_customers.c.cid, job_customers.c.outcome, job_customers.c.detail)
        .where(job_customers.c.job_id == job_id, job_customers.c.outcome == outcome)
        .order_by(job_customers.c.position)
        .limit(limit)
    )
    return [Customer(row.cid, CustomerOutcome(row.outcome), row.detail) for row in conn.execute(found)]


def everybody(conn: Connection, job_id: int) -> Sequence[Customer]:
    """All customers of a job, in order."""
    rows = conn.execute(
        select(job_customers.c.cid, job_customers.c.outcome, job_customers.c.detail, job_customers.c.seen)
        .where(job_customers.c.job_id == job_id)
        .order_by(job_customers.c.position)
    )
    return [Customer(row.cid, CustomerOutcome(row.outcome), row.detail, row.seen) for row in rows]


def first(conn: Connection, job_id: int, limit: int) -> Sequence[str]:
    """The first few ids of a job, as they were given."""
    few = (
        select(job_customers.c.cid)
        .where(job_customers.c.job_id == job_id)
        .order_by(job_customers.c.position)
        .limit(limit)
    )
    return list(conn.execute(few).scalars())


def _planned_in(chunk: Chunk) -> tuple[Any, ...]:
    return (
        job_customers.c.job_id == chunk.job_id,
        job_customers.c.position.between(chunk.first, chunk.last),
        job_customers.c.outcome == CustomerOutcome.PLANNED,
    )


def count(conn: Connection, job_id: int, changes: dict[CustomerOutcome, int]) -> None:
    """Change a job's counts, by the transaction that changes its customers."""
    values = {COUNTS[outcome]: COUNTS[outcome] + change for outcome, change in changes.items()}
    conn.execute(update(jobs).where(jobs.c.id == job_id).values(values))
