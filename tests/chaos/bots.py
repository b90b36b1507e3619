"""Real bot processes: started, killed without warning, frozen, thawed, started again."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
BOT = "bot"
UNGUARDED = "tests.chaos.unguarded"


class Replica:
    """One place in which a bot runs; whoever ends there by itself is started again, and counted."""

    def __init__(
        self, module: str, variables: Mapping[str, str], log: Path, more: Sequence[str] = ()
    ) -> None:
        self._words = (sys.executable, "-m", module, "run", *more)
        self._variables = variables
        self._log = log
        self._process: Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._said_before = 0  # bytes of the log when this one was started
        self.kills = 0
        self.kills_serving = 0  # those of a bot that was up, not still starting
        self.ends = 0  # by itself, with an error

    async def start(self) -> None:
        """Start it and keep it running until `stop`."""
        await self._spawn()
        self._keeper = asyncio.create_task(self._keep())

    def kill(self) -> None:
        """kill -9; the next one is started at once."""
        serving = self.serving
        killed = self._signal(signal.SIGKILL)
        self.kills += killed
        self.kills_serving += killed and serving

    @property
    def serving(self) -> bool:
        """Whether the bot that runs here now has said that it is ready."""
        with self._log.open("rb") as log:
            log.seek(self._said_before)
            return b"set_action.ready" in log.read()

    @property
    def log_end(self) -> int:
        """How much it has said so far, in bytes."""
        return self._log.stat().st_size

    def said_since(self, end: int) -> str:
        """What it has said since the log was so long."""
        with self._log.open("rb") as log:
            log.seek(end)
            return log.read().decode(errors="replace")

    async def until_serving(self, within_s: float = 30) -> None:
        """Return once it serves, or after `within_s`."""
        for _ in range(round(within_s / 0.05)):
            if self.serving:
                return
            await asyncio.sleep(0.05)

    def freeze(self) -> None:
        """SIGSTOP."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self._signal(signal.SIGCONT)

    async def stop(self) -> int | None:
        """End it in good order; its exit code."""
        if self._keeper is None or self._process is None:
            return None
        self._keeper.cancel()
        await asyncio.gather(self._keeper, return_exceptions=True)
        self.thaw()
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(30):
                return await self._process.wait()
        except TimeoutError:
            self._signal(signal.SIGKILL)
            return await self._process.wait()

    def _signal(self, number: signal.Signals) -> bool:
        if self._process is None or self._process.returncode is not None:
            return False
        # Not by the process object, which first looks whether it has ended, and so takes its exit code away.
        try:
            os.kill(self._process.pid, number)
        except ProcessLookupError:
            return False
        return True

    async def _spawn(self) -> None:
        with self._log.open("ab") as log:
            self._said_before = log.tell()
            self._process = await asyncio.create_subprocess_exec(
                *self._words, env=self._variables, stdout=log, stderr=log, cwd=ROOT
            )

    async def _keep(self) -> None:
        while self._process is not None:
            code = await self._process.wait()
            if code != -signal.SIGKILL:
                self.ends += 1
                await asyncio.sleep(0.5)  # as a supervisor would
            await self._spawn()
