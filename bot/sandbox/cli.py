"""`set-action sandbox`: everything on this machine, no accounts."""

import asyncio
from typing import Annotated

import typer

from bot.sandbox.script.play import play


def sandbox(
    script: Annotated[bool, typer.Option("--script", help="Play a conversation and print it.")] = False,
) -> None:
    """Try the bot on this machine, with a local Slack workspace and a local cluster."""
    if not script:
        typer.echo(
            "Nothing to watch in a browser yet: play the conversation with `set-action sandbox --script`."
        )
        raise typer.Exit(2)
    raise typer.Exit(asyncio.run(play()))
