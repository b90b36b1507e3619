"""`set-action sandbox`: everything on this machine, no accounts."""

import asyncio
import signal
from typing import Annotated

import typer

from bot.sandbox.script.play import play

INTERRUPTED = 130


def sandbox(
    script: Annotated[bool, typer.Option("--script", help="Play a conversation and print it.")] = False,
) -> None:
    """Try the bot on this machine, with a local Slack workspace and a local cluster."""
    if not script:
        typer.echo(
            "Nothing to watch in a browser yet: play the conversation with `set-action sandbox --script`."
        )
        raise typer.Exit(2)
    raise typer.Exit(asyncio.run(_played()))


async def _played() -> int:
    """The exit code. Told to end (by a supervisor, or a terminal that goes away), it clears up first."""
    loop = asyncio.get_running_loop()
    playing = asyncio.create_task(play())
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        loop.add_signal_handler(number, playing.cancel)
    await asyncio.wait({playing})
    if playing.cancelled():
        typer.echo("Interrupted; everything is cleared up.", err=True)
        return INTERRUPTED
    return playing.result()
