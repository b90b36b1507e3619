"""The schema's way up: from empty to exactly `metadata`, once, whole or not at all, never from the future."""

import re
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from store import audit, migrate, schema
from store.database import Database
from store.errors import SchemaMismatch, StoreError
from tests.store.samples import BOTH, proposed
from tests.tables import everything

ALEMBICS_OWN = ("table", "alembic_version")
metadata = everything()


def master(conn: Connection) -> dict[tuple[str, str], list[str]]:
    """All SQLite keeps of the schema: partial indexes, WITHOUT ROWID, AUTOINCREMENT, names of constraints.

    A statement is given by its parts in one order: Alembic and SQLAlchemy list constraints differently, and
    a column that came later stands at the end.
    """
    rows = conn.execute(text("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite%'"))
    return {
        (row.type, row.name): sorted(
            filter(None, (part.strip(" \t()") for part in re.split("[,\n]", row.sql)))
        )
        for row in rows
    }


def differences(conn: Connection) -> list[object]:
    """What Alembic would write into the next migration."""
    context = MigrationContext.configure(
        conn, opts={"compare_type": True, "compare_server_default": True, "target_metadata": metadata}
    )
    found: list[object] = compare_metadata(context, metadata)
    return found


JOB = """
INSERT INTO jobs (id, uuid, request_key, enterprise_id, team_id, user_id, action_code, action_name, cluster,
    base_url, state, total, accepted, refused, unknown, open_chunks, duplicates, channel_id, created_at,
    expires_at, checks)
VALUES (1, '0', 'k', '', 'T0', 'U0', 3, 'T-Enable', 'evian3', '', 'done', 1, 0, 0, 0, 0, 0, 'C0', 0, 0, 0)
"""
WAITING = """
INSERT INTO outbox (job_id, note, revision, attempts, doubtful, created_at, due_at)
VALUES (1, :note, 0, 0, FALSE, 0, 0)
"""


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    """A file without any schema."""
    opened = Database(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    yield opened
    opened.close()


async def test_an_upgrade_from_empty_gives_what_the_code_expects(empty: Database) -> None:
    assert not await empty.read(schema.is_current)
    await empty.write(migrate.upgrade)
    assert await empty.read(schema.is_current)
    assert await empty.read(differences) == []


def partial(conn: Connection) -> set[str]:
    """The indexes of some rows only."""
    rows = "SELECT indexrelid::regclass::text FROM pg_index WHERE indpred IS NOT NULL"
    return set(conn.execute(text(rows)).scalars())


async def test_indexes_of_some_rows_are_so_on_postgresql_too(postgres: Callable[[], str]) -> None:
    """The tables say their condition for SQLite alone, so nothing else compares it."""
    with closing(Database(postgres())) as db:
        await db.write(migrate.upgrade)
        found = await db.read(partial)
    indexes = [index for table in metadata.tables.values() for index in table.indexes]
    assert found == {index.name for index in indexes if index.dialect_options["sqlite"]["where"] is not None}
    assert "uq_outbox_card" in found


async def test_sqlite_keeps_the_very_same_tables_and_indexes(empty: Database, db: Database) -> None:
    await empty.write(metadata.create_all)
    expected = await empty.read(master)
    found = await db.read(master)
    triggers = {name for kind, name in found if kind == "trigger"}
    changes = ("no_update", "no_delete", "in_order")
    guards = {f"{table}_{what}" for table in ("audit_log", "audit_archives") for what in changes}
    assert triggers == {*guards, "jobs_standing_made", "jobs_standing_moved"}
    assert {
        key: lines for key, lines in found.items() if key[0] != "trigger" and key != ALEMBICS_OWN
    } == expected


async def test_the_difference_would_be_seen(db: Database) -> None:
    await db.write(lambda conn: conn.exec_driver_sql("DROP INDEX ix_jobs_owner"))
    await db.write(lambda conn: conn.exec_driver_sql("ALTER TABLE jobs ADD COLUMN stray TEXT"))
    assert len(await db.read(differences)) == 2


async def test_a_second_upgrade_changes_nothing(db: Database) -> None:
    job = await db.write(proposed)
    await db.write(audit.append, audit.Event.REQUESTED)
    before = await db.read(master)
    await db.write(migrate.upgrade)
    assert await db.read(master) == before
    assert await db.read(schema.is_current)
    assert await db.read(lambda conn: conn.execute(text("SELECT id FROM jobs")).scalars().all()) == [job.id]


@pytest.mark.parametrize("revision", ["2031_01_01_later", "ae1027a6acf"])
async def test_a_schema_of_another_version_is_refused_and_left_alone(db: Database, revision: str) -> None:
    def pretend(conn: Connection) -> None:
        conn.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})

    await db.write(pretend)
    before = await db.read(master)
    assert not await db.read(schema.is_current)
    with pytest.raises(SchemaMismatch, match="newer version of set-action"):
        await db.write(migrate.upgrade)
    assert await db.read(master) == before
    version = text("SELECT version_num FROM alembic_version")
    assert await db.read(lambda conn: conn.execute(version).scalar_one()) == revision


def test_the_revision_the_code_needs_is_the_head_of_the_scripts() -> None:
    scripts = ScriptDirectory(str(Path(migrate.__file__).parent / "migrations"))
    assert scripts.get_heads() == [schema.HEAD]
    assert len(schema.HEAD) <= 32, "alembic_version would cut it on PostgreSQL"


async def test_an_upgrade_that_fails_half_way_leaves_nothing(empty: Database) -> None:
    # The outbox comes last: by then the other tables have been made.
    await empty.write(lambda conn: conn.exec_driver_sql("CREATE TABLE outbox (somebody TEXT)"))
    before = await empty.read(master)
    with pytest.raises(StoreError):
        await empty.write(migrate.upgrade)
    assert await empty.read(master) == before
    await empty.write(lambda conn: conn.exec_driver_sql("DROP TABLE outbox"))
    await empty.write(migrate.upgrade)
    assert await empty.read(schema.is_current)


@BOTH
def test_what_waits_in_the_outbox_when_batches_come_waits_still(kind: str, bare_url: str) -> None:
    db = Database(bare_url)
    try:
        with db.engine.begin() as conn, pytest.MonkeyPatch.context() as patch:
            patch.setattr(migrate, "HEAD", "2026_11_23_preview")
            migrate.upgrade(conn)
            conn.execute(text(JOB))
            for number in (1, 2, 3):
                conn.execute(text(WAITING), {"note": f"note{number}"})
            conn.execute(text("DELETE FROM outbox WHERE note <> 'note1'"))
        with db.engine.begin() as conn:
            migrate.upgrade(conn)
            conn.execute(text(WAITING), {"note": "later"})
            rows = conn.execute(text("SELECT id, job_id, batch_id, note FROM outbox ORDER BY id"))
            assert [tuple(row) for row in rows] == [(1, 1, None, "note1"), (4, 1, None, "later")]
    finally:
        db.close()


async def test_an_upgrade_neither_logs_nor_prints(empty: Database, capfd: pytest.CaptureFixture[str]) -> None:
    await empty.write(migrate.upgrade)
    assert capfd.readouterr() == ("", "")
