"""The real bot as a process that can be killed and started again while people watch."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from enum import StrEnum
from pathlib import Path

from bot.sandbox.desk import Desk
from bot.sandbox.processes import DidNotStart, connected, process


class BotState(StrEnum):
    """What is known of the process."""

    RUNNING = "running"
    STARTING = "starting"
    DEAD = "dead"


class BotProcess:
    """`async with BotProcess(…) as bot:` is connected; `changed` is called whenever its state changes."""

    def __init__(
        self, folder: Path, environment: Mapping[str, str], desk: Desk, changed: Callable[[], None]
    ) -> None:
        self._folder = folder
        self._environment = environment
        self._desk = desk
        self._changed = changed
        self._running = AsyncExitStack()
        self._process: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None
        self._one_at_a_time = asyncio.Lock()
        self.state = BotState.DEAD

    async def __aenter__(self) -> "BotProcess":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        async with self._one_at_a_time:
            await self._let_go()

    @property
    def number(self) -> int | None:
        """Of the process, while there is one."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start it, unless it runs; return once it is connected. Raises DidNotStart."""
        async with self._one_at_a_time:
            if self.state is not BotState.DEAD:
                return
            self._is(BotState.STARTING)
            async with AsyncExitStack() as unless_connected:
                unless_connected.push_async_callback(self._let_go)
                command = process("bot", ["-m", "bot", "run"], self._folder, self._environment)
                self._process = await self._running.enter_async_context(command)
                await connected(self._desk, self._process, self._folder)
                unless_connected.pop_all()
            self._is(BotState.RUNNING)
            self._watching = asyncio.create_task(self._watch(self._process))

    async def kill(self) -> None:
        """As `kill -9` does: no warning, nothing finished."""
        async with self._one_at_a_time:
            if self._process and self._process.returncode is None:
                self._process.kill()
            await self._let_go()

    async def restart(self, after_s: float = 0.0) -> None:
        """Kill it and start it again `after_s` seconds later. Raises DidNotStart."""
        await self.kill()
        await asyncio.sleep(after_s)
        await self.start()

    async def _watch(self, running: asyncio.subprocess.Process) -> None:
        await running.wait()
        self._is(BotState.DEAD)

    async def _let_go(self) -> None:
        if self._watching:
            self._watching.cancel()
        await self._running.aclose()
        self._running, self._process, self._watching = AsyncExitStack(), None, None
        self._is(BotState.DEAD)

    def _is(self, state: BotState) -> None:
        self.state = state
        self._changed()


__all__ = ["BotProcess", "BotState", "DidNotStart"]
