"""A Slack that does one thing, Socket Mode, and does it as wrongly as a test says."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from bot.sandbox.stopping import stopped

Serve = Callable[[web.WebSocketResponse], Awaitable[None]]


async def hold(socket: web.WebSocketResponse) -> None:
    """Keep a connection until the other side closes it."""
    async for _ in socket:
        pass


@dataclass
class Slack:
    """`apps.connections.open` answers as `answers` say and then well; each connection is given to `serve`."""

    address: str = ""
    answers: list[web.Response] = field(default_factory=list)
    serve: Serve = hold
    asked: int = 0
    knocked: int = 0
    opened: int = 0
    open: int = 0
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    open_up: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def connections_open(self, _: web.Request) -> web.Response:
        await self._count(asked=1)
        if self.answers:
            return self.answers.pop(0)
        return web.json_response({"ok": True, "url": f"{self.address}/link/?ticket=secretword"})

    async def link(self, request: web.Request) -> web.WebSocketResponse:
        await self._count(knocked=1)
        await self.open_up.wait()
        socket = web.WebSocketResponse(timeout=0.2)
        await socket.prepare(request)
        await self._count(opened=1, open=1)
        try:
            await self.serve(socket)
        finally:
            await self._count(open=-1)
        return socket

    async def until(self, wanted: Callable[["Slack"], bool]) -> None:
        """Wait for a fact."""
        async with asyncio.timeout(5), self.changed:
            await self.changed.wait_for(lambda: wanted(self))

    async def _count(self, **more: int) -> None:
        async with self.changed:
            for name, number in more.items():
                setattr(self, name, getattr(self, name) + number)
            self.changed.notify_all()


@asynccontextmanager
async def serving() -> AsyncIterator[Slack]:
    """A Slack on a free port of this machine."""
    slack = Slack()
    slack.open_up.set()
    application = web.Application()
    application.router.add_route("*", "/api/apps.connections.open", slack.connections_open)
    application.router.add_get("/link/", slack.link)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    slack.address = site.name
    try:
        yield slack
    finally:
        await stopped(runner)
