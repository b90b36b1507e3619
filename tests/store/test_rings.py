"""What rings, and when: on SQLite in the process that committed, on PostgreSQL at everybody who listens."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing

import psycopg
import pytest
from sqlalchemy import Connection, make_url

from store import jobs, outbox
from store.database import Database
from store.outbox_model import Note
from store.postgres import CHANNEL
from store.units import ring
from tests.store.samples import BOTH, proposed

pytestmark = BOTH
Heard = Callable[[], Awaitable[list[str]]]


@pytest.fixture
async def heard(kind: str, url: str, db: Database, rings: list[str]) -> AsyncIterator[Heard]:
    """Gives the topics heard so far, and a last ring of our own ends the wait for them."""
    if kind == "sqlite":

        async def here() -> list[str]:
            await db.write(ring, "end")
            await db.write(lambda _: None)  # the one writer rings before it takes the next
            await asyncio.sleep(0)
            rings.remove("end")
            return sorted(rings)

        yield here
        return
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    ears = await psycopg.AsyncConnection.connect(address, autocommit=True)
    await ears.execute(f"LISTEN {CHANNEL}".encode())
    topics: list[str] = []

    async def there() -> list[str]:
        await db.write(ring, "end")
        async with asyncio.timeout(5), aclosing(ears.notifies()) as notices:
            async for notice in notices:
                if notice.payload == "end":
                    return sorted(topics)
                topics.append(notice.payload)
        raise AssertionError("the connection was closed")

    yield there
    await ears.close()
    assert rings == [], "it would be heard twice"


async def test_a_confirmation_rings_the_cluster_and_a_lost_one_does_not(db: Database, heard: Heard) -> None:
    job = await db.write(proposed)
    assert await db.write(jobs.confirm, job, "U0ASTER")
    assert await heard() == ["cluster:evian3"]
    assert not await db.write(jobs.confirm, job, "U0ASTER")
    assert await heard() == ["cluster:evian3"]


async def test_adding_rings_once_after_the_commit(db: Database, heard: Heard) -> None:
    def work(conn: Connection) -> None:
        job = proposed(conn).id
        outbox.add(conn, job, Note.CARD)
        outbox.add(conn, job, Note.STARTED)

    await db.write(work)
    assert len(await db.read(outbox.due, 32)) == 2
    assert await heard() == [outbox.CARDS, outbox.TOPIC]


async def test_what_is_rolled_back_never_rings(db: Database, heard: Heard) -> None:
    def work(conn: Connection) -> None:
        outbox.add(conn, proposed(conn).id, Note.CARD)
        raise LookupError("half way")

    with pytest.raises(LookupError, match="half way"):
        await db.write(work)
    assert await heard() == []
