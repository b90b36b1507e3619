"""What every command says of a bad configuration or database, and its exit code."""

import os
from typing import NoReturn

import typer

from bot.config import Config, load
from bot.errors import ConfigurationError
from store.database import shown
from store.errors import StoreError

UNUSABLE = 2  # exit code: the configuration cannot be used
FAILED = 1


def configured(
    *, serve: bool = False, listen: tuple[str, int] | None = None, status: tuple[str, int] | None = None
) -> Config:
    """The configuration, or the end: exit code 2 with every mistake in it."""
    try:
        return load(os.environ, serve=serve, listen=listen, status=status)
    except ConfigurationError as exc:
        unusable(exc)


def unusable(exc: ConfigurationError) -> NoReturn:
    """End with every mistake, a line each."""
    count = len(exc.problems)
    typer.echo(
        f"set-action cannot start: {count} mistake{'' if count == 1 else 's'} in its configuration.", err=True
    )
    for problem in exc.problems:
        typer.echo(f"  {problem.where}: {problem.what}", err=True)
    raise typer.Exit(UNUSABLE)


def no_database(url: str, exc: StoreError) -> NoReturn:
    """End with what is wrong with the database."""
    failed(f"The database {shown(url)} cannot be used. {exc}")


def failed(message: str) -> NoReturn:
    """End with exit code 1."""
    typer.echo(message, err=True)
    raise typer.Exit(FAILED)
