"""The control API under `/sandbox`: moods, customers, arrivals, tokens, and the record, for `ClusterDesk`."""

import asyncio
from contextlib import suppress

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from bot.sandbox.cluster.mood import Call, Mood
from bot.sandbox.cluster.record import Ledger
from bot.sandbox.cluster.site import Moods, Site
from bot.sandbox.cluster.tokens import TokenOffice


class MoodOrder(BaseModel):
    """Put calls of one kind in a mood: the next `times` of them, or (None) all until told otherwise."""

    model_config = ConfigDict(extra="forbid")

    on: Call
    mood: Mood
    times: int | None = None


class SiteOrder(BaseModel):
    """Change a cluster; what is not given stays as it is. `held` keeps arrivals until `arrive`.

    `stuck`: the customers that do not arrive, whatever is done.
    """

    model_config = ConfigDict(extra="forbid")

    states: dict[str, int] = {}
    apps: dict[str, list[dict[str, str]]] = {}
    arrive_after_s: float | None = None
    held: bool = False
    stuck: list[str] | None = None
    arrive: bool = False


class OAuthOrder(BaseModel):
    """Change the token endpoint; what is not given stays as it is."""

    model_config = ConfigDict(extra="forbid")

    revoke: bool = False
    lifetime_s: int | None = None


class Control:
    """The handlers under `/sandbox`."""

    def __init__(self, sites: dict[str, Site], tokens: TokenOffice, ledger: Ledger) -> None:
        self._sites = sites
        self._tokens = tokens
        self._ledger = ledger

    def routes(self) -> list[web.RouteDef]:
        """What an application serves of this."""
        return [
            web.post("/sandbox/{cluster}/mood", self._mood),
            web.get("/sandbox/{cluster}/record", self._record),
            web.get("/sandbox/{cluster}/customers", self._customers),
            web.post("/sandbox/{cluster}", self._change),
            web.post("/sandbox/{cluster}/oauth", self._oauth),
        ]

    async def _mood(self, request: web.Request) -> web.Response:
        order = MoodOrder.model_validate_json(await request.text())
        moods = self._moods(self._site(request), order.on)
        if order.times is None:
            moods.queued.clear()
            moods.standing = order.mood
        else:
            moods.queued.extend([order.mood] * order.times)
        return web.json_response({})

    async def _record(self, request: web.Request) -> web.Response:
        site = self._site(request)
        version, wait_s = int(request.query.get("after", "0")), float(request.query.get("wait_s", "0"))
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._ledger.wait(version)
        record = self._ledger.since(site.name, version)
        return web.Response(text=record.model_dump_json(), content_type="application/json")

    async def _customers(self, request: web.Request) -> web.Response:
        return web.json_response(self._site(request).states)

    async def _change(self, request: web.Request) -> web.Response:
        order = SiteOrder.model_validate_json(await request.text())
        site = self._site(request)
        site.states.update(order.states)
        site.apps.update(order.apps)
        if order.held or order.arrive_after_s is not None:
            site.arrive_after_s = None if order.held else order.arrive_after_s
        if order.stuck is not None:
            site.stuck = frozenset(order.stuck)
        if order.arrive:
            site.arrive()
        return web.json_response({})

    async def _oauth(self, request: web.Request) -> web.Response:
        order = OAuthOrder.model_validate_json(await request.text())
        if order.lifetime_s is not None:
            self._tokens.lifetime_s = order.lifetime_s
        if order.revoke:
            self._tokens.revoke()
        return web.json_response({})

    def _moods(self, site: Site, on: Call) -> Moods:
        return self._tokens.moods if on is Call.OAUTH else site.moods[on]

    def _site(self, request: web.Request) -> Site:
        site = self._sites.get(request.match_info["cluster"])
        if site is None:
            raise web.HTTPNotFound(text="no such cluster in this sandbox")
        return site
