"""An HTTP server in the bot's own event loop: bound before it serves, stopped by its owner.

uvicorn, the usual ASGI server, for it is typed, well kept, and its two dependencies are here already;
Starlette for addresses, requests and answers, for the same reasons.
"""

import asyncio
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from bot.errors import ConfigurationError, Problem
from bot.loops import report

KEPT_S = 75  # an idle connection: longer than a balancer keeps it, so that it is never ours to close first
GRACE_S = 4  # for answers under way when it is told to stop; its owner has waited for them before


class _Uvicorn(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process's signals to `bot.serving`, which stops everything in its order."""
        yield


class HttpServer:
    """Serves from its creation until `stop`. Raises ConfigurationError, naming the option, if it cannot."""

    def __init__(self, routes: Sequence[BaseRoute], listen: tuple[str, int], option: str) -> None:
        family = socket.AF_INET6 if ":" in listen[0] else socket.AF_INET
        try:
            bound = socket.create_server(listen, family=family)
        except OSError as exc:
            where = f"{listen[0]}:{listen[1]}"
            what = f"{where} cannot be listened on ({exc.strerror}); choose another"
            raise ConfigurationError([Problem(option, what)]) from exc
        config = uvicorn.Config(
            Starlette(routes=routes),
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEPT_S,
            timeout_graceful_shutdown=GRACE_S,
        )
        self._server = _Uvicorn(config)
        self._serving = asyncio.create_task(self._server.serve([bound]), name="HttpServer")
        self._serving.add_done_callback(report)

    async def stop(self) -> None:
        """Take nothing new, let what came be answered, close."""
        self._server.should_exit = True
        await asyncio.wait({self._serving})
