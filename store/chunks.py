"""Queries about sending: cut a job into chunks, claim the next, record the answer. Never commit."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Executable,
    Insert,
    Row,
    Select,
    Update,
    exists,
    func,
    insert,
    select,
    tuple_,
    type_coerce,
    update,
)

from store import transitions
from store.clock import now
from store.jobs import COLUMNS, as_job
from store.model import Chunk, ChunkState, CustomerOutcome, Job, JobState
from store.pause_tables import pauses
from store.prepared import prepared
from store.short import expect
from store.tables import IS_CONFIRMED, IS_PLANNED, IS_SENDING, IS_UNKNOWN, chunks, job_customers, jobs

CHUNK_COLUMNS = [
    chunks.c.job_id, chunks.c.number, chunks.c.first, chunks.c.last,
    chunks.c.state, chunks.c.attempt, chunks.c.split, chunks.c.sent_at,
]  # fmt: skip


def confirmed(conn: Connection, cluster: str) -> Sequence[Job]:
    """Jobs of this cluster that nobody has begun."""
    return [as_job(row) for row in _confirmed(conn, cluster=cluster)]


@prepared
def _confirmed(cluster: Any) -> Select[Any]:
    return select(*COLUMNS).where(jobs.c.cluster == cluster, IS_CONFIRMED).order_by(jobs.c.id)


def cut(conn: Connection, job: Job, size: int) -> bool:
    """confirmed -> running, with its chunks of at most `size` customers; False if it was begun already."""
    expect(conn, job.total // size if job.to_send == job.total else job.total)
    ranges = _ranges(conn, job, size)
    begun = transitions.move(
        conn,
        job.id,
        JobState.CONFIRMED,
        JobState.RUNNING,
        started_at=now(),
        open_chunks=len(ranges),
    )
    if begun:
        of_job = {"job": job.id, "where": job.cluster}
        parts = ({"nth": n, "start": first, "end": last} for n, (first, last) in enumerate(ranges))
        _planned.many(conn, (of_job | part for part in parts))
    return begun


@prepared
def _planned(job: Any, nth: Any, where: Any, start: Any, end: Any) -> Insert:
    return insert(chunks).values(job_id=job, number=nth, cluster=where, first=start, last=end)


def _ranges(conn: Connection, job: Job, size: int) -> Sequence[tuple[int, int]]:
    """First and last position of each chunk: `size` planned customers, and any left out between them."""
    planned: Sequence[int] = range(job.total)
    if job.to_send != job.total:
        positions = select(job_customers.c.position).where(
            job_customers.c.job_id == job.id, job_customers.c.outcome == CustomerOutcome.PLANNED
        )
        planned = conn.execute(positions.order_by(job_customers.c.position)).scalars().all()
    cuts = [planned[start : start + size] for start in range(0, len(planned), size)]
    return [(part[0], part[-1]) for part in cuts]


@dataclass(frozen=True, slots=True)
class Line:
    """A cluster's planned chunks, and what they may have to wait for.

    `waiting`: how many there are; 2 stands for two or more. `unaccounted`: POSTs of dead senders that may
    still be in flight: sent, never answered, not settled yet. `paused_until`: for how long the cluster is
    left alone; it stays after that, until the cluster takes a request. `at`: the database's clock.
    """

    waiting: int
    unaccounted: int
    paused_until: datetime | None
    at: datetime

    @property
    def is_last(self) -> bool:
        """Whether nothing is in line behind the next one."""
        return self.waiting == 1


def line(conn: Connection, cluster: str, settle_s: float) -> Line:
    """What is in line at a cluster, by one statement."""
    return Line(*_line(conn, cluster=cluster, settle_ms=round(settle_s * 1000)).one())


@prepared
def _line(cluster: Any, settle_ms: Any) -> Select[Any]:
    # As a query of its own the clock has one value, and PostgreSQL goes by the index.
    since = select(now()).scalar_subquery() - type_coerce(settle_ms, BigInteger)
    unanswered = (IS_UNKNOWN, chunks.c.elapsed_ms.is_(None), chunks.c.sent_at > since)
    waiting = _in_line(cluster).limit(2).subquery()
    unaccounted = select(func.count()).select_from(chunks).where(chunks.c.cluster == cluster, *unanswered)
    paused = select(pauses.c.until).where(pauses.c.cluster == cluster)
    return select(
        select(func.count()).select_from(waiting).scalar_subquery().label("waiting"),
        unaccounted.scalar_subquery().label("unaccounted"),
        paused.scalar_subquery().label("paused_until"),
        now().label("at"),
    )


def claim(conn: Connection, cluster: str) -> Chunk | None:
    """planned -> sending for the next chunk in turn: lowest number first, then the oldest job.

    So a job of one customer overtakes the fortieth chunk of a large one. None of a job that was stopped.
    """
    claimed = _claimed(conn, of_cluster=cluster).one_or_none()
    return _chunk(claimed) if claimed else None


@prepared
def _claimed(of_cluster: Any) -> Executable:
    next_one = _in_line(of_cluster).limit(1).scalar_subquery()
    stopped = exists().where(jobs.c.id == chunks.c.job_id, jobs.c.stopped_at.is_not(None))
    return (
        update(chunks)
        .where(tuple_(chunks.c.job_id, chunks.c.number) == next_one, IS_PLANNED, ~stopped)
        .values(state=ChunkState.SENDING, attempt=chunks.c.attempt + 1, sent_at=now())
        .returning(*CHUNK_COLUMNS)
    )


def _in_line(cluster: Any) -> Select[Any]:
    # In order also where they are but counted, so that PostgreSQL reads no more of its index than it must.
    planned = select(chunks.c.job_id, chunks.c.number).where(chunks.c.cluster == cluster, IS_PLANNED)
    return planned.order_by(chunks.c.number, chunks.c.job_id)


def release(conn: Connection, chunk: Chunk, *, split: bool = False) -> bool:
    """sending -> planned: for a chunk of which not a byte was sent, or of which nothing was done.

    `split`: without the customers that the cluster refused by name, which happens once.
    """
    released = conn.execute(_ours(chunk).values(state=ChunkState.PLANNED, split=chunk.split or split))
    return released.rowcount == 1


def orphans(conn: Connection, cluster: str, ours: Collection[tuple[int, int]]) -> Sequence[Chunk]:
    """Chunks found `sending` that are not among `ours` (job id, number): their sender is gone."""
    found = [_chunk(row) for row in _sending(conn, cluster=cluster)]
    return [chunk for chunk in found if (chunk.job_id, chunk.number) not in ours]


@prepared
def _sending(cluster: Any) -> Select[Any]:
    return select(*CHUNK_COLUMNS).where(chunks.c.cluster == cluster, IS_SENDING)


def plan_unknown(conn: Connection, job_id: int) -> int:
    """unknown -> planned for a job's chunks that hold planned customers; how many they are.

    A chunk whose customers were all found meanwhile stays as it is: there is nothing in it to send.
    """
    to_send = exists().where(
        job_customers.c.job_id == job_id,
        job_customers.c.position.between(chunks.c.first, chunks.c.last),
        job_customers.c.outcome == CustomerOutcome.PLANNED,
    )
    return conn.execute(
        update(chunks)
        .where(chunks.c.job_id == job_id, chunks.c.state == ChunkState.UNKNOWN, to_send)
        .values(state=ChunkState.PLANNED)
    ).rowcount


def settle(
    conn: Connection,
    chunk: Chunk,
    state: ChunkState,
    *,
    cause: str,
    http_status: int | None,
    message: str,
    elapsed_s: float | None,
) -> bool:
    """sending -> accepted, refused or unknown, with the answer; False when the attempt is not ours."""
    settled = _settled(
        conn,
        job=chunk.job_id,
        chunk=chunk.number,
        ours=chunk.attempt,
        to=state,
        status=http_status,
        said=message,
        ms=None if elapsed_s is None else round(elapsed_s * 1000),
    )
    if settled.rowcount != 1:
        return False
    _answered(conn, job=chunk.job_id, cause=cause, status=http_status, message=message)
    return True


@prepared
def _answered(job: Any, cause: Any, status: Any, message: Any) -> Update:
    said = {"last_cause": cause, "last_status": status, "last_message": message}
    return update(jobs).where(jobs.c.id == job).values(open_chunks=jobs.c.open_chunks - 1, **said)


@prepared
def _settled(job: Any, chunk: Any, ours: Any, to: Any, status: Any, said: Any, ms: Any) -> Update:
    answer = {"state": to, "http_status": status, "message": said, "elapsed_ms": ms}
    return _when(job, chunk, ChunkState.SENDING).where(chunks.c.attempt == ours).values(**answer)


def finish(conn: Connection, job: Job) -> bool:
    """running -> done, or watching while something is unknown or awaited. The job must have no open chunk."""
    if job.unknown or job.watch_at:
        return transitions.move(conn, job.id, JobState.RUNNING, JobState.WATCHING)
    return transitions.move(conn, job.id, JobState.RUNNING, JobState.DONE, finished_at=now())


def _when(job_id: int, number: int, state: ChunkState) -> Update:
    return update(chunks).where(chunks.c.job_id == job_id, chunks.c.number == number, chunks.c.state == state)


def _ours(chunk: Chunk) -> Update:
    return _when(chunk.job_id, chunk.number, ChunkState.SENDING).where(chunks.c.attempt == chunk.attempt)


def _chunk(row: Row[Any]) -> Chunk:
    return Chunk(**row._asdict())
