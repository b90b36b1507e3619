"""Queries about how much is under way: of one person, and on one cluster. They never commit.

Each reads one range of an index, which the limits themselves keep short.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from store.model import Operator
from store.prepared import Prepared
from store.tables import IS_UNFINISHED, jobs

Whose = Mapping[str, Any]  # by the columns of jobs


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


def of_person(owner: Operator) -> Whose:
    """What one person asked for."""
    return asdict(owner)


def on_cluster(cluster: str) -> Whose:
    """What everybody asked for there."""
    return {"cluster": cluster}


def jobs_open(conn: Connection, whose: Whose) -> int:
    """Jobs that have not ended."""
    return int(_open(tuple(whose))(conn, **whose).scalar_one())


def lately(conn: Connection, whose: Whose, since: datetime, *, but_replaced: bool = False) -> Span:
    """What was asked for since then, whatever became of it.

    `but_replaced`: without the cards in whose place a changed one came; nobody could confirm them any more.
    """
    cards, customers, oldest = _lately(tuple(whose), but_replaced)(conn, since=since, **whose).one()
    return Span(cards, int(customers), oldest)


@cache
def _open(whose: tuple[str, ...]) -> Prepared:
    def build(**values: Any) -> Select[Any]:
        return select(func.count()).select_from(jobs).where(*_are(values), IS_UNFINISHED)

    return Prepared(build, *whose)


@cache
def _lately(whose: tuple[str, ...], but_replaced: bool) -> Prepared:
    def build(since: Any, **values: Any) -> Select[Any]:
        kept = [jobs.c.replaced_by.is_(None)] if but_replaced else []
        used = (func.count(), func.coalesce(func.sum(jobs.c.total), 0), func.min(jobs.c.created_at))
        return select(*used).where(*_are(values), jobs.c.created_at > since, *kept)

    return Prepared(build, "since", *whose)


def _are(values: Whose) -> list[ColumnElement[bool]]:
    return [jobs.c[name] == value for name, value in values.items()]
