"""Queries about how much is under way: of one person, and on one cluster. They never commit.

Each reads one range of an index, which the limits themselves keep short.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, TextClause, func, literal, select

from store.clock import Instant, read_now
from store.model import Operator
from store.tables import IS_UNFINISHED, jobs

Condition = ColumnElement[bool] | TextClause


@dataclass(frozen=True, slots=True)
class Span:
    """What was asked for within a while: so many cards, so many customers, and the oldest card of them."""

    cards: int
    customers: int
    oldest: datetime | None


def hold(conn: Connection, cluster: str) -> None:
    """Nobody makes a card for this cluster until this transaction ends (SQLite has one writer anyway)."""
    if conn.dialect.name == "postgresql":
        conn.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"cards on {cluster}", 0))))


def of_person(owner: Operator) -> Sequence[Condition]:
    """What one person asked for."""
    return (
        jobs.c.enterprise_id == owner.enterprise_id,
        jobs.c.team_id == owner.team_id,
        jobs.c.user_id == owner.user_id,
    )


def on_cluster(cluster: str) -> Sequence[Condition]:
    """What everybody asked for there."""
    return (jobs.c.cluster == cluster,)


def jobs_open(conn: Connection, whose: Sequence[Condition]) -> int:
    """Jobs that have not ended."""
    return conn.execute(select(func.count()).select_from(jobs).where(*whose, IS_UNFINISHED)).scalar_one()


def lately(
    conn: Connection, whose: Sequence[Condition], seconds: float, *, but_replaced: bool = False
) -> Span:
    """What was asked for within the last so many seconds, whatever became of it.

    `but_replaced`: without the cards in whose place a changed one came; nobody could confirm them any more.
    """
    since = literal(read_now(conn) - timedelta(seconds=seconds), Instant)
    asked = select(func.count(), func.coalesce(func.sum(jobs.c.total), 0), func.min(jobs.c.created_at)).where(
        *whose, jobs.c.created_at > since, *([jobs.c.replaced_by.is_(None)] if but_replaced else [])
    )
    cards, customers, oldest = conn.execute(asked).one()
    return Span(cards, int(customers), oldest)
