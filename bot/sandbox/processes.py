"""A process of the sandbox: started, asked for its first line, waited for until it is connected, stopped."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.sandbox.desk import Desk

START_S = 60.0  # a fresh machine compiles every module first
STOP_S = 30.0


class DidNotStart(Exception):
    """A process of the sandbox did not come up; says which, with what it wrote."""


@asynccontextmanager
async def process(
    name: str, arguments: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Running, its words in a log and its number in a `.pid` file of the folder; stopped at the end."""
    with (folder / f"{name}.log").open("ab") as log:
        starting = asyncio.ensure_future(
            asyncio.create_subprocess_exec(
                sys.executable,
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=os.environ | (environment or {}),
                # Ctrl-C on a terminal reaches the whole group; each process is to be stopped in its turn.
                start_new_session=True,
            )
        )
        try:
            # Interrupted half way through, it would leave a process that nobody knows.
            process = await asyncio.shield(starting)
        except asyncio.CancelledError:
            await stopped(await starting)
            raise
    number = folder / f"{name}.pid"
    number.write_text(f"{process.pid}\n", encoding="ascii")
    try:
        yield process
    finally:
        await stopped(process)
        number.unlink(missing_ok=True)


async def stopped(process: asyncio.subprocess.Process) -> None:
    """Asked to stop, and made to if it takes too long."""
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            process.kill()
            await process.wait()


async def first_line(process: asyncio.subprocess.Process) -> dict[str, Any]:
    """The addresses it tells once it serves. Raises DidNotStart."""
    if process.stdout is None:
        raise DidNotStart("no output to read an address from")
    async with asyncio.timeout(START_S):
        line = await process.stdout.readline()
    if not line:
        raise DidNotStart("a process of the sandbox ended before it gave its address")
    told: dict[str, Any] = json.loads(line)
    return told


async def connected(desk: Desk, bot: asyncio.subprocess.Process, folder: Path) -> None:
    """Once the bot holds its two connections. Raises DidNotStart, with its log, if it ends before."""
    ended = asyncio.create_task(bot.wait())
    connected = asyncio.create_task(desk.until_connected(2, timeout_s=START_S))
    try:
        done, _ = await asyncio.wait({ended, connected}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (ended, connected):
            task.cancel()
        await asyncio.gather(ended, connected, return_exceptions=True)
    why = "it ended" if connected not in done else connected.exception()
    if why:
        raise DidNotStart(f"the bot did not connect ({why}):\n{(folder / 'bot.log').read_text()}")
