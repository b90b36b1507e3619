"""Bring the schema up to this code's revision, with Alembic."""

import asyncio
import sys
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, func, select

from store.database import Database
from store.errors import SchemaMismatch, StoreError
from store.schema import HEAD

UPGRADE_LOCK = 7_238_231_194_331_002  # an advisory lock of our own on PostgreSQL


def upgrade(conn: Connection) -> None:
    """Run every missing step, in the caller's transaction. Raises SchemaMismatch when the schema is newer.

    Replicas that start together do it one after the other, and the second finds it done.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(select(func.pg_advisory_xact_lock(UPGRADE_LOCK)))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = conn
    try:
        command.upgrade(config, HEAD)
    except CommandError as exc:
        raise SchemaMismatch(
            "The database was written by a newer version of set-action. "
            "Run that version, or restore the backup made before the upgrade."
        ) from exc


def main(url: str) -> int:
    """Do so in a process of its own, which writes why it cannot; its exit code."""
    try:
        with closing(Database(url)) as db:
            asyncio.run(db.write(upgrade))
    except StoreError as exc:
        sys.stdout.buffer.write(str(exc).encode())
        return 1
    return 0
