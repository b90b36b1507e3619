"""Queries about the customers of a job and what became of each. Never commit."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Update, select, update

from store.clock import now
from store.model import Chunk, Customer, CustomerOutcome
from store.prepared import Prepared, prepared
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
    where = {"job_id": chunk.job_id, "first": chunk.first, "last": chunk.last}
    return list(_to_send(conn, **where).scalars())


@prepared
def _to_send(job_id: Any, first: Any, last: Any) -> Select[Any]:
    planned = select(job_customers.c.cid).where(*_planned_in(job_id, first, last))
    return planned.order_by(job_customers.c.position)


def mark(
    conn: Connection,
    chunk: Chunk,
    outcome: CustomerOutcome,
    *,
    detail: str | None = None,
    cids: Sequence[str] | None = None,
) -> int:
    """Give the planned customers of a chunk (or those of them in `cids`) an outcome; how many they were."""
    where = {"job": chunk.job_id, "first": chunk.first, "last": chunk.last}
    became = {"to": outcome, "why": detail}
    if cids is None:
        marked = _marked(conn, **where, **became).rowcount
    else:
        marked = _marked_of(conn, **where, **became, cids=cids).rowcount
    count(conn, chunk.job_id, {outcome: marked})
    return marked


@prepared
def _marked(job: Any, first: Any, last: Any, to: Any, why: Any) -> Update:
    return update(job_customers).where(*_planned_in(job, first, last)).values(outcome=to, detail=why)


@prepared
def _marked_of(job: Any, first: Any, last: Any, to: Any, why: Any, cids: Any) -> Update:
    some = (*_planned_in(job, first, last), job_customers.c.cid.in_(cids))
    return update(job_customers).where(*some).values(outcome=to, detail=why)


def unknown(conn: Connection, job_id: int) -> list[str]:
    """The customers of a job whose outcome is unknown, in order."""
    return _with(conn, job_id, CustomerOutcome.UNKNOWN)


def accepted(conn: Connection, job_id: int) -> list[str]:
    """The customers of a job that the cluster accepted, whether they have arrived or not, in order."""
    return _with(conn, job_id, CustomerOutcome.ACCEPTED, CustomerOutcome.ARRIVED)


def _with(conn: Connection, job_id: int, *outcomes: CustomerOutcome) -> list[str]:
    found = select(job_customers.c.cid).where(
        job_customers.c.job_id == job_id, job_customers.c.outcome.in_(outcomes)
    )
    return list(conn.execute(found.order_by(job_customers.c.position)).scalars())


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
    return list(_first(conn, job_id=job_id, limit=limit).scalars())


@prepared
def _first(job_id: Any, limit: Any) -> Select[Any]:
    few = select(job_customers.c.cid).where(job_customers.c.job_id == job_id)
    return few.order_by(job_customers.c.position).limit(limit)


def _planned_in(job_id: Any, first: Any, last: Any) -> tuple[Any, ...]:
    return (
        job_customers.c.job_id == job_id,
        job_customers.c.position.between(first, last),
        job_customers.c.outcome == CustomerOutcome.PLANNED,
    )


def count(conn: Connection, job_id: int, changes: dict[CustomerOutcome, int]) -> None:
    """Change a job's counts, by the transaction that changes its customers."""
    by = {f"by_{outcome}": change for outcome, change in changes.items()}
    _counted(tuple(changes))(conn, job=job_id, **by)


@cache
def _counted(outcomes: tuple[CustomerOutcome, ...]) -> Prepared:
    def build(job: Any, **by: Any) -> Update:
        values = {COUNTS[outcome]: COUNTS[outcome] + by[f"by_{outcome}"] for outcome in outcomes}
        return update(jobs).where(jobs.c.id == job).values(values)

    return Prepared(build, "job", *(f"by_{outcome}" for outcome in outcomes))
