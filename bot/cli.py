"""The command line: `run`, `doctor`, `db …`, `audit …`, and what other packages add by entry point."""

import asyncio
import enum
import os
import sys
from contextlib import closing
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer

from bot import cli_database, retention
from bot.errors import ConfigurationError
from bot.importing import sparingly
from bot.terminal import configured, failed, no_database, unusable
from store.database import Database
from store.errors import StoreError

COMMANDS = "set_action.commands"


class Form(enum.StrEnum):
    """How the audit log is handed on."""

    CSV = "csv"
    JSONL = "jsonl"


app = typer.Typer(help="Run guarded bulk actions on a cluster from Slack.", no_args_is_help=True)
log_book = typer.Typer(help="The audit log.", no_args_is_help=True)
app.add_typer(cli_database.database, name="db")
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
    with sparingly():
        from bot import serving

    config = configured(serve=True, listen=_address(http), status=_address(status))
    try:
        serving.serve(config)
    except ConfigurationError as exc:
        unusable(exc)
    except StoreError as exc:
        no_database(config.database_url, exc)
    except serving.PartEnded:
        failed("A part of set-action ended by itself, so all of it has stopped. The log above says why.")


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


@log_book.command("verify")
def audit_verify(
    files: Annotated[list[Path] | None, typer.Option("--file", help="An archive; may be repeated.")] = None,
    head: Annotated[str | None, typer.Option("--expect-head", help="ROW:HASH, as told before.")] = None,
) -> None:
    """Recompute the chain of the audit log; exit code 1 names the first broken row."""
    url = configured().database_url
    try:
        with closing(Database(url, create=False)) as db:
            told = asyncio.run(retention.verified(db, files or [], head))
    except StoreError as exc:
        no_database(url, exc)
    if told.problem:
        failed(told.problem)
    typer.echo(told.words)


@log_book.command("archive")
def audit_archive(
    before: Annotated[datetime, typer.Option(help="Rows older than this go, by UTC.")],
    to: Annotated[Path, typer.Option(help="The file to be made.")],
) -> None:
    """Write the oldest rows to a file, check it, and only then delete them from the table."""
    url = configured().database_url
    try:
        with closing(Database(url, create=False)) as db:
            told = asyncio.run(retention.archived(db, before.replace(tzinfo=UTC), to))
    except StoreError as exc:
        no_database(url, exc)
    if told.problem:
        failed(told.problem)
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
    url = configured().database_url
    try:
        export.run(url, period, form.value)
    except StoreError as exc:
        no_database(url, exc)


def main() -> None:
    """Find the command that was asked for, and run it."""
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
