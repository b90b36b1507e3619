"""Failures in a row on a cluster, and the pause that follows when there are too many. They never commit."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Boolean, Column, Connection, Delete, Integer, String, Table, case, delete, or_

from store import pauses
from store.clock import read_now
from store.database import upsert
from store.model import Pause
from store.prepared import prepared
from store.tables import metadata

breakers = Table(
    "breakers",
    metadata,
    Column("cluster", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("job_id", Integer, nullable=False),
    Column("several", Boolean, nullable=False),
)


def failed(conn: Connection, cluster: str, job_id: int) -> tuple[int, bool]:
    """One more failure: how many there are in a row, and whether they are of several jobs."""
    several = case((or_(breakers.c.several, breakers.c.job_id != job_id), True), else_=False)
    row = conn.execute(
        upsert(conn, breakers)
        .values(cluster=cluster, failures=1, job_id=job_id, several=False)
        .on_conflict_do_update(
            index_elements=[breakers.c.cluster],
            set_={"failures": breakers.c.failures + 1, "several": several},
        )
        .returning(breakers.c.failures, breakers.c.several)
    ).one()
    return row.failures, row.several


def reset(conn: Connection, cluster: str) -> None:
    """Something was answered as it should be: what failed before does not count any more."""
    _forgotten(conn, cluster=cluster)


@prepared
def _forgotten(cluster: Any) -> Delete:
    return delete(breakers).where(breakers.c.cluster == cluster)


def trip(conn: Connection, cluster: str, reason: str, pause_s: float, longest_s: float) -> Pause:
    """Leave the cluster alone, for twice as long as the last time if nothing went well in between."""
    now, before = read_now(conn), pauses.current(conn, cluster)
    again = before is not None and before.breaker
    tries = before.tries + 1 if before and again else 1
    seconds = min(pause_s * 2 ** min(tries - 1, 20), longest_s)
    values = {
        "reason": reason,
        "tries": tries,
        "since": before.since if before and again else now,
        "until": now + timedelta(seconds=seconds),
        "breaker": True,
    }
    return pauses.put(conn, cluster, values)
