"""The questions of whoever runs the bot: is it alive, is it ready, what are its numbers."""

import asyncio
from collections.abc import Callable, Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.metrics import CONTENT_TYPE, Metrics
from bot.turns import Turns
from store import gauges
from store.database import Database
from store.errors import StoreError
from store.gauges import Gauges

ANSWER_S = 2.0  # within which the database must answer for the bot to be ready


class Status:
    """`connected`: whether Slack can reach the bot, as far as the bot can tell."""

    def __init__(self, db: Database, turns: Turns, metrics: Metrics, connected: Callable[[], bool]) -> None:
        self._db = db
        self._turns = turns
        self._metrics = metrics
        self._connected = connected

    def routes(self) -> Sequence[BaseRoute]:
        """`/healthz`, `/readyz` and `/metrics`."""
        return (
            Route("/healthz", self._alive),
            Route("/readyz", self._ready),
            Route("/metrics", self._numbers),
        )

    async def _alive(self, _request: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def _ready(self, _request: Request) -> Response:
        """Not the clusters: a cluster that is down must not take the bot down with it."""
        found = await self._gauges()
        # Without its turns a replica sends and tells nothing of what waits, however well it answers.
        queue = self._turns.lease()() > asyncio.get_running_loop().time()
        told: dict[str, object] = {
            "database": found is not None,
            "queue": queue,
            "slack": self._connected(),
        }
        ready = all(told.values())
        if found:
            told |= {
                "planned": found.chunks_planned,
                "oldest_unfinished_s": round(found.oldest_unfinished_s, 1),
                "outbox": found.outbox,
                "oldest_untold_s": round(found.oldest_untold_s, 1),
            }
        return JSONResponse({"ready": ready, **told}, status_code=200 if ready else 503)

    async def _numbers(self, _request: Request) -> Response:
        return Response(self._metrics.text(await self._gauges()), headers={"Content-Type": CONTENT_TYPE})

    async def _gauges(self) -> Gauges | None:
        try:
            async with asyncio.timeout(ANSWER_S):
                return await self._db.read(gauges.read)
        except (StoreError, TimeoutError):
            return None
