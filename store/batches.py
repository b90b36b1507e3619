"""Queries about batches: make, list, find, assign, and the jobs that ran on them. Never commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, insert, or_, select, update

from store.batch_model import Batch, BatchPlace
from store.batch_tables import batch_customers, batch_jobs, batches
from store.clock import read_now
from store.database import upsert
from store.jobs import COLUMNS as JOB_COLUMNS
from store.jobs import as_job
from store.model import Job, Operator
from store.outbox import CARDS
from store.prepared import prepared
from store.tables import IS_JOB, job_customers, jobs
from store.units import ring

COLUMNS = [column for column in batches.c if column is not batches.c.request_key]
AT_ONCE = 500  # codes named in one statement: both databases bound their number


@dataclass(frozen=True, slots=True)
class Piece:
    """One batch to be made: its code, who is to run it, and its customers."""

    code: str
    assigned_to: str | None
    cids: Sequence[str]


@dataclass(frozen=True, slots=True)
class Making:
    """A list of customers cut into pieces, to be kept as batches. `request_key` is unique per request."""

    request_key: str
    maker: Operator
    cluster: str
    name: str
    pieces: Sequence[Piece]


def make(conn: Connection, making: Making) -> Sequence[Batch] | None:
    """Keep the pieces, in order; None when this very request was kept before (it was delivered twice)."""
    created = read_now(conn)
    rows = [
        {
            "code": piece.code,
            "request_key": making.request_key,
            "enterprise_id": making.maker.enterprise_id,
            "team_id": making.maker.team_id,
            "cluster": making.cluster,
            "name": making.name,
            "part": part,
            "parts": len(making.pieces),
            "size": len(piece.cids),
            "made_by": making.maker.user_id,
            "assigned_to": piece.assigned_to,
            "created_at": created,
        }
        for part, piece in enumerate(making.pieces, 1)
    ]
    # The last part first: lists show the newest first, and so a list's parts from the first to the last.
    *others, last = rows
    if conn.execute(_once(conn, last)).one_or_none() is None:
        return None
    if others:
        conn.execute(insert(batches), others[::-1])
    made = made_before(conn, making.request_key)
    conn.execute(
        insert(batch_customers),
        [
            {"batch_id": batch.id, "position": position, "cid": cid}
            for batch, piece in zip(made, making.pieces, strict=True)
            for position, cid in enumerate(piece.cids)
        ],
    )
    ring(conn, CARDS)
    return made


def _once(conn: Connection, row: Mapping[str, Any]) -> Any:
    keys = [batches.c.request_key, batches.c.part]
    inserting = upsert(conn, batches).values(**row).on_conflict_do_nothing(index_elements=keys)
    return inserting.returning(batches.c.id)


def made_before(conn: Connection, request_key: str) -> Sequence[Batch]:
    """The batches of this request, in order."""
    kept = select(*COLUMNS).where(batches.c.request_key == request_key).order_by(batches.c.part)
    return [_batch(row) for row in conn.execute(kept)]


def taken(conn: Connection, codes: Sequence[str]) -> frozenset[str]:
    """Those of the codes that a batch has already."""
    found: set[str] = set()
    for start in range(0, len(codes), AT_ONCE):
        some = select(batches.c.code).where(batches.c.code.in_(codes[start : start + AT_ONCE]))
        found.update(conn.execute(some).scalars())
    return frozenset(found)


def list_own(
    conn: Connection,
    person: Operator,
    *,
    before: BatchPlace | None = None,
    after: BatchPlace | None = None,
    limit: int,
) -> Sequence[Batch]:
    """The batches this person made or is to run: those behind `before`, or the next ahead of `after`."""
    waiting = batches.c.assigned_to.is_(None)
    query = select(*COLUMNS).where(_of(person)).limit(limit)
    if after is not None:
        ahead = batches.c.id > after.id
        ahead = or_(waiting, ahead) if after.assigned else and_(waiting, ahead)
        rows = conn.execute(query.where(ahead).order_by(waiting, batches.c.id))
        return [_batch(row) for row in rows][::-1]
    if before is not None:
        behind = batches.c.id < before.id
        behind = and_(~waiting, behind) if before.assigned else or_(~waiting, behind)
        query = query.where(behind)
    return [_batch(row) for row in conn.execute(query.order_by(waiting.desc(), batches.c.id.desc()))]


def to_run(conn: Connection, person: Operator, limit: int) -> Sequence[Batch]:
    """The newest batches that are assigned to this person."""
    mine = select(*COLUMNS).where(_of(person), batches.c.assigned_to == person.user_id)
    return [_batch(row) for row in conn.execute(mine.order_by(batches.c.id.desc()).limit(limit))]


def find(conn: Connection, person: Operator, code: str) -> Batch | None:
    """The batch with this code, if it is of this person's workspace."""
    row = conn.execute(
        select(*COLUMNS).where(
            batches.c.code == code,
            batches.c.enterprise_id == person.enterprise_id,
            batches.c.team_id == person.team_id,
        )
    ).one_or_none()
    return _batch(row) if row else None


def coded(conn: Connection, codes: Sequence[str]) -> Sequence[Batch]:
    """The batches with these codes, a few, in the order of their parts."""
    some = select(*COLUMNS).where(batches.c.code.in_(codes)).order_by(batches.c.part)
    return [_batch(row) for row in conn.execute(some)]


def of_job(conn: Connection, job_id: int) -> Batch | None:
    """The batch a job was asked for with, if any."""
    row = _of_job(conn, job_id=job_id).one_or_none()
    return _batch(row) if row else None


def parted(conn: Connection, job_id: int) -> tuple[Batch | None, Sequence[str]]:
    """The batch a job was asked for with, and the job's customers that the batch does not have, in order.

    No batch, and all of its customers, where the job has not the whole batch: then it cannot be asked for so.
    """
    ids = select(job_customers.c.cid).where(job_customers.c.job_id == job_id)
    everybody = list(conn.execute(ids.order_by(job_customers.c.position)).scalars())
    batch = of_job(conn, job_id)
    members = frozenset(customers(conn, batch)) if batch else frozenset()
    if batch is None or not members.issubset(everybody):
        return None, everybody
    return batch, [cid for cid in everybody if cid not in members]


@prepared
def _of_job(job_id: Any) -> Select[Any]:
    return select(*COLUMNS).join_from(batch_jobs, batches).where(batch_jobs.c.job_id == job_id)


def customers(conn: Connection, batch: Batch, limit: int | None = None) -> Sequence[str]:
    """The ids of a batch, or the first `limit` of them, in order."""
    ids = select(batch_customers.c.cid).where(batch_customers.c.batch_id == batch.id)
    return list(conn.execute(ids.order_by(batch_customers.c.position).limit(limit)).scalars())


def assign(conn: Connection, batch: Batch, to: str | None) -> bool:
    """Have somebody else run it; False when it is no longer with whom `batch` says."""
    moved = conn.execute(
        update(batches)
        .where(batches.c.id == batch.id, batches.c.assigned_to.is_not_distinct_from(batch.assigned_to))
        .values(assigned_to=to)
    )
    ring(conn, CARDS)
    return moved.rowcount == 1


def jobs_on(conn: Connection, batch: Batch, limit: int) -> Sequence[Job]:
    """The newest jobs that ran on a batch, newest first; cards nobody confirmed are no jobs."""
    ran = select(*JOB_COLUMNS).join_from(batch_jobs, jobs).where(batch_jobs.c.batch_id == batch.id, IS_JOB)
    return [as_job(row) for row in conn.execute(ran.order_by(batch_jobs.c.job_id.desc()).limit(limit))]


def _of(person: Operator) -> Any:
    of_team = and_(batches.c.enterprise_id == person.enterprise_id, batches.c.team_id == person.team_id)
    # Each half goes by an index of its own.
    return or_(
        and_(of_team, batches.c.assigned_to == person.user_id),
        and_(of_team, batches.c.made_by == person.user_id),
    )


def _batch(row: Row[Any]) -> Batch:
    return Batch(**row._asdict())
