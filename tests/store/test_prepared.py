"""A statement that is built once: run with other values each time, with or without anybody listening."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Delete,
    Executable,
    Insert,
    Integer,
    MetaData,
    Select,
    Table,
    Uuid,
    delete,
    event,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError, MultipleResultsFound, NoResultFound

from store import audit, records
from store.clock import Instant
from store.column_types import Word
from store.database import Database, upsert_on
from store.errors import StoreError
from store.model import JobState
from store.prepared import Prepared, prepared
from tests.store.samples import BOTH

pytestmark = BOTH
things = Table(
    "prepared_things",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("uuid", Uuid),
    Column("state", Word(JobState)),
    Column("at", Instant),
    Column("detail", JSON(none_as_null=True)),
    Column("times", Integer, nullable=False, default=7),
    # Deleted with their transaction's connection: nothing of it is left.
    prefixes=["TEMPORARY"],
)
ID = UUID("0b9b2d5e-8e3c-4d57-9a7c-2d7c5b5f1a10")
AT = datetime(2026, 11, 27, 18, 30, 1, 250_000, UTC)
ROW = {"key": 1, "by": ID, "to": JobState.RUNNING, "moment": AT, "words": {"a": [1, "é"]}}


@prepared
def put(key: Any, by: Any, to: Any, moment: Any, words: Any) -> Insert:
    return insert(things).values(id=key, uuid=by, state=to, at=moment, detail=words)


@prepared
def found(key: Any) -> Select[Any]:
    return select(things).where(things.c.id == key)


@prepared
def everything() -> Select[Any]:
    return select(things).order_by(things.c.id)


@prepared
def moved(key: Any, to: Any) -> Executable:
    return update(things).where(things.c.id == key).values(state=to).returning(things.c.id, things.c.state)


@prepared
def some(keys: Any) -> Select[Any]:
    return select(things.c.id).where(things.c.id.in_(keys)).order_by(things.c.id)


@prepared
def once(dialect: str, key: Any) -> Executable:
    new = upsert_on(dialect, things).values(id=key).on_conflict_do_nothing(index_elements=["id"])
    made: Executable = new
    return made


@prepared
def gone(keys: Any) -> Delete:
    return delete(things).where(things.c.id == keys)


@contextmanager
def listening(conn: Connection, wanted: bool) -> Iterator[list[str]]:
    """Hear the statements of a connection, if that is wanted."""
    said: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    if wanted:
        event.listen(conn, "before_cursor_execute", note)
    yield said
    if wanted:
        event.remove(conn, "before_cursor_execute", note)


def with_things(work: Callable[[Connection], None]) -> Callable[[Connection], None]:
    """Work on an empty table."""

    def run(conn: Connection) -> None:
        things.create(conn)
        work(conn)
        things.drop(conn)

    return run


async def test_it_is_built_once_and_run_with_other_values(db: Database) -> None:
    built = []

    @prepared
    def total(one: Any, other: Any) -> Select[Any]:
        built.append(1)
        return select(literal(0) + one + func.abs(other))

    assert await db.read(lambda conn: total(conn, one=1, other=-2).scalar_one()) == 3
    assert await db.read(lambda conn: total(conn, one=10, other=-20).scalar_one()) == 30
    assert built == [1]


@pytest.mark.parametrize("heard", [False, True])
async def test_values_are_the_same_whoever_listens(db: Database, heard: bool) -> None:
    def work(conn: Connection) -> None:
        with listening(conn, heard) as said:
            put(conn, **ROW)
            put.many(conn, [ROW | {"key": 2, "words": None}, ROW | {"key": 3, "by": None, "moment": None}])
            row = found(conn, key=1).one()
            assert (row.uuid, row.state, row.at, row.detail) == (ID, JobState.RUNNING, AT, {"a": [1, "é"]})
            assert row.times == 7  # the column's own default
            assert row._asdict()["at"] == AT
            assert found(conn, key=2).one().detail is None
            assert [row.at for row in everything(conn)] == [AT, AT, None]
            assert moved(conn, key=3, to=JobState.DONE).one() == (3, JobState.DONE)
            assert moved(conn, key=9, to=JobState.DONE).one_or_none() is None
            assert some(conn, keys=[3, 1]).scalars() == [1, 3]
            for _ in range(2):
                once(conn, key=4)
            assert gone(conn, keys=4).rowcount == 1
            assert gone(conn, keys=4).rowcount == 0
        assert bool(said) is heard

    await db.write(with_things(work))


@pytest.mark.parametrize("number", [0, 1, 2, 5])
async def test_each_of_many_rows_is_put_once(db: Database, number: int) -> None:
    def work(conn: Connection) -> None:
        put.many(conn, (ROW | {"key": key} for key in range(number)))
        assert len(everything(conn).all()) == number

    await db.write(with_things(work))


async def test_what_is_asked_for_is_what_is_there(db: Database) -> None:
    def work(conn: Connection) -> None:
        assert everything(conn).first() is None
        assert everything(conn).scalar_one_or_none() is None
        with pytest.raises(NoResultFound):
            everything(conn).one()
        put.many(conn, [ROW, ROW | {"key": 2}])
        assert len(everything(conn).all()) == 2
        with pytest.raises(MultipleResultsFound):
            everything(conn).one()
        with pytest.raises(MultipleResultsFound):
            everything(conn).scalar_one_or_none()

    await db.write(with_things(work))


async def test_an_error_is_sqlalchemys_and_tells_no_values(db: Database) -> None:
    def work(conn: Connection) -> None:
        put(conn, **ROW)
        with pytest.raises(IntegrityError) as error, conn.begin_nested():
            put(conn, **ROW)
        assert str(ID) not in str(error.value)

    await db.write(with_things(work))


async def test_names_may_be_given_by_hand(db: Database) -> None:
    def total(**numbers: Any) -> Select[Any]:
        return select(literal(0) + numbers["one"] + numbers["other"])

    both = Prepared(total, "one", "other")
    assert await db.read(lambda conn: both(conn, one=1, other=2).scalar_one()) == 3


async def test_after_an_error_the_next_transaction_has_another_connection(db: Database) -> None:
    connections = []

    def work(conn: Connection) -> None:
        connections.append(conn)
        if len(connections) == 2:
            conn.exec_driver_sql("SELECT nonsense")

    await db.write(work)
    with pytest.raises(StoreError):
        await db.write(work)
    await db.write(work)
    assert connections[0] is connections[1] or db.embedded is False  # of several writers, one each
    assert connections[2] is not connections[1]


async def test_what_reads_row_by_row_leaves_the_threads_connection_as_it_was(db: Database) -> None:
    def options(conn: Connection) -> dict[str, Any]:
        return dict(conn.get_execution_options())

    before = await db.write(options)
    assert await db.write(lambda conn: list(records.read(conn, 1, 10))) == []
    assert (await db.write(audit.verify))[1] is None
    for _ in range(8):  # on PostgreSQL there are several writers
        assert await db.write(options) == before
