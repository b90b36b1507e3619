"""The command line: `run`, `db upgrade`, `audit verify`, and what other packages add by entry point."""

import asyncio
import os
import signal
import sys
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from bot import logs, retention
from bot.app import running, upgrade
from bot.config import Config, load
from bot.doctor import doctor
from bot.errors import ConfigurationError
from store import roles
from store.database import Database, is_embedded, shown
from store.errors import StoreError
from store.single import Hold

COMMANDS = "set_action.commands"
UNUSABLE = 2  # exit code: the configuration cannot be used
FAILED = 1


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
def db_upgrade(
    role: Annotated[
        str | None,
        typer.Option("--for-role", help="PostgreSQL: also let this role serve, unable to change the record."),
    ] = None,
) -> None:
    """Bring the database's schema up to this version; `run` does so by itself."""
    url = _config().database_url
    try:
        # Not under the feet of a running bot.
        with ExitStack() as stack:
            if is_embedded(url):
                stack.callback(Hold(url).release)
            asyncio.run(_upgraded(stack.enter_context(closing(Database(url))), role))
    except StoreError as exc:
        _no_database(url, exc)
    typer.echo("The database is up to date.")


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


async def _upgraded(db: Database, role: str | None) -> None:
    await upgrade(db)
    if role:
        await db.write(roles.grant, role)


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


app.command("doctor")(doctor(_config))
