"""What every connection promises: the PRAGMAs of design.md on all threads, and who may read the file."""

import asyncio
import stat
from pathlib import Path
from threading import Barrier

from sqlalchemy import Connection

from store.database import READERS, Database

WAL = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5_000}


def pragmas(conn: Connection, together: Barrier | None = None) -> tuple[int, dict[str, object]]:
    """The driver's connection, and what it is set to. `together` keeps each on a connection of its own."""
    if together:
        together.wait(10)
    found = {name: conn.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in WAL}
    if together:
        together.wait(10)
    return id(conn.connection.dbapi_connection), found


async def every_connection(db: Database) -> list[tuple[int, dict[str, object]]]:
    """Of the writer and of all readers, held at the same time."""
    together = Barrier(READERS + 1)
    reads = [db.read(pragmas, together) for _ in range(READERS)]
    return await asyncio.gather(db.write(pragmas, together), *reads)


async def test_the_pragmas_hold_on_the_writer_and_on_all_readers(db: Database) -> None:
    seen = await every_connection(db)
    assert len({connection for connection, _ in seen}) == READERS + 1
    assert [found for _, found in seen] == [WAL] * (READERS + 1)


async def test_they_hold_again_after_the_pool_was_emptied(db: Database) -> None:
    await every_connection(db)
    db.engine.dispose()
    assert [found for _, found in await every_connection(db)] == [WAL] * (READERS + 1)


async def test_a_file_that_was_not_in_wal_mode_comes_up_with_all_connections_at_once(tmp_path: Path) -> None:
    for attempt in range(10):
        db = Database(f"sqlite:///{tmp_path / str(attempt)}")
        try:
            assert [found for _, found in await every_connection(db)] == [WAL] * (READERS + 1)
        finally:
            db.close()


async def test_only_the_owner_may_read_the_database_and_its_side_files(tmp_path: Path) -> None:
    path = tmp_path / "new" / "bot.sqlite3"
    db = Database(f"sqlite:///{path}")
    try:
        await db.write(lambda conn: conn.exec_driver_sql("CREATE TABLE secret (word TEXT)"))
        files = list(path.parent.iterdir())
        assert {file.name for file in files} == {"bot.sqlite3", "bot.sqlite3-wal", "bot.sqlite3-shm"}
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    finally:
        db.close()


async def test_closing_leaves_one_file(db: Database, path: Path) -> None:
    await db.write(lambda conn: conn.exec_driver_sql("CREATE TABLE other (word TEXT)"))
    db.close()
    assert [file.name for file in path.parent.iterdir()] == [path.name]
