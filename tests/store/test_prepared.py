"""A statement that is built once: run with other values each time."""

from typing import Any

from sqlalchemy import Select, func, literal, select

from store.database import Database
from store.prepared import prepared


async def test_it_is_built_once_and_run_with_other_values(db: Database) -> None:
    built = []

    @prepared
    def total(one: Any, other: Any) -> Select[Any]:
        built.append(1)
        return select(literal(0) + one + func.abs(other))

    assert await db.read(lambda conn: total(conn, one=1, other=-2).scalar_one()) == 3
    assert await db.read(lambda conn: total(conn, one=10, other=-20).scalar_one()) == 30
    assert built == [1]
