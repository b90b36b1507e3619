"""Refusals on the record: each by itself as long as they are few, counted once somebody is refused in floods.

So a script that is refused a thousand times a minute fills no log, and the log says that it was a thousand.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, delete, select, update

from store import audit
from store.audit import Event
from store.audit_tables import refusals
from store.clock import read_now
from store.database import upsert
from store.model import Operator
from store.prepared import prepared

SINGLY = 20  # of one person within a minute
MINUTE = timedelta(minutes=1)
AT_ONCE = 500


def record(
    conn: Connection,
    event: Event,
    *,
    actor: Operator,
    job: UUID | None = None,
    cluster: str | None = None,
    detail: Mapping[str, Any],
) -> None:
    """Put a refusal on the record, or count it."""
    now = read_now(conn)
    seen = conn.execute(
        upsert(conn, refusals)
        .values(actor=str(actor), since=now, number=1)
        .on_conflict_do_update(index_elements=[refusals.c.actor], set_={"number": refusals.c.number + 1})
        .returning(refusals.c.since, refusals.c.number)
    ).one()
    number = seen.number
    if now - seen.since >= MINUTE:
        _tell(conn, str(actor), number - 1)
        anew = {"since": now, "number": 1}
        conn.execute(update(refusals).where(refusals.c.actor == str(actor)).values(**anew))
        number = 1
    if number <= SINGLY:
        audit.append(conn, event, actor=actor, job=job, cluster=cluster, detail=detail)
    elif number == SINGLY + 1:
        words = f"after {SINGLY} within a minute, further refusals are counted"
        audit.append(conn, Event.REFUSALS_COUNTED, actor=actor, cluster=cluster, detail={"why": words})


def tell_due(conn: Connection) -> None:
    """Put on the record how many were counted, once their minute is over."""
    over = read_now(conn) - MINUTE
    due = conn.execute(
        select(refusals.c.actor, refusals.c.number).where(refusals.c.since <= over).limit(AT_ONCE)
    ).all()
    for actor, number in due:
        _tell(conn, actor, number)
        conn.execute(delete(refusals).where(refusals.c.actor == actor, refusals.c.number == number))


def next_due(conn: Connection) -> datetime | None:
    """When the next minute of counting is over."""
    since: datetime | None = _oldest(conn).scalar_one_or_none()
    return since + MINUTE if since else None


@prepared
def _oldest() -> Select[Any]:
    return select(refusals.c.since).order_by(refusals.c.since).limit(1)


def _tell(conn: Connection, actor: str, number: int) -> None:
    if number > SINGLY:
        detail = {"not_singly": number - SINGLY, "in_all": number}
        audit.append(conn, Event.REFUSALS_COUNTED, actor=actor, detail=detail)
