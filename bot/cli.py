"""The command line: `run`, the database, the audit log, and what other packages add by entry point."""

import asyncio
import enum
import os
import signal
import sys
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from importlib.metadata import entry_points
from typing import Annotated, NoReturn

import typer
from sqlalchemy import Connection

from bot import logs
from bot.app import running, upgrade
from bot.config import Config, load
from bot.errors import ConfigurationError
from bot.list_dates import Clock, read_date
from bot.list_words import DATES
from bot.service import record_export
from bot.views.record import lines
from store import audit, records
from store.database import Database, is_embedded, shown
from store.errors import StoreError
from store.records_model import Period
from store.single import Hold

COMMANDS = "set_action.commands"
UNUSABLE = 2  # exit code: the configuration cannot be used
FAILED = 1


class Form(enum.StrEnum):
    """How the audit log is handed on."""

    CSV = "csv"
    JSONL = "jsonl"


class PartEnded(Exception):
    """A part of the bot that must run until it is stopped has ended."""


app = typer.Typer(help="Run guarded bulk actions on a cluster from Slack.", no_args_is_help=True)
database = typer.Typer(help="The database.", no_args_is_help=True)
log_book = typer.Typer(help="The audit log.", no_args_is_help=True)
app.add_typer(database, name="db")
app.add_typer(log_book, name="audit")


@app.command()
def run() -> None:
    """Serve the bot over Slack's Socket Mode until told to stop (SIGTERM or Ctrl-C)."""
    config = _config()
    logs.configure(config.secrets)
    try:
        asyncio.run(_serve(config))
    except ConfigurationError as exc:
        _unusable(exc)
    except StoreError as exc:
        _no_database(config.database_url, exc)
    except PartEnded:
        _failed("A part of set-action ended by itself, so all of it has stopped. The log above says why.")


@database.command("upgrade")
def db_upgrade() -> None:
    """Bring the database's schema up to this version; `run` does so by itself."""
    url = _config().database_url
    try:
        # Not under the feet of a running bot.
        with ExitStack() as stack:
            if is_embedded(url):
                stack.callback(Hold(url).release)
            asyncio.run(upgrade(stack.enter_context(closing(Database(url)))))
    except StoreError as exc:
        _no_database(url, exc)
    typer.echo("The database is up to date.")


@log_book.command("verify")
def audit_verify() -> None:
    """Recompute the chain of the audit log; exit code 1 names the first broken row."""
    url = _config().database_url
    try:
        with closing(Database(url, create=False)) as db:
            rows, broken = asyncio.run(db.read(audit.verify))
    except StoreError as exc:
        _no_database(url, exc)
    if broken:
        _failed(
            f"The audit log is broken at row {broken.seq}: {broken.why}. "
            f"The {rows:,} rows before it are whole."
        )
    typer.echo(f"The audit log is whole: {rows:,} rows.")


@log_book.command("export")
def audit_export(
    form: Annotated[Form, typer.Option("--format", help="CSV for a spreadsheet, JSON Lines to the letter.")],
    since: Annotated[str, typer.Option(help="today, yesterday, 2026-11-24 or 7d; days are UTC's.")] = "",
    until: Annotated[str, typer.Option(help="The same; that day is included.")] = "",
) -> None:
    """Write the audit log of a period to standard output, row by row; that is put on the log too."""
    period = Period(_moment(since, "--since"), _moment(until, "--until", end=True))
    url = _config().database_url
    try:
        with closing(Database(url, create=False)) as db:
            rows = asyncio.run(db.read(_write_out, period, form))
            asyncio.run(db.write(record_export.record, "command line", period, form.value, rows))
    except StoreError as exc:
        _no_database(url, exc)
    except BrokenPipeError:
        raise typer.Exit(FAILED) from None


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


def _write_out(conn: Connection, period: Period, form: Form) -> int:
    """Write as it is read, so that a log of any size needs no memory; how many rows."""
    written = -1 if form is Form.CSV else 0  # a heading is no row
    for line in lines(records.read(conn, *records.span(conn, period)), form.value):
        sys.stdout.write(line)
        written += 1
    return written


def _moment(word: str, option: str, *, end: bool = False) -> datetime | None:
    if not word:
        return None
    span = read_date(word, Clock(datetime.now(UTC)))
    if span is None:
        raise typer.BadParameter(f"{word!r} is no date; write {DATES}.", param_hint=option)
    return (span.end or span.start) if end else span.start


async def _serve(config: Config) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    ready = asyncio.Event()
    serving = asyncio.create_task(_until(stop, ready, config))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not ready.is_set() and not serving.done():
        serving.cancel()  # told to stop while still starting (Slack out of reach, say): nothing to drain
    await asyncio.gather(serving, return_exceptions=serving.cancelling() > 0)


async def _until(stop: asyncio.Event, ready: asyncio.Event, config: Config) -> None:
    async with running(config) as parts:
        ready.set()
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({stopped, *parts}, return_when=asyncio.FIRST_COMPLETED)
        if not stopped.done():
            stopped.cancel()
            # Better to be started anew than to look alive and be deaf.
            raise PartEnded


def _config() -> Config:
    try:
        return load(os.environ)
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
