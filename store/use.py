"""Queries about how much is under way: of one person, and on one cluster. They never commit.

Each reads one range of an index, which the limits themselves keep short.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, select

from store import postgres
from store.model import Operator
from store.prepared import Prepared
from store.tables import IS_UNFINISHED, jobs

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

Whose = Mapping[str, Any]  # by the columns of jobs


@dataclass(frozen=True, slots=True)
class Lately:
    """What was asked for, whatever became of it: cards within a minute, customers within an hour.

    The customers are without those of cards in whose place a changed one came: nobody could confirm them any
    more. `first_card` and `first_customers` are when the oldest of each was asked for.
    """

    cards: int
    first_card: datetime | None
    customers: int
    first_customers: datetime | None


def hold(conn: Connection, cluster: str) -> None:
    """Nobody makes a card for this cluster until this transaction ends."""
    postgres.hold(conn, f"cards on {cluster}")


def of_person(owner: Operator) -> Whose:
    """What one person asked for."""
    return asdict(owner)


def on_cluster(cluster: str) -> Whose:
    """What everybody asked for there."""
    return {"cluster": cluster}


def jobs_open(conn: Connection, whose: Whose) -> int:
    """Jobs that have not ended."""
    return int(_open(tuple(whose))(conn, **whose).scalar_one())


def lately(conn: Connection, whose: Whose, at: datetime) -> Lately:
    """What was asked for in the time before `at`."""
    found = _lately(tuple(whose))(conn, minute=at - MINUTE, hour=at - HOUR, **whose).one()
    return Lately(found.cards, found.first_card, int(found.customers), found.first_customers)


@cache
def _open(whose: tuple[str, ...]) -> Prepared:
    def build(**values: Any) -> Select[Any]:
        return select(func.count()).select_from(jobs).where(*_are(values), IS_UNFINISHED)

    return Prepared(build, *whose)


@cache
def _lately(whose: tuple[str, ...]) -> Prepared:
    def build(minute: Any, hour: Any, **values: Any) -> Select[Any]:
        fresh, kept = jobs.c.created_at > minute, jobs.c.replaced_by.is_(None)
        return select(
            func.count(case((fresh, 1))).label("cards"),
            func.min(case((fresh, jobs.c.created_at))).label("first_card"),
            func.coalesce(func.sum(case((kept, jobs.c.total))), 0).label("customers"),
            func.min(case((kept, jobs.c.created_at))).label("first_customers"),
        ).where(*_are(values), jobs.c.created_at > hour)

    return Prepared(build, "minute", "hour", *whose)


def _are(values: Whose) -> list[ColumnElement[bool]]:
    return [jobs.c[name] == value for name, value in values.items()]
