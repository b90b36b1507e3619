"""Where in a table that only grows a moment falls, without an index on time that every row would pay for.

Rows get their ids in the order of their times, so the first row at or after a moment is found by halving:
some twenty steps by the primary key for a million rows, in one statement. Of rows written in the
same moment, or while the database's clock was set back, some may stand on the other side.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Column, Connection, Select, bindparam, case, func, select

from store.clock import Instant


def first_at(conn: Connection, key: Column[Any], at: Column[Any], moment: datetime) -> int:
    """The least `key` that any row at or after `moment` has or will have; `at` is the column of its time."""
    found: int = conn.execute(_halving(key, at), {"moment": moment}).scalar_one()
    return found


@lru_cache
def _halving(key: Column[Any], at: Column[Any]) -> Select[Any]:
    table, row = key.table, key.table.alias("row")
    ends = select(
        func.coalesce(select(func.min(key)).select_from(table).scalar_subquery(), 1).label("low"),
        func.coalesce(select(func.max(key) + 1).select_from(table).scalar_subquery(), 1).label("high"),
    ).cte("halves", recursive=True)
    middle = ends.c.low + (ends.c.high - ends.c.low) // 2
    there = select(row.c[at.name]).where(row.c[key.name] >= middle).order_by(row.c[key.name]).limit(1)
    earlier = there.scalar_subquery() < bindparam("moment", type_=Instant())
    halved = ends.union_all(
        select(
            case((earlier, middle + 1), else_=ends.c.low), case((earlier, ends.c.high), else_=middle)
        ).where(ends.c.low < ends.c.high)
    )
    return select(halved.c.low).where(halved.c.low >= halved.c.high)
