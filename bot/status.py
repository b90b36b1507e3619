"""The questions of whoever runs the bot: is it alive, is it ready, what are its numbers."""

import asyncio
from collections.abc import Callable

from aiohttp import web

from bot.errors import ConfigurationError, Problem
from bot.metrics import CONTENT_TYPE, Metrics
from store import gauges
from store.database import Database
from store.errors import StoreError
from store.gauges import Gauges

ANSWER_S = 2.0  # within which the database must answer for the bot to be ready


class Status:
    """`connected`: whether Slack can reach the bot, as far as the bot can tell."""

    def __init__(self, db: Database, metrics: Metrics, connected: Callable[[], bool]) -> None:
        self._db = db
        self._metrics = metrics
        self._connected = connected

    def add_to(self, application: web.Application) -> None:
        """Answer `/healthz`, `/readyz` and `/metrics`."""
        application.router.add_get("/healthz", self._alive)
        application.router.add_get("/readyz", self._ready)
        application.router.add_get("/metrics", self._numbers)

    async def _alive(self, _request: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def _ready(self, _request: web.Request) -> web.Response:
        """Not the clusters: a cluster that is down must not take the bot down with it."""
        found = await self._gauges()
        told: dict[str, object] = {"database": found is not None, "slack": self._connected()}
        ready = all(told.values())
        if found:
            told |= {"outbox": found.outbox, "oldest_untold_s": round(found.oldest_untold_s, 1)}
        return web.json_response({"ready": ready, **told}, status=200 if ready else 503)

    async def _numbers(self, _request: web.Request) -> web.Response:
        return web.Response(
            body=self._metrics.text(await self._gauges()), headers={"Content-Type": CONTENT_TYPE}
        )

    async def _gauges(self) -> Gauges | None:
        try:
            async with asyncio.timeout(ANSWER_S):
                return await self._db.read(gauges.read)
        except (StoreError, TimeoutError):
            return None


async def listening(application: web.Application, listen: tuple[str, int], option: str) -> web.AppRunner:
    """Serve an application at host and port. Raises ConfigurationError, naming the option, if it cannot."""
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, *listen).start()
    except OSError as exc:
        await runner.cleanup()
        where = f"{listen[0]}:{listen[1]}"
        what = f"{where} cannot be listened on ({exc.strerror}); choose another"
        raise ConfigurationError([Problem(option, what)]) from exc
    return runner
