"""Queries about how a job went over time, for its picture. Never commit."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, case, func, select

from store.home_model import Course, Step
from store.model import CustomerOutcome
from store.tables import chunks, job_customers

ACCEPTED = (CustomerOutcome.ACCEPTED, CustomerOutcome.ARRIVED)


def course(conn: Connection, job_id: int) -> Course:
    """The POSTs of a job in the order in which they were sent last, and the arrivals."""
    return Course(_steps(conn, job_id), _arrivals(conn, job_id))


def _steps(conn: Connection, job_id: int) -> list[Step]:
    outcome = job_customers.c.outcome

    def number(*which: CustomerOutcome) -> Any:
        return func.sum(case((outcome.in_(which), 1), else_=0))

    within = (job_customers.c.job_id == chunks.c.job_id) & job_customers.c.position.between(
        chunks.c.first, chunks.c.last
    )
    rows = conn.execute(
        select(
            chunks.c.sent_at,
            chunks.c.elapsed_ms,
            number(*ACCEPTED).label("accepted"),
            number(CustomerOutcome.REFUSED).label("refused"),
            number(CustomerOutcome.UNKNOWN).label("unknown"),
        )
        .join_from(chunks, job_customers, within)
        .where(chunks.c.job_id == job_id, chunks.c.sent_at.is_not(None))
        .group_by(chunks.c.number, chunks.c.sent_at, chunks.c.elapsed_ms)
        .order_by(chunks.c.sent_at, chunks.c.number)
    )
    return [
        Step(
            row.sent_at,
            None if row.elapsed_ms is None else row.sent_at + timedelta(milliseconds=row.elapsed_ms),
            row.accepted,
            row.refused,
            row.unknown,
        )
        for row in rows
    ]


def _arrivals(conn: Connection, job_id: int) -> list[tuple[datetime, int]]:
    at = job_customers.c.arrived_at
    rows = conn.execute(
        select(at, func.count().label("number"))
        .where(job_customers.c.job_id == job_id, at.is_not(None))
        .group_by(at)
        .order_by(at)
    )
    return [(row.arrived_at, row.number) for row in rows]
