"""One contract for turns and bell on both engines, and what only equal replicas on PostgreSQL can show."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from structlog.testing import capture_logs

from bot.turns import Bell, Turns
from bot.turns.embedded import EmbeddedTurns
from bot.turns.postgres import PostgresTurns
from store.database import Database
from store.errors import AlreadyInUse, StoreError
from store.units import ring

TURN = "cluster:evian3"
Make = Callable[[], Awaitable[PostgresTurns]]


@pytest.fixture(params=["embedded", "postgresql"])
async def turns(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Turns]:
    """Turns of one process, open."""
    made: Turns
    if request.param == "embedded":
        made = EmbeddedTurns(f"sqlite:///{tmp_path / 'bot.sqlite3'}", Bell())
    else:
        made = PostgresTurns(request.getfixturevalue("postgres")(), Bell())
    await made.open()
    yield made
    await made.close()


@pytest.fixture
def url(postgres: Callable[[], str]) -> str:
    return postgres()


@pytest.fixture
async def replica(url: str) -> AsyncIterator[Make]:
    """Opens one replica after another on the same database; all are closed in the end."""
    made: list[PostgresTurns] = []

    async def make() -> PostgresTurns:
        one = PostgresTurns(url, Bell())
        await one.open()
        made.append(one)
        return one

    yield make
    for one in made:
        await one.close()


@pytest.fixture
async def admin(url: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """Somebody at the database itself."""
    conn = await psycopg.AsyncConnection.connect(url, autocommit=True)
    yield conn
    await conn.close()


async def terminate(admin: psycopg.AsyncConnection[Any], statement: str) -> int:
    """End the sessions whose last statement was like this; how many they were."""
    ended = await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'set-action turns' "
        "AND datname = current_database() AND query LIKE %s",
        (statement,),
    )
    return len(await ended.fetchall())


async def taken(turns: Turns, within_s: float) -> bool:
    """Whether the turn comes to us in time, asked for as a loop would."""
    end = asyncio.get_running_loop().time() + within_s
    while not (ours := await turns.take(TURN)) and asyncio.get_running_loop().time() < end:
        await turns.bell.hear("never rung", 0.02)
    return ours


async def rung(turns: Turns, topic: str, within_s: float = 5.0) -> None:
    async with asyncio.timeout(within_s):
        await turns.bell.hear(topic, 60)


async def test_a_turn_is_taken_held_and_given(turns: Turns) -> None:
    assert await turns.take(TURN)
    assert await turns.take(TURN), "held still"
    await turns.give(TURN)
    assert await turns.take(TURN)


async def test_a_lease_outlasts_a_moment_and_moves_on(turns: Turns) -> None:
    assert await turns.take(TURN)
    now, lease = asyncio.get_running_loop().time(), turns.lease()
    assert lease() > now + 1
    await turns.give(TURN)
    assert await turns.take(TURN)
    assert lease() > now + 1


async def test_turns_of_other_names_are_others(turns: Turns) -> None:
    assert await turns.take(TURN)
    assert await turns.take("cluster:fiji1")
    assert await turns.take("outbox")


async def test_giving_what_is_not_held_does_nothing(turns: Turns) -> None:
    await turns.give(TURN)
    assert await turns.take(TURN)


async def test_a_ring_in_the_process_is_heard(turns: Turns) -> None:
    turns.bell.ring(TURN)
    await rung(turns, TURN)


async def test_closed_twice_is_closed(turns: Turns) -> None:
    await turns.close()
    await turns.close()


async def test_a_second_process_on_a_file_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'bot.sqlite3'}"
    first, second = EmbeddedTurns(address, Bell()), EmbeddedTurns(address, Bell())
    await first.open()
    with pytest.raises(AlreadyInUse):
        await second.open()
    await first.close()
    await second.open()
    await second.close()


async def test_a_second_holder_is_refused_until_the_first_gives(replica: Make) -> None:
    one, two = await replica(), await replica()
    assert await one.take(TURN)
    assert not await two.take(TURN)
    assert await two.take("cluster:fiji1")
    await one.give(TURN)
    assert await two.take(TURN)
    assert not await one.take(TURN)


async def test_a_turn_confirmed_after_a_silence_is_still_given_whole(replica: Make) -> None:
    """A session counts how often it locks: asked again after a stall, one unlock must be enough."""
    one, two = await replica(), await replica()
    assert await one.take(TURN)
    one._alive_at = 0.0  # as after a stall of the loop, too short for the server to notice
    assert await one.take(TURN)
    await one.give(TURN)
    assert await two.take(TURN)


async def test_closing_frees_at_once(replica: Make) -> None:
    one, two = await replica(), await replica()
    assert await one.take(TURN)
    await one.close()
    assert await taken(two, 1.0)


async def test_a_killed_session_frees_at_once_and_its_holder_learns_of_it(
    replica: Make, admin: psycopg.AsyncConnection[Any]
) -> None:
    one, two = await replica(), await replica()
    assert await one.take(TURN)
    lease = one.lease()
    holder = await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
    assert len(await holder.fetchall()) == 1
    assert await taken(two, 1.0)
    with capture_logs() as logs:
        one._alive_at = 0.0
        assert not await one.take(TURN)
    assert [entry["event"] for entry in logs] == ["turns.lost"]
    await two.give(TURN)
    assert await taken(one, 5.0), "it has connected again"
    assert lease() == 0.0, "what was begun before is over for good"
    assert one.lease()() > 0


async def test_a_ring_is_heard_by_every_replica(replica: Make, url: str) -> None:
    one, two = await replica(), await replica()
    for turns in (one, two):
        turns.bell._events.clear()
    db = Database(url)
    try:
        await db.write(ring, TURN)
        await asyncio.gather(rung(one, TURN), rung(two, TURN))
    finally:
        db.close()


async def test_the_bell_is_heard_again_after_its_session_was_ended(
    replica: Make, url: str, admin: psycopg.AsyncConnection[Any]
) -> None:
    one = await replica()
    await one.bell.hear(TURN, 0)
    assert await terminate(admin, "LISTEN%") == 1
    await rung(one, TURN)  # what may have been rung meanwhile
    db = Database(url)
    try:
        hearing = asyncio.create_task(rung(one, "a topic of its own"))
        await db.write(ring, "a topic of its own")
        await hearing
    finally:
        db.close()


async def test_a_database_that_is_away_is_a_store_error() -> None:
    turns = PostgresTurns("postgresql://nobody:secret@127.0.0.1:1/none", Bell())
    with pytest.raises(StoreError, match="cannot be reached") as caught:
        await turns.open()
    assert "secret" not in str(caught.value)
    assert not await turns.take(TURN)
    await turns.close()
