"""Queries about arrival: whose cluster is to be read and when, who has arrived, who never did. Never commit.

A job waits for arrivals while `watch_at` is set, from the first acceptance on, be it running or watching.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, func, literal, select, update

from store import customers, transitions
from store.clock import Instant, now, read_now
from store.jobs import COLUMNS, as_job
from store.model import Customer, CustomerOutcome, Job, JobState
from store.prepared import prepared
from store.tables import job_customers, jobs
from store.units import ring

WAITS = job_customers.c.outcome == CustomerOutcome.ACCEPTED


def topic(cluster: str) -> str:
    """The bell's topic for "somebody of this cluster is to be watched"."""
    return f"watch:{cluster}"


def begin(conn: Connection, job: Job, every_s: float, give_up_after_s: float) -> None:
    """Some customers were accepted: watch until they have arrived, or so many seconds from now."""
    at = read_now(conn)
    first = literal(at + timedelta(seconds=min(every_s, give_up_after_s)), Instant)
    conn.execute(
        update(jobs)
        .where(jobs.c.id == job.id)
        .values(
            watch_at=func.coalesce(jobs.c.watch_at, first),
            watch_until=at + timedelta(seconds=give_up_after_s),
        )
    )
    ring(conn, topic(job.cluster))


def ask(conn: Connection, job: Job, give_up_after_s: float) -> bool:
    """Watch again what was given up, done -> watching; False when it moved on or is being watched."""
    at = read_now(conn)
    until = at + timedelta(seconds=give_up_after_s)
    ring(conn, topic(job.cluster))
    if job.state is JobState.DONE:
        return transitions.move(
            conn, job.id, JobState.DONE, JobState.WATCHING, watch_at=at, watch_until=until, watch_error=None
        )
    asked = conn.execute(
        update(jobs)
        .where(jobs.c.id == job.id, jobs.c.state == JobState.WATCHING, jobs.c.watch_at.is_(None))
        .values(watch_at=at, watch_until=until, watch_error=None)
    )
    return asked.rowcount == 1


def next_due(conn: Connection, cluster: str) -> datetime | None:
    """When this cluster is next to be read for arrivals."""
    at: datetime | None = _next_due(conn, key=cluster).scalar_one_or_none()
    return at


@prepared
def _next_due(key: Any) -> Select[Any]:
    soonest = select(jobs.c.watch_at).where(jobs.c.cluster == key, jobs.c.watch_at.is_not(None))
    return soonest.order_by(jobs.c.watch_at).limit(1)


def claim(conn: Connection, cluster: str, every_s: float) -> Sequence[Job]:
    """Every waiting job of this cluster, due or not: one read serves them all, and the next comes for all.

    So whatever their number, there is one read an interval.
    """
    again = literal(read_now(conn) + timedelta(seconds=every_s), Instant)
    claimed = (
        update(jobs)
        .where(jobs.c.cluster == cluster, jobs.c.watch_at.is_not(None))
        .values(watch_at=again)
        .returning(*COLUMNS)
    )
    return sorted((as_job(row) for row in conn.execute(claimed)), key=lambda job: job.id)


def rest(conn: Connection, cluster: str, every_s: float) -> None:
    """A read took so long that the next is due already: leave the cluster alone for an interval first."""
    again = literal(read_now(conn) + timedelta(seconds=every_s), Instant)
    conn.execute(
        update(jobs).where(jobs.c.cluster == cluster, jobs.c.watch_at <= now()).values(watch_at=again)
    )


def tell_error(conn: Connection, jobs_read: Sequence[int], error: str | None) -> Sequence[int]:
    """Keep why a read failed, or (None) that it did not; the ids of the jobs for which that is news."""
    known = jobs.c.watch_error.is_(None) if error else jobs.c.watch_error.is_not(None)
    told: list[int] = []
    for start in range(0, len(jobs_read), customers.AT_ONCE):
        some = jobs.c.id.in_(jobs_read[start : start + customers.AT_ONCE])
        news = update(jobs).where(some, known, jobs.c.watch_at.is_not(None)).values(watch_error=error)
        told += conn.execute(news.returning(jobs.c.id)).scalars()
    return told


def everybody(conn: Connection, cluster: str) -> Iterator[tuple[int, int, str, int | None]]:
    """Whoever is awaited on a cluster: job, position, customer id, and its state before if that is known.

    As bare rows, one by one: there may be very many, and few of them have moved.
    """
    waiting = (
        select(job_customers.c.job_id, job_customers.c.position, job_customers.c.cid, job_customers.c.seen)
        .join_from(jobs, job_customers, job_customers.c.job_id == jobs.c.id)
        .where(jobs.c.cluster == cluster, jobs.c.watch_at.is_not(None), WAITS)
        .execution_options(yield_per=5_000)
    )
    yield from conn.execute(waiting)


def awaited(conn: Connection, job_id: int) -> Sequence[tuple[int, str]]:
    """The customers of a job that were accepted and have not arrived, in order: position and id."""
    rows = conn.execute(
        select(job_customers.c.position, job_customers.c.cid)
        .where(job_customers.c.job_id == job_id, WAITS)
        .order_by(job_customers.c.position)
    )
    return [(position, cid) for position, cid in rows]


def arrive(conn: Connection, job_id: int, positions: Sequence[int]) -> int:
    """accepted -> arrived; how many they were."""
    turned = _set(conn, job_id, positions, outcome=CustomerOutcome.ARRIVED, arrived_at=now(), last_state=None)
    if turned:
        customers.count(conn, job_id, {CustomerOutcome.ARRIVED: turned})
    return turned


def first_seen(conn: Connection, job_id: int, states: Mapping[int, int]) -> None:
    """Remember the state, by position, of customers whose state no card showed."""
    for code, positions in _grouped(states).items():
        _set(conn, job_id, positions, seen=code)


def give_up(conn: Connection, job_id: int, states: Mapping[int, int]) -> None:
    """Nobody of the job is watched any more; remember in which state, by position, the others were last."""
    conn.execute(update(job_customers).where(job_customers.c.job_id == job_id, WAITS).values(last_state=None))
    for code, positions in _grouped(states).items():
        _set(conn, job_id, positions, last_state=code)
    end(conn, job_id)


def end(conn: Connection, job_id: int) -> None:
    """Read the cluster no more for this job's sake."""
    conn.execute(update(jobs).where(jobs.c.id == job_id).values(watch_at=None, watch_error=None))


def stragglers(conn: Connection, job_id: int, limit: int) -> Sequence[Customer]:
    """Up to `limit` customers of a job that were accepted and have not arrived, in order."""
    found = (
        select(job_customers.c.cid, job_customers.c.seen, job_customers.c.last_state)
        .where(job_customers.c.job_id == job_id, WAITS)
        .order_by(job_customers.c.position)
        .limit(limit)
    )
    return [
        Customer(row.cid, CustomerOutcome.ACCEPTED, None, row.seen, last_state=row.last_state)
        for row in conn.execute(found)
    ]


def _grouped(states: Mapping[int, int]) -> Mapping[int, Sequence[int]]:
    positions: defaultdict[int, list[int]] = defaultdict(list)
    for position, code in states.items():
        positions[code].append(position)
    return positions


def _set(conn: Connection, job_id: int, positions: Sequence[int], **values: object) -> int:
    """Change those of these customers that still wait; how many they were."""
    changed = 0
    for start in range(0, len(positions), customers.AT_ONCE):
        some = job_customers.c.position.in_(positions[start : start + customers.AT_ONCE])
        changed += conn.execute(
            update(job_customers).where(job_customers.c.job_id == job_id, some, WAITS).values(**values)
        ).rowcount
    return changed
