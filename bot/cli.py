"""The command line: `run`, `db upgrade`, `audit verify`, and what other packages add by entry point."""

import asyncio
import enum
import os
import sys
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from bot import retention
from bot.config import Config, load
from bot.errors import ConfigurationError
from store import backup, roles
from store.database import Database, is_embedded, shown
from store.errors import StoreError
from store.single import Hold

COMMANDS = "set_action.commands"
UNUSABLE = 2  # exit code: the configuration cannot be used
FAILED = 1


class Form(enum.StrEnum):
    """How the audit log is handed on."""

    CSV = "csv"
    JSONL = "jsonl"


app = typer.Typer(help="Run guarded bulk actions on a cluster from Slack.", no_args_is_help=True)
database = typer.Typer(help="The database.", no_args_is_help=True)
log_book = typer.Typer(help="The audit log.", no_args_is_help=True)
app.add_typer(database, name="db")
app.add_typer(log_book, name="audit")


@app.command()
def run(
    http: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Receive Slack's requests here, behind a TLS proxy.")
    ] = "",
    status: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Tell /healthz, /readyz and /metrics here, too.")
    ] = "",
) -> None:
    """Serve the bot until told to stop (SIGTERM or Ctrl-C): over Socket Mode, or over HTTP."""
    # All of the bot, which takes most of a second to import; no other command needs it.
    from bot import serving

    config = _config(serve=True, listen=_address(http), status=_address(status))
    try:
        serving.serve(config)
    except ConfigurationError as exc:
        _unusable(exc)
    except StoreError as exc:
        _no_database(config.database_url, exc)
    except serving.PartEnded:
        _failed("A part of set-action ended by itself, so all of it has stopped. The log above says why.")


@app.command()
def doctor(
    who: Annotated[
        str | None, typer.Option("--as", help="A Slack user id: explain what this person may do and why.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Look at everything the bot needs, and say what to do; exit code 1: something is bad.

    2: the configuration cannot be used. With --as: what a person may do and why.
    """
    # Slack's client takes a while to import.
    from bot.doctor.report import report

    if code := report(os.environ, who, as_json=as_json):
        raise typer.Exit(code)


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

    url = _config().database_url
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
        _no_database(url, exc)
    typer.echo("The database is up to date.")


@database.command("backup")
def db_backup(to: Annotated[Path, typer.Argument(help="A new file.")]) -> None:
    """Copy the database to a file, while the bot runs (SQLite; PostgreSQL has pg_dump)."""
    url = _config().database_url
    if not is_embedded(url):
        _failed(
            "PostgreSQL is backed up with its own tools, while the bot runs: "
            "pg_dump --format=custom --file=FILE DATABASE_URL, and pg_restore to bring it back."
        )
    try:
        backup.copy(url, to)
    except StoreError as exc:
        _no_database(url, exc)
    typer.echo(f"The database was copied to {to}.")
    typer.echo(f"To go back to it, stop the bot and put it in the place of {shown(url)}.")


@database.command("vacuum")
def db_vacuum() -> None:
    """Give the room of deleted rows back to the disk, while no bot runs (SQLite)."""
    url = _config().database_url
    if not is_embedded(url):
        _failed("PostgreSQL does this by itself (autovacuum).")
    try:
        before, after = backup.vacuum(url)
    except StoreError as exc:
        _no_database(url, exc)
    typer.echo(f"The database took {before:,} bytes, and takes {after:,} now.")


@log_book.command("verify")
def audit_verify(
    files: Annotated[list[Path] | None, typer.Option("--file", help="An archive; may be repeated.")] = None,
    head: Annotated[str | None, typer.Option("--expect-head", help="ROW:HASH, as told before.")] = None,
) -> None:
    """Recompute the chain of the audit log; exit code 1 names the first broken row."""
    url = _config().database_url
    try:
        with closing(Database(url, create=False)) as db:
            told = asyncio.run(retention.verified(db, files or [], head))
    except StoreError as exc:
        _no_database(url, exc)
    if told.problem:
        _failed(told.problem)
    typer.echo(told.words)


@log_book.command("archive")
def audit_archive(
    before: Annotated[datetime, typer.Option(help="Rows older than this go, by UTC.")],
    to: Annotated[Path, typer.Option(help="The file to be made.")],
) -> None:
    """Write the oldest rows to a file, check it, and only then delete them from the table."""
    url = _config().database_url
    try:
        with closing(Database(url, create=False)) as db:
            told = asyncio.run(retention.archived(db, before.replace(tzinfo=UTC), to))
    except StoreError as exc:
        _no_database(url, exc)
    if told.problem:
        _failed(told.problem)
    typer.echo(told.words)


@log_book.command("export")
def audit_export(
    form: Annotated[Form, typer.Option("--format", help="CSV for a spreadsheet, JSON Lines to the letter.")],
    since: Annotated[str, typer.Option(help="today, yesterday, 2026-11-24 or 7d; days are UTC's.")] = "",
    until: Annotated[str, typer.Option(help="The same; that day is included.")] = "",
) -> None:
    """Write the audit log of a period to standard output, row by row; that is put on the log too."""
    from bot import audit_export as export  # only here, as it takes a while to import

    try:
        period = export.period(since, until)
    except ValueError as exc:
        raise typer.BadParameter(str(exc)) from exc
    url = _config().database_url
    try:
        export.run(url, period, form.value)
    except StoreError as exc:
        _no_database(url, exc)


def main() -> None:
    """The console script."""
    known = {
        command.name or command.callback.__name__ for command in app.registered_commands if command.callback
    }
    known |= {group.name for group in app.registered_groups if group.name}
    # Other packages' commands are imported only where one of ours is not what was asked for: start matters.
    if not known & set(sys.argv[1:2]):
        for entry in entry_points(group=COMMANDS):
            app.command(entry.name)(entry.load())
    app()


def _address(words: str) -> tuple[str, int] | None:
    if not words:
        return None
    host, _, port = words.rpartition(":")
    if not host or not port.isdecimal() or not 0 <= int(port) <= 65_535:
        raise typer.BadParameter("write a host and a port, like 127.0.0.1:8080 or [::]:8080")
    return host.strip("[]"), int(port)


def _config(
    *, serve: bool = False, listen: tuple[str, int] | None = None, status: tuple[str, int] | None = None
) -> Config:
    try:
        return load(os.environ, serve=serve, listen=listen, status=status)
    except ConfigurationError as exc:
        _unusable(exc)


def _unusable(exc: ConfigurationError) -> NoReturn:
    count = len(exc.problems)
    typer.echo(
        f"set-action cannot start: {count} mistake{'' if count == 1 else 's'} in its configuration.", err=True
    )
    for problem in exc.problems:
        typer.echo(f"  {problem.where}: {problem.what}", err=True)
    raise typer.Exit(UNUSABLE)


def _no_database(url: str, exc: StoreError) -> NoReturn:
    _failed(f"The database {shown(url)} cannot be used. {exc}")


def _failed(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(FAILED)
