"""The sandbox cluster's server: one port on loopback, any number of clusters, each under its prefix."""

import re
from collections.abc import Sequence
from types import TracebackType
from typing import Self, TextIO

from aiohttp import web

from bot.sandbox.cluster.api import Api
from bot.sandbox.cluster.control import Control
from bot.sandbox.cluster.record import Ledger
from bot.sandbox.cluster.site import ACTIONS, Site
from bot.sandbox.cluster.tokens import TokenOffice
from bot.sandbox.stopping import stopped

MAX_REQUEST = 64 * 1024 * 1024  # bytes: more than 50,000 customers in one POST
RESERVED = ("sandbox", "oauth")


class ClusterHost:
    """`async with ClusterHost(...) as host:` serves until the block ends; leaves no task and no socket.

    `customers` is the size of each cluster, `state` the action code they all start in, `arrive_after_s` the
    seconds from acting to arrival (None: held until told). Port 0 takes a free one.
    `kept`: where the calls are written, as they end.
    """

    def __init__(
        self,
        *,
        clusters: Sequence[str] = ("evian3",),
        token: str,
        customers: int = 200,
        state: int = ACTIONS["PE-Enable"],
        arrive_after_s: float | None = 0.05,
        port: int = 0,
        kept: TextIO | None = None,
    ) -> None:
        for name in clusters:
            if name in RESERVED or not re.fullmatch(r"[A-Za-z0-9._-]+", name):
                raise ValueError(f"{name!r} cannot be a cluster's path prefix")
        self._sites = {
            name: Site(name, customers=customers, state=state, arrive_after_s=arrive_after_s)
            for name in clusters
        }
        self._token = token
        self._port = port
        self._kept = kept
        self._runner: web.AppRunner | None = None
        self.address = ""

    @property
    def clusters(self) -> tuple[str, ...]:
        """The names of the clusters, as configured."""
        return tuple(self._sites)

    @property
    def token_url(self) -> str:
        """The OAuth token endpoint, shared by all clusters."""
        return f"{self.address}/oauth/token"

    def base_url(self, cluster: str) -> str:
        """What a bot's configuration calls `base_url`."""
        return f"{self.address}/{cluster}"

    async def __aenter__(self) -> Self:
        ledger = Ledger(self._kept)
        tokens = TokenOffice(self._token, ledger)
        app = web.Application(client_max_size=MAX_REQUEST)
        app.router.add_post("/oauth/token", tokens.answer)
        app.router.add_routes(Control(self._sites, tokens, ledger).routes())
        app.router.add_routes(Api(self._sites, tokens, ledger).routes())
        # Cancellation on disconnect is how a handler learns that its client has given up.
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.01)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self.address = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await stopped(self._runner)
        for site in self._sites.values():
            site.close()
