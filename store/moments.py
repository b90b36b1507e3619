"""Where in a table that only grows a moment falls, without an index on time that every row would pay for.

Rows get their ids in the order of their times, so the first row at or after a moment is found by halving: some
twenty steps by the primary key for a million rows, in one statement. Rows written in the same moment, or while
the database's clock was set back, may stand on either side.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, bindparam, case, func, literal, select

from store.clock import Instant


def first_at(conn: Connection, key: Column[Any], at: Column[Any], moment: datetime) -> int:
    """The least `key` that any row at or after `moment` has or will have; `at` is the column of its time."""
    table = key.table
    ends = select(
        func.coalesce(select(func.min(key)).scalar_subquery(), literal(1)).label("low"),
        func.coalesce(select(func.max(key) + 1).scalar_subquery(), literal(1)).label("high"),
    ).cte("halves", recursive=True)
    middle = ends.c.low + (ends.c.high - ends.c.low) // 2
    row = table.alias("row")
    time_there = (
        select(row.c[at.name]).where(row.c[key.name] >= middle).order_by(row.c[key.name]).limit(1)
    ).scalar_subquery()
    earlier = time_there < bindparam("moment", moment, Instant)
    halved = ends.union_all(
        select(
            case((earlier, middle + 1), else_=ends.c.low),
            case((earlier, ends.c.high), else_=middle),
        ).where(ends.c.low < ends.c.high)
    )
    found: int = conn.execute(select(halved.c.low).where(halved.c.low >= halved.c.high)).scalar_one()
    return found
