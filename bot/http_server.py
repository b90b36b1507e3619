"""An HTTP server in the bot's own event loop: bound before it serves, stopped by its owner.

uvicorn, the usual ASGI server, for it is typed, well kept, and its two dependencies are here already;
Starlette for addresses, requests and answers, for the same reasons.
"""

import asyncio
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from bot.errors import ConfigurationError, Problem
from bot.loops import report

KEPT_S = 75  # an idle connection: longer than a balancer keeps it, so that it is never ours to close first
GRACE_S = 2  # for answers under way when it is told to stop
ACCEPTED_S = 0.05  # until a connection that the system has accepted is known to uvicorn


class _Uvicorn(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the process's signals to `bot.serving`, which stops everything in its order."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Uvicorn's own forgets who is just coming in, and lets go of who does not read, without closing."""
        for server in self.servers:
            server.close()
        await asyncio.sleep(ACCEPTED_S)
        await super().shutdown(sockets)
        for left in list(self.server_state.connections):
            left.transport.abort()


class HttpServer:
    """Serves from its creation until `stop`. Raises ConfigurationError, naming the option, if it cannot.

    `serving` ends before only if it is broken.
    """

    def __init__(self, routes: Sequence[BaseRoute], listen: tuple[str, int], option: str) -> None:
        application = Starlette(routes=routes)
        # It would send people on to whatever host they claim to have asked, without TLS.
        application.router.redirect_slashes = False
        config = uvicorn.Config(
            application,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            workers=1,
            timeout_keep_alive=KEPT_S,
            timeout_graceful_shutdown=GRACE_S,
        )
        self._bound = _bound(listen, option)
        self._server = _Uvicorn(config)
        self.serving = asyncio.create_task(self._server.serve([self._bound]), name="HttpServer")
        self.serving.add_done_callback(report)

    async def stop(self) -> None:
        """Take nothing new, let what came be answered for `GRACE_S`, close."""
        self._server.should_exit = True
        await asyncio.wait({self.serving})
        self._bound.close()


def _bound(listen: tuple[str, int], option: str) -> socket.socket:
    try:
        found = {family for family, *_ in socket.getaddrinfo(*listen, type=socket.SOCK_STREAM)}
        family = socket.AF_INET if socket.AF_INET in found else socket.AF_INET6
        bound = socket.create_server(listen, family=family)
    except socket.gaierror as exc:
        why = exc.strerror
    except UnicodeError:
        why = "no such name can be"
    except OSError as exc:
        why = os.strerror(exc.errno or 0)
    else:
        # Each connection has it from here; asyncio sets it only where a socket was made for TCP by number.
        # Without it the body of an answer waits 40 ms for whoever asked to confirm its head.
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return bound
    where = f"{listen[0]}:{listen[1]}"
    raise ConfigurationError([Problem(option, f"{where} cannot be listened on ({why}); choose another")])
