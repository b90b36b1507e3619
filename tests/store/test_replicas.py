"""PostgreSQL under several replicas: one record, one decision, lost connections made good."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from threading import Event as Flag

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, func, select, text

from store import audit, checks, chunks, jobs, migrate, postgres, schema
from store.audit import Event
from store.clock import read_now
from store.database import Database
from store.errors import StoreError
from store.tables import audit_log
from store.tables import jobs as job_table
from tests.store.samples import EVIAN3, proposed, running
from tests.tables import everything


@pytest.fixture
def kind() -> str:
    return "postgresql"


@pytest.fixture
def doors(url: str) -> Iterator[list[Database]]:
    """Two replicas' doors to the same database."""
    opened = [Database(url), Database(url)]
    yield opened
    for door in opened:
        door.close()


def differences(conn: Connection) -> list[object]:
    context = MigrationContext.configure(conn, opts={"compare_type": True, "target_metadata": everything()})
    found: list[object] = compare_metadata(context, everything())
    return found


def count(conn: Connection) -> int:
    return conn.execute(select(func.count()).select_from(job_table)).scalar_one()


async def test_an_upgrade_from_empty_gives_what_the_code_expects(postgres: Callable[[], str]) -> None:
    address = postgres()
    opened = [Database(address), Database(address)]
    try:
        await asyncio.gather(*(db.write(migrate.upgrade) for db in opened))  # replicas that start together
        assert await opened[0].read(schema.is_current)
        assert await opened[0].read(differences) == []
    finally:
        for db in opened:
            db.close()


async def test_one_chain_however_many_write(doors: list[Database]) -> None:
    def work(conn: Connection, number: int) -> None:
        for step in range(3):
            audit.append(conn, Event.SENT, cluster=EVIAN3, detail={"work": number, "step": step})

    await asyncio.gather(*(doors[n % 2].write(work, n) for n in range(40)))
    assert await doors[0].read(audit.verify) == (120, None)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'x'",
        "DELETE FROM audit_log WHERE seq = 1",
        "TRUNCATE audit_log",
        "INSERT INTO audit_log SELECT * FROM audit_log ON CONFLICT (seq) DO UPDATE SET actor = 'x'",
        "INSERT INTO audit_log SELECT seq + 5, at, actor, event, job, cluster, detail, previous_hash, hash "
        "FROM audit_log WHERE seq = 1",
    ],
)
async def test_nothing_that_comes_through_the_database_changes_a_row(db: Database, statement: str) -> None:
    await db.write(audit.append, Event.SENT)
    with pytest.raises(StoreError):
        await db.write(lambda conn: conn.exec_driver_sql(statement))
    assert await db.read(audit.verify) == (1, None)


async def test_of_many_clicks_at_once_one_counts(doors: list[Database]) -> None:
    job = await doors[0].write(proposed)
    clicks = [doors[n % 2].write((jobs.confirm, jobs.cancel)[n % 4 // 2], job, f"U{n}") for n in range(24)]
    won = await asyncio.gather(*clicks)
    assert sum(won) == 1
    assert (await doors[1].read(jobs.get, job.id)).decided_by == f"U{won.index(True)}"


async def test_a_chunk_is_claimed_once_even_by_two_who_think_it_is_their_turn(doors: list[Database]) -> None:
    await doors[0].write(lambda conn: running(conn, 40, size=1))
    claims = await asyncio.gather(*(doors[n % 2].write(chunks.claim, EVIAN3) for n in range(60)))
    numbers = Counter(chunk.number for chunk in claims if chunk)
    assert numbers
    assert set(numbers.values()) == {1}


async def test_a_unit_whose_connection_is_ended_half_way_is_done_once(doors: list[Database]) -> None:
    tries = []

    def work(conn: Connection) -> None:
        tries.append(conn.execute(text("SELECT pg_backend_pid()")).scalar_one())
        proposed(conn)
        audit.append(conn, Event.REQUESTED)
        if len(tries) == 1:
            with doors[1].engine.begin() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": tries[0]})
        conn.execute(text("SELECT 1"))

    await doors[0].write(work)
    assert len(set(tries)) == 2
    assert await doors[0].read(count) == 1
    assert await doors[0].read(audit.verify) == (1, None)


async def test_every_idle_connection_ended_is_made_good(doors: list[Database]) -> None:
    await asyncio.gather(*(doors[0].read(count) for _ in range(20)))
    ended = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    await doors[1].write(lambda conn: conn.execute(ended).all())
    assert await asyncio.gather(*(doors[0].read(count) for _ in range(20))) == [0] * 20


async def test_a_read_sees_one_moment_whatever_is_committed_meanwhile(db: Database) -> None:
    between, finish = Flag(), Flag()

    def twice(conn: Connection) -> tuple[int, int]:
        before = count(conn)
        between.set()
        assert finish.wait(10)
        return before, count(conn)

    reading = asyncio.create_task(db.read(twice))
    try:
        await asyncio.to_thread(between.wait, 10)
        await db.write(proposed)
    finally:
        finish.set()
    assert await reading == (0, 0)


async def test_a_read_cannot_write(db: Database) -> None:
    with pytest.raises(StoreError):
        await db.read(proposed)
    assert await db.read(count) == 0
    await db.write(proposed)
    assert await db.read(count) == 1


async def test_an_error_tells_no_statement_and_no_value(db: Database) -> None:
    job = await db.write(proposed)
    with pytest.raises(StoreError) as caught:
        await db.write(lambda conn: proposed(conn, uuid=job.uuid, reason="never to be shown"))
    cause = caught.value.__cause__
    assert cause is not None
    assert job.uuid.hex not in str(caught.value)
    assert "never to be shown" not in f"{caught.value} {cause}"


async def test_times_do_not_go_back_along_the_chain(doors: list[Database]) -> None:
    """Not even those of a transaction that asked for the time before another one ended."""
    asked, finish = Flag(), Flag()

    def slowly(conn: Connection) -> None:
        before = read_now(conn)
        audit.append(conn, Event.LOOKED, actor="slow")
        asked.set()
        assert finish.wait(10)
        assert read_now(conn) == before

    slow = asyncio.create_task(doors[0].write(slowly))
    await asyncio.to_thread(asked.wait, 10)
    while await doors[1].write(_ms_after_a_row) < 2:
        pass
    finish.set()
    await slow
    rows = await doors[1].read(lambda conn: conn.execute(select(audit_log).order_by(audit_log.c.seq)).all())
    assert rows[-1].actor == "slow"
    assert [row.at for row in rows] == sorted(row.at for row in rows)
    assert rows[-1].at > rows[0].at


def _ms_after_a_row(conn: Connection) -> float:
    """Put something on the record; how long (ms) it is after the first row."""
    audit.append(conn, Event.LOOKED, actor="quick")
    first = conn.execute(select(func.min(audit_log.c.at))).scalar_one()
    return (read_now(conn) - first) / timedelta(milliseconds=1) if first else 0


async def test_whether_something_may_be_sent_again_holds_until_it_is_decided(doors: list[Database]) -> None:
    """Otherwise another replica could send it and lose it again between this answer and what follows."""
    job = await doors[0].write(running)
    asked, finish = Flag(), Flag()

    def ask(conn: Connection) -> None:
        checks.settled(conn, job, 0.0)
        asked.set()
        assert finish.wait(10)

    def elsewhere(conn: Connection) -> None:
        conn.execute(text("SET LOCAL lock_timeout = '100ms'"))
        checks.ask(conn, job)

    asking = asyncio.create_task(doors[0].write(ask))
    try:
        await asyncio.to_thread(asked.wait, 10)
        with pytest.raises(StoreError, match="55P03"):
            await doors[1].write(elsewhere)
    finally:
        finish.set()
        await asking
    await doors[1].write(elsewhere)


async def test_a_replica_frozen_in_a_transaction_holds_up_nobody_for_long(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "idle_in_transaction_session_timeout"
    assert postgres.SETTINGS[name] == "2s"
    monkeypatch.setitem(postgres.SETTINGS, name, "300ms")
    frozen, other = Database(url), Database(url)
    tries, held, thaw = 0, Flag(), Flag()

    def freeze(conn: Connection) -> None:
        nonlocal tries
        tries += 1
        jobs.hold(conn, job.id)
        held.set()
        assert thaw.wait(10)

    try:
        job = await frozen.write(running)
        freezing = asyncio.create_task(frozen.write(freeze))
        await asyncio.to_thread(held.wait, 10)
        async with asyncio.timeout(5):
            await other.write(jobs.hold, job.id)
        thaw.set()
        await freezing
        assert tries == 2  # from the beginning, on a new connection
    finally:
        thaw.set()
        frozen.close()
        other.close()
