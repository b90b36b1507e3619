"""`set-action sandbox`: everything on this machine, no accounts."""

import asyncio
import signal
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated

import typer

from bot.sandbox.browser.open import open_in_browser
from bot.sandbox.script.play import play

INTERRUPTED = 130


def sandbox(
    script: Annotated[
        bool, typer.Option("--script", help="Play a conversation in the terminal and print it.")
    ] = False,
    browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page, or only print its address.")
    ] = True,
    keep: Annotated[
        Path | None,
        typer.Option(
            help="A new folder for the bot's database, logs and configuration, all that was said and every "
            "call of the clusters; it stays."
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Of the page, on 127.0.0.1; 0 takes a free one.")
    ] = 0,
) -> None:
    """Try the bot on this machine, with a local Slack workspace and local clusters, in a browser."""
    if script:
        raise typer.Exit(asyncio.run(_until_told(play(), INTERRUPTED)))
    raise typer.Exit(asyncio.run(_until_told(open_in_browser(keep=keep, port=port, browser=browser), 0)))


async def _until_told(doing: Coroutine[None, None, int], interrupted: int) -> int:
    """The exit code. Told to end (by a supervisor, or a terminal that goes away), it clears up first."""
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(doing)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    await asyncio.wait({task})
    if task.cancelled():
        typer.echo("Interrupted; everything is cleared up." if interrupted else "Stopped.", err=True)
        return interrupted
    return task.result()
