"""Bring the schema up to this code's revision, with Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from store.errors import SchemaMismatch
from store.schema import HEAD


def upgrade(conn: Connection) -> None:
    """Run every missing step, in the caller's transaction. Raises SchemaMismatch when the schema is newer."""
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
