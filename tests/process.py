"""The bot of a stage as a process of its own, so that it can be killed like one."""

import asyncio
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.stage import Stage


@asynccontextmanager
async def bot_process(stage: Stage) -> AsyncIterator[Process]:
    """The bot, connected; killed at the end if it still runs."""
    stage.config()
    variables = stage.variables(stage.folder / "set-action.toml")
    with (stage.folder / "bot.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", env=variables, stdout=log, stderr=log
        )
    try:
        await stage.desk.until_connected(2)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
