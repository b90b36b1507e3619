"""The commands on the database: `db upgrade`, `backup`, `restored` and `vacuum`."""

import asyncio
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Annotated

import typer

from bot.terminal import configured, failed, no_database
from store import backup, restoring, roles, schema
from store.database import Database, is_embedded, shown
from store.errors import StoreError
from store.single import Hold

database = typer.Typer(help="The database.", no_args_is_help=True)


@database.command("upgrade")
def db_upgrade(
    role: Annotated[
        str | None,
        typer.Option("--for-role", help="PostgreSQL: also let this role serve, unable to change the record."),
    ] = None,
) -> None:
    """Bring the database's schema up to this version; `run` does so by itself."""
    # Alembic takes a while to import, and only a new version needs it.
    from store import migrate

    url = configured().database_url
    try:
        # Not under the feet of a running bot.
        with ExitStack() as stack:
            if is_embedded(url):
                stack.callback(Hold(url).release)
            db = stack.enter_context(closing(Database(url)))
            asyncio.run(db.write(migrate.upgrade))
            if role:
                asyncio.run(db.write(roles.grant, role))
    except StoreError as exc:
        no_database(url, exc)
    typer.echo("The database is up to date.")


@database.command("backup")
def db_backup(to: Annotated[Path, typer.Argument(help="A new file.")]) -> None:
    """Copy the database to a file, while the bot runs (SQLite; PostgreSQL has pg_dump)."""
    url = configured().database_url
    if not is_embedded(url):
        failed(
            "PostgreSQL is backed up with its own tools, while the bot runs: "
            "pg_dump --format=custom --file=FILE DATABASE_URL, and pg_restore to bring it back."
        )
    try:
        backup.copy(url, to)
    except StoreError as exc:
        no_database(url, exc)
    typer.echo(f"The database was copied to {to}.")
    typer.echo(f"To go back to it, stop the bot and put it in the place of {shown(url)}.")


@database.command("vacuum")
def db_vacuum() -> None:
    """Give the room of deleted rows back to the disk, while no bot runs (SQLite)."""
    url = configured().database_url
    if not is_embedded(url):
        failed("PostgreSQL does this by itself (autovacuum).")
    try:
        before, after = backup.vacuum(url)
    except StoreError as exc:
        no_database(url, exc)
    typer.echo(f"The database took {before:,} bytes, and takes {after:,} now.")


@database.command("restored")
def db_restored() -> None:
    """After a backup was put back, before a bot starts: have nothing sent that may have been sent since."""
    url = configured().database_url
    try:
        with ExitStack() as stack:
            if is_embedded(url):
                stack.callback(Hold(url).release)
            db = stack.enter_context(closing(Database(url, create=False)))
            if not asyncio.run(db.read(schema.is_current)):
                failed("The backup is another version's. Run this with the version that made it.")
            told = asyncio.run(db.write(restoring.settle))
    except StoreError as exc:
        no_database(url, exc)
    typer.echo(
        f"In doubt: {told.requests} requests count as sent and are read back; {told.held} jobs wait for a "
        f"person; {told.cancelled} jobs that waited for approval are cancelled; {told.expired} cards expired."
    )
