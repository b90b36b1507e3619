"""Serving until told to stop: the bot as a process, with its log, its signals and its end."""

import asyncio
import signal
import sys

from bot import app, logs
from bot.config import Config
from bot.metrics import Metrics


class PartEnded(Exception):
    """A part of the bot that must run until it is stopped has ended."""


# After how long a thread lets go of the interpreter, in seconds. Python's 5 ms would have the loop wait that
# long for each statement of a transaction while a large file is read on another thread.
SWITCH_S = 0.001


def serve(config: Config) -> None:
    """Serve until SIGTERM or SIGINT. Raises ConfigurationError, StoreError, PartEnded."""
    metrics = Metrics()
    logs.configure(config.secrets, metrics.observe)
    sys.setswitchinterval(SWITCH_S)
    asyncio.run(_serve(config, metrics))


async def _serve(config: Config, metrics: Metrics) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    ready = asyncio.Event()
    serving = asyncio.create_task(_until(stop, ready, config, metrics))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not ready.is_set() and not serving.done():
        serving.cancel()  # told to stop while still starting (Slack out of reach, say): nothing to drain
    await asyncio.gather(serving, return_exceptions=serving.cancelling() > 0)


async def _until(stop: asyncio.Event, ready: asyncio.Event, config: Config, metrics: Metrics) -> None:
    async with app.running(config, metrics) as parts:
        ready.set()
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait({stopped, *parts}, return_when=asyncio.FIRST_COMPLETED)
        if not stopped.done():
            stopped.cancel()
            # Better to be started anew than to look alive and be deaf.
            raise PartEnded
