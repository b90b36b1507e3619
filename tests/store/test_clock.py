"""The database's clock: asked once a transaction, and anew in the next."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from sqlalchemy import Connection, event

from store import clock
from store.database import Database
from store.units import Transactions


@pytest.fixture
def asked(db: Database) -> Iterator[Callable[[], int]]:
    """How often the clock was asked since the last call."""
    seen: list[str] = []

    def ran(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    def count() -> int:
        number = len(seen)
        seen.clear()
        return number

    event.listen(db.engine, "before_cursor_execute", ran)
    yield count
    event.remove(db.engine, "before_cursor_execute", ran)


def thrice(conn: Connection) -> set[datetime]:
    return {clock.read_now(conn) for _ in range(3)}


@pytest.mark.parametrize("way", [lambda db: db, lambda db: db.short], ids=["on threads", "at once"])
async def test_the_clock_is_asked_once_a_transaction(
    db: Database, asked: Callable[[], int], way: Callable[[Database], Transactions]
) -> None:
    at = way(db)
    for carried_out in (at.write, at.read, at.write, at.write):
        assert (len(await carried_out(thrice)), asked()) == (1, 1)


async def test_a_transaction_that_was_undone_leaves_no_time_behind(
    db: Database, asked: Callable[[], int]
) -> None:
    def undone(conn: Connection) -> None:
        clock.read_now(conn)
        raise LookupError

    with pytest.raises(LookupError):
        await db.write(undone)
    await db.write(thrice)
    assert asked() == 2


def test_on_a_connection_of_ones_own_too(db: Database, asked: Callable[[], int]) -> None:
    with db.engine.connect() as conn:
        for _ in range(2):
            with conn.begin():
                thrice(conn)
    assert asked() == 2


async def test_whoever_has_waited_for_a_lock_asks_anew_and_so_do_those_after_it(
    db: Database, asked: Callable[[], int]
) -> None:
    def work(conn: Connection) -> tuple[datetime, datetime]:
        clock.read_now(conn)
        return clock.read_anew(conn), clock.read_now(conn)

    anew, after = await db.write(work)
    assert after == anew
    assert asked() == 2
