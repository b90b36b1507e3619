"""How the sandbox's servers stop."""

import asyncio

from aiohttp import web

TURNS = 5  # of the loop, from a connection that the system has accepted to one that its server knows


async def stopped(runner: web.AppRunner) -> None:
    """Serve no more, and leave no connection behind.

    One that comes in just as its server closes, asyncio (of Python 3.11) forgets without closing it.
    """
    for _ in range(TURNS):
        await asyncio.sleep(0)
    await runner.cleanup()
