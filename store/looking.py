"""Queries for somebody who looks at one job: its record, its customers page by page. Never commit."""

import json
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, select

from store import jobs
from store.model import Customer, CustomerOutcome, Job, Operator
from store.recorded import Recorded, Sending
from store.tables import audit_log, chunks, job_customers


def beginning_with(conn: Connection, one: Operator, prefix: str, limit: int) -> Sequence[Job]:
    """The jobs of this person's workspace, whoever asked for them, whose id begins with `prefix`."""
    place = (one.enterprise_id, one.team_id)
    found = jobs.beginning_with(conn, prefix)
    return [job for job in found if (job.operator.enterprise_id, job.operator.team_id) == place][:limit]


def record(conn: Connection, uuid: UUID, limit: int) -> Sequence[Recorded]:
    """The newest `limit` events of a job or card, oldest first."""
    columns = (audit_log.c.seq, audit_log.c.at, audit_log.c.actor, audit_log.c.event, audit_log.c.detail)
    newest = select(*columns).where(audit_log.c.job == uuid.hex).order_by(audit_log.c.seq.desc()).limit(limit)
    rows = conn.execute(newest).all()[::-1]
    return [Recorded(row.seq, row.at, row.actor, row.event, json.loads(row.detail)) for row in rows]


def sendings(conn: Connection, job_id: int) -> Sequence[Sending]:
    """The chunks of a job, in order."""
    columns = (chunks.c.first, chunks.c.last, chunks.c.sent_at, chunks.c.elapsed_ms, chunks.c.http_status)
    found = conn.execute(select(*columns).where(chunks.c.job_id == job_id).order_by(chunks.c.number))
    return [Sending(*row) for row in found]


def page(
    conn: Connection,
    job_id: int,
    outcome: CustomerOutcome | None,
    *,
    after: int | None = None,
    before: int | None = None,
    limit: int,
) -> Sequence[tuple[int, Customer]]:
    """Customers by position, with one outcome or any: those behind `after`, or the last ahead of `before`."""
    query = select(
        job_customers.c.position,
        job_customers.c.cid,
        job_customers.c.outcome,
        job_customers.c.detail,
        job_customers.c.seen,
        job_customers.c.arrived_at,
        job_customers.c.last_state,
    ).where(job_customers.c.job_id == job_id)
    if outcome is not None:
        query = query.where(job_customers.c.outcome == outcome)
    if before is not None:
        query = query.where(job_customers.c.position < before).order_by(job_customers.c.position.desc())
    else:
        query = query.where(job_customers.c.position > (-1 if after is None else after))
        query = query.order_by(job_customers.c.position)
    found = [
        (row[0], Customer(row[1], CustomerOutcome(row[2]), *row[3:]))
        for row in conn.execute(query.limit(limit))
    ]
    return found[::-1] if before is not None else found
