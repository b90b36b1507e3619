"""The replay guard: a signature is taken once, whichever replica asks."""

from sqlalchemy import Connection, text

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
        conn.execute(text("UPDATE deliveries SET at = at - 700000"))

    assert await db.write(deliveries.first, "v0=1")
    await db.write(age)
    assert await db.write(deliveries.first, "v0=2")
    assert await db.write(deliveries.first, "v0=1")
