"""What waits, in a few numbers, for whoever watches the bot. Reads what is open, never what has ended."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from store.clock import read_now
from store.model import JobState
from store.tables import IS_OPEN, IS_PLANNED, audit_log, chunks, jobs, outbox


@dataclass(frozen=True, slots=True)
class Gauges:
    """`open_jobs` by state, cards included; depths in rows, ages in seconds (0 where nothing waits)."""

    open_jobs: Mapping[JobState, int]
    chunks_planned: int
    oldest_unfinished_s: float
    outbox: int
    oldest_untold_s: float
    audit_rows: int


def read(conn: Connection) -> Gauges:
    """All of them at one moment."""
    now = read_now(conn)

    def age(since: datetime | None) -> float:
        return max((now - since).total_seconds(), 0.0) if since else 0.0

    by_state = select(jobs.c.state, func.count().label("number")).where(IS_OPEN).group_by(jobs.c.state)
    sending = (JobState.CONFIRMED, JobState.RUNNING)
    unfinished = select(func.min(jobs.c.decided_at)).where(IS_OPEN, jobs.c.state.in_(sending))
    planned = select(func.count()).select_from(chunks).where(IS_PLANNED)
    untold, since = conn.execute(
        select(func.count(), func.min(outbox.c.created_at)).select_from(outbox).where(~outbox.c.parked)
    ).one()
    return Gauges(
        open_jobs={row.state: row.number for row in conn.execute(by_state)},
        chunks_planned=conn.execute(planned).scalar_one(),
        oldest_unfinished_s=age(conn.execute(unfinished).scalar_one()),
        outbox=untold,
        oldest_untold_s=age(since),
        audit_rows=conn.execute(select(func.max(audit_log.c.seq))).scalar_one() or 0,
    )
