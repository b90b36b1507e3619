"""The schema's way up: from empty to exactly `metadata`, once, whole or not at all, never from the future."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from store import audit, migrate, schema
from store.database import Database
from store.errors import SchemaMismatch, StoreError
from store.tables import metadata
from tests.store.samples import proposed

ALEMBICS_OWN = ("table", "alembic_version")


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


async def test_sqlite_keeps_the_very_same_tables_and_indexes(empty: Database, db: Database) -> None:
    await empty.write(metadata.create_all)
    expected = await empty.read(master)
    found = await db.read(master)
    triggers = {name for kind, name in found if kind == "trigger"}
    assert triggers == {"audit_log_no_update", "audit_log_no_delete", "audit_log_in_order"}
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


async def test_an_upgrade_neither_logs_nor_prints(empty: Database, capfd: pytest.CaptureFixture[str]) -> None:
    await empty.write(migrate.upgrade)
    assert capfd.readouterr() == ("", "")
