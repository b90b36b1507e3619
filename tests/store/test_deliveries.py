"""The replay guard: a signature is taken once, whichever replica asks."""

from typing import Any

from sqlalchemy import Connection, event, text

from store import deliveries
from store.database import Database
from tests.store.samples import BOTH

pytestmark = BOTH


async def test_a_signature_is_taken_once(db: Database) -> None:
    assert await db.write(deliveries.first, "v0=1")
    assert not await db.write(deliveries.first, "v0=1")
    assert await db.write(deliveries.first, "v0=2")


async def test_it_is_forgotten_when_its_time_would_be_refused_anyway(db: Database) -> None:
    def age(conn: Connection) -> None:
        conn.execute(text("UPDATE deliveries SET at = at - 610000"))  # past both halves of the window

    assert await db.write(deliveries.first, "v0=1")
    await db.write(age)
    assert not await db.write(deliveries.first, "v0=1")
    await db.write(age)
    assert await db.write(deliveries.first, "v0=2")
    assert await db.write(deliveries.first, "v0=1")


def test_what_is_forgotten_is_found_by_its_time(db: Database, kind: str) -> None:
    sent: list[tuple[str, Any]] = []
    explain, by_index = ("EXPLAIN QUERY PLAN", "INDEX ix_deliveries_at (at<?)")
    if kind == "postgresql":
        explain, by_index = "EXPLAIN", "Index Cond"
    with db.engine.begin() as conn:
        if kind == "postgresql":
            conn.exec_driver_sql("SET LOCAL enable_seqscan = off")  # it is for so few rows
        event.listen(conn, "before_cursor_execute", lambda *said: sent.append((said[2], said[3])))
        assert deliveries.first(conn, "v0=1")
        [(forget, values)] = [one for one in sent if one[0].startswith("DELETE")]
        plan = conn.exec_driver_sql(f"{explain} {forget}", values)
        assert by_index in "\n".join(str(row[-1]) for row in plan)
