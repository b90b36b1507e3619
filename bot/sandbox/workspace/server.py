"""Starting and stopping a workspace: the routes, the socket on loopback, and everything closed at the end."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TextIO

from aiohttp import web

from bot.sandbox.stopping import stopped
from bot.sandbox.workspace.api import Api
from bot.sandbox.workspace.control import Control
from bot.sandbox.workspace.people import PEOPLE, Person
from bot.sandbox.workspace.responses import Responses
from bot.sandbox.workspace.uploads import FileRoutes
from bot.sandbox.workspace.workspace import Access, Clocks, Workspace

__all__ = ["Access", "Clocks", "serve_workspace"]

LARGEST_UPLOAD = 64 * 1024 * 1024
SLACKS_CLOCKS = Clocks()
UNAVAILABLE = "<!DOCTYPE html><title>Service Unavailable</title>"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serve_workspace(
    port: int = 0,
    *,
    scopes: frozenset[str] | None = None,
    people: Sequence[Person] = PEOPLE,
    clocks: Clocks = SLACKS_CLOCKS,
    rates: float | None = None,
    kept: TextIO | None = None,
) -> AsyncIterator[Access]:
    """A running workspace on 127.0.0.1 (port 0: any free one), reached by what this yields.

    `scopes` are those granted to the bot; None grants all. `rates`: 1.0 limits calls as Slack does, 20.0
    twenty times as widely, None not at all. `kept`: where the journal is written too. OSError if the port is
    taken.
    """
    listening = socket.create_server(("127.0.0.1", port))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    ws = Workspace.founded(address, scopes, people, clocks, rates, kept)
    runner = web.AppRunner(application(ws), access_log=None, shutdown_timeout=1.0)
    try:
        await runner.setup()
        await web.SockSite(runner, listening).start()
        yield ws.access
    finally:
        await stopped(runner)
        listening.close()


def application(ws: Workspace) -> web.Application:
    """The routes of one workspace, wherever it is mounted."""
    responses, files = Responses(ws), FileRoutes(ws)

    @web.middleware
    async def open_for_business(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not ws.is_out or "/sandbox/" in request.path:
            return await handler(request)
        ws.journal.record("turned_away", path=request.path)
        return web.Response(status=503, text=UNAVAILABLE, content_type="text/html")

    app = web.Application(client_max_size=LARGEST_UPLOAD, middlewares=[open_for_business])
    app.add_routes(
        [
            web.route("*", "/api/{method}", Api(ws).call),
            web.get("/link/", ws.sockets.serve),
            web.post("/response/{name}", responses.serve),
            web.post("/upload/v1/{secret}", files.upload),
            web.get("/files-pri/{file}/{name:.*}", files.download),
            web.get("/signin", files.sign_in),
            web.post("/sandbox/{verb}", Control(ws, responses).serve),
        ]
    )

    async def let_go(_: web.Application) -> None:
        ws.journal.close()
        await ws.sockets.close()

    app.on_shutdown.append(let_go)
    return app
