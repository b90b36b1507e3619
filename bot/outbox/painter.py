"""Pictures, drawn in a process of their own: the plotting library never comes into the bot's."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from typing import Any

import structlog

MODULE = "bot.pictures"
LIMIT_S = 30.0  # the library's first start on a machine reads all its fonts
# What the child may know of our environment, which holds the tokens.
KNOWN = (
    "PATH", "HOME", "LANG", "TMPDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "MPLCONFIGDIR", "PYTHONPATH",
    "SYSTEMROOT", "TEMP", "USERPROFILE",
)  # fmt: skip

log = structlog.get_logger()


class Painter:
    """Draws one picture at a time, within a time limit."""

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        self._limit_s = limit_s
        self._one = asyncio.Semaphore(1)

    async def paint(self, asked: Mapping[str, Any]) -> bytes | None:
        """The PNG of what `bot.views.pictures` asks for; None, and a line in the log, where that fails."""
        async with self._one:
            try:
                return await self._drawn(json.dumps(asked).encode())
            except (OSError, TimeoutError) as exc:
                log.warning("set_action.not_drawn", error=type(exc).__name__)
                return None

    async def _drawn(self, figures: bytes) -> bytes | None:
        environment = {name: os.environ[name] for name in KNOWN if name in os.environ}
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            MODULE,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**environment, "MPLBACKEND": "Agg"},
        )
        try:
            async with asyncio.timeout(self._limit_s):
                png, words = await child.communicate(figures)
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        if child.returncode == 0 and png.startswith(b"\x89PNG"):
            return png
        last = words.decode(errors="replace").strip().rpartition("\n")[2]
        log.warning("set_action.not_drawn", error=last[:200], code=child.returncode)
        return None
