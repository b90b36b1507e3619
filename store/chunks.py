"""Queries about sending: cut a job into chunks, claim the next, record the answer. Never commit."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, Update, exists, func, insert, literal, select, update

from store import transitions
from store.clock import Instant, now, read_now
from store.jobs import COLUMNS, as_job
from store.model import Chunk, ChunkState, CustomerOutcome, Job, JobState
from store.tables import IS_CONFIRMED, IS_PLANNED, IS_SENDING, IS_UNKNOWN, chunks, job_customers, jobs

CHUNK_COLUMNS = [
    chunks.c.job_id, chunks.c.number, chunks.c.first, chunks.c.last,
    chunks.c.state, chunks.c.attempt, chunks.c.split, chunks.c.sent_at,
]  # fmt: skip


def confirmed(conn: Connection, cluster: str) -> Sequence[Job]:
    """Jobs of this cluster that nobody has begun."""
    waiting = select(*COLUMNS).where(jobs.c.cluster == cluster, IS_CONFIRMED).order_by(jobs.c.id)
    return [as_job(row) for row in conn.execute(waiting)]


def cut(conn: Connection, job: Job, size: int) -> bool:
    """confirmed -> running, with its chunks of at most `size` customers; False if it was begun already."""
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
        conn.execute(
            insert(chunks),
            [
                {
                    "job_id": job.id,
                    "number": number,
                    "cluster": job.cluster,
                    "first": first,
                    "last": last,
                }
                for number, (first, last) in enumerate(ranges)
            ],
        )
    return begun


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


def claim(conn: Connection, cluster: str) -> Chunk | None:
    """planned -> sending for the next chunk in turn: lowest number first, then the oldest job.

    So a job of one customer overtakes the fortieth chunk of a large one. None of a job that was stopped.
    """
    key = (
        select(chunks.c.job_id, chunks.c.number)
        .where(chunks.c.cluster == cluster, IS_PLANNED)
        .order_by(chunks.c.number, chunks.c.job_id)
        .limit(1)
    )
    found = conn.execute(key).one_or_none()
    if found is None:
        return None
    stopped = exists().where(jobs.c.id == found.job_id, jobs.c.stopped_at.is_not(None))
    claimed = conn.execute(
        _when(found.job_id, found.number, ChunkState.PLANNED)
        .where(~stopped)
        .values(state=ChunkState.SENDING, attempt=chunks.c.attempt + 1, sent_at=now())
        .returning(*CHUNK_COLUMNS)
    ).one_or_none()
    return _chunk(claimed) if claimed else None


def release(conn: Connection, chunk: Chunk, *, split: bool = False) -> bool:
    """sending -> planned: for a chunk of which not a byte was sent, or of which nothing was done.

    `split`: without the customers that the cluster refused by name, which happens once.
    """
    released = conn.execute(_ours(chunk).values(state=ChunkState.PLANNED, split=chunk.split or split))
    return released.rowcount == 1


def orphans(conn: Connection, cluster: str, ours: Collection[tuple[int, int]]) -> Sequence[Chunk]:
    """Chunks found `sending` that are not among `ours` (job id, number): their sender is gone."""
    sending = select(*CHUNK_COLUMNS).where(chunks.c.cluster == cluster, IS_SENDING)
    found = [_chunk(row) for row in conn.execute(sending)]
    return [chunk for chunk in found if (chunk.job_id, chunk.number) not in ours]


def unaccounted(conn: Connection, cluster: str, settle_s: float) -> int:
    """How many POSTs of dead senders may still be in flight: sent, never answered, not settled yet."""
    since = literal(read_now(conn) - timedelta(seconds=settle_s), Instant)
    return conn.execute(
        select(func.count())
        .select_from(chunks)
        .where(
            chunks.c.cluster == cluster, IS_UNKNOWN, chunks.c.elapsed_ms.is_(None), chunks.c.sent_at > since
        )
    ).scalar_one()


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
    settled = conn.execute(
        _ours(chunk).values(
            state=state,
            http_status=http_status,
            message=message,
            elapsed_ms=None if elapsed_s is None else round(elapsed_s * 1000),
        )
    )
    if settled.rowcount != 1:
        return False
    conn.execute(
        update(jobs)
        .where(jobs.c.id == chunk.job_id)
        .values(
            open_chunks=jobs.c.open_chunks - 1,
            last_cause=cause,
            last_status=http_status,
            last_message=message,
        )
    )
    return True


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
    return Chunk(**row._mapping)
