"""Queries about pauses: a cluster that asked us to wait is left alone, ever longer, but not for ever."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Delete, Select, delete, select

from store.clock import read_now
from store.database import upsert
from store.model import Pause
from store.pause_tables import pauses
from store.prepared import prepared

FIRST_S = 2.0
LONGEST_S = 300.0  # where the cluster does not say for how long


def current(conn: Connection, cluster: str) -> Pause | None:
    """The cluster's pause, if it has asked us to wait and has taken nothing since."""
    row = _of_cluster(conn, cluster=cluster).one_or_none()
    return Pause(**row._asdict()) if row else None


@prepared
def _of_cluster(cluster: Any) -> Select[Any]:
    return select(pauses).where(pauses.c.cluster == cluster)


def extend(conn: Connection, cluster: str, reason: str, retry_after_s: float | None) -> Pause | None:
    """Leave the cluster alone for as long as it said, or for twice as long as before.

    None when it has asked us to wait for so long that we give up.
    """
    now, before = read_now(conn), current(conn, cluster)
    if before and now - before.until > timedelta(seconds=LONGEST_S):
        before = None  # nothing was tried for so long that this is another story
    if before and before.breaker:
        before = None  # it answers again, so that is over
    if before and now >= before.ends:
        return None
    tries = before.tries + 1 if before else 1
    asked = min(retry_after_s or 0.0, Pause.GIVEN_UP_AFTER.total_seconds())
    seconds = asked or min(FIRST_S * 2 ** min(tries - 1, 20), LONGEST_S)
    values = {
        "reason": reason,
        "tries": tries,
        "since": before.since if before else now,
        "until": now + timedelta(seconds=seconds),
        "breaker": False,
    }
    return put(conn, cluster, values)


def put(conn: Connection, cluster: str, values: Mapping[str, object]) -> Pause:
    """Leave the cluster alone by these values of a pause, whether or not it was before."""
    row = conn.execute(
        upsert(conn, pauses)
        .values(cluster=cluster, **values)
        .on_conflict_do_update(index_elements=[pauses.c.cluster], set_=values)
        .returning(*pauses.c)
    ).one()
    return Pause(**row._asdict())


def lift(conn: Connection, cluster: str) -> bool:
    """The cluster takes requests again; whether it was paused."""
    return _lifted(conn, cluster=cluster).rowcount > 0


@prepared
def _lifted(cluster: Any) -> Delete:
    return delete(pauses).where(pauses.c.cluster == cluster)
