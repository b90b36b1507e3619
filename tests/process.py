"""The bot of a stage as a process of its own, so that it can be killed like one."""

import asyncio
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.stage import Stage


@asynccontextmanager
async def bot_process(stage: Stage) -> AsyncIterator[Process]:
    """The bot, connected; killed at the end if it still runs."""
    stage.config()
    variables = stage.variables(stage.folder / "set-action.toml")
    async with _running(variables, stage.folder, "run") as process:
        await stage.desk.until_connected(2)
        yield process


@asynccontextmanager
async def http_bot_process(variables: Mapping[str, str], folder: Path, port: int) -> AsyncIterator[Process]:
    """The bot, ready for Slack's requests on this port; killed at the end if it still runs."""
    where = f"127.0.0.1:{port}"
    async with _running(variables, folder, "run", "--http", where) as process:
        await until_ready(f"http://{where}/readyz", 60)
        yield process


async def until_ready(url: str, within_s: float) -> None:
    """Return once `/readyz` says so, as a balancer would ask it."""
    async with asyncio.timeout(within_s), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(url) as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.05)


@asynccontextmanager
async def _running(variables: Mapping[str, str], folder: Path, *words: str) -> AsyncIterator[Process]:
    with (folder / "bot.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", *words, env=variables, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
