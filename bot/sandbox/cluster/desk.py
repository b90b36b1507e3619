"""The desk from which a test or a script runs one sandbox cluster: moods, customers, and what it saw."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

import aiohttp
from pydantic import BaseModel

from bot.sandbox.cluster.control import MoodOrder, OAuthOrder, SiteOrder
from bot.sandbox.cluster.mood import Call, Mood
from bot.sandbox.cluster.record import Get, Post, Record

POLL_S = 20.0  # how long one long poll may hang
PATIENCE_S = 30.0  # for a fact that must come: a busy machine may stand still for seconds


class ClusterDesk:
    """`async with ClusterDesk(address, "evian3") as desk:`; `address` is the host's, without a path."""

    def __init__(self, address: str, cluster: str) -> None:
        self._url = f"{address.rstrip('/')}/sandbox/{cluster}"
        self._http: aiohttp.ClientSession | None = None
        self._version = 0
        self._posts: dict[int, Post] = {}
        self._gets: dict[int, Get] = {}

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(raise_for_status=True)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def set_mood(self, mood: Mood, *, on: Call = Call.POST) -> None:
        """Every call from now on is treated so; forgets what was queued."""
        await self._order("/mood", MoodOrder(on=on, mood=mood))

    async def next_mood(self, mood: Mood, *, times: int = 1, on: Call = Call.POST) -> None:
        """The next `times` calls, after those already queued, are treated so; then the standing mood."""
        await self._order("/mood", MoodOrder(on=on, mood=mood, times=times))

    async def record(self) -> Record:
        """Everything the cluster saw up to now."""
        return await self._news(wait_s=0)

    async def until_more(self, version: int) -> Record:
        """Everything the cluster saw, as soon as there is more than at `version`, or after a while."""
        self._version = max(self._version, version)
        return await self._news(wait_s=POLL_S)

    async def until(self, wanted: Callable[[Record], bool], *, timeout_s: float = PATIENCE_S) -> Record:
        """The first record of which `wanted` is true. Raises TimeoutError naming what there was instead."""
        try:
            async with asyncio.timeout(timeout_s):
                record = await self._news(wait_s=0)
                while not wanted(record):
                    record = await self._news(wait_s=POLL_S)
                return record
        except TimeoutError:
            seen = [
                f"{p.number} {p.mood} {p.status} {p.end} arrived={p.arrived}" for p in self._posts.values()
            ]
            raise TimeoutError(
                f"not so within {timeout_s} s; POSTs: {seen}; GETs: {len(self._gets)}"
            ) from None

    async def arrive_after(self, seconds: float | None) -> None:
        """How long an action takes to arrive from now on; None: until `arrive()`."""
        await self._order("", SiteOrder(arrive_after_s=seconds, held=seconds is None))

    async def hold_up(self, cids: Sequence[str]) -> None:
        """These customers, and no others, stay where they are whatever is done."""
        await self._order("", SiteOrder(stuck=list(cids)))

    async def arrive(self) -> None:
        """Everything under way arrives now."""
        await self._order("", SiteOrder(arrive=True))

    async def customers(self) -> dict[str, int]:
        """Customer id → action code, for all customers."""
        async with self._session.get(f"{self._url}/customers") as response:
            found: dict[str, int] = await response.json()
            return found

    async def set_customers(self, states: Mapping[str, int]) -> None:
        """Put customers in a state, new ones included."""
        await self._order("", SiteOrder(states=dict(states)))

    async def set_apps(self, cid: str, apps: Sequence[Mapping[str, str]]) -> None:
        """What `get/appstatus` says of a customer: `app_name`, `status` and perhaps `reason` of each."""
        await self._order("", SiteOrder(apps={cid: [dict(app) for app in apps]}))

    async def revoke_tokens(self) -> None:
        """Every OAuth token given so far is worthless from now on."""
        await self._order("/oauth", OAuthOrder(revoke=True))

    async def set_token_lifetime(self, seconds: int) -> None:
        """`expires_in` of the tokens given from now on."""
        await self._order("/oauth", OAuthOrder(lifetime_s=seconds))

    @property
    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            raise RuntimeError("a ClusterDesk is used inside `async with`")
        return self._http

    async def _order(self, path: str, order: BaseModel) -> None:
        async with self._session.post(self._url + path, data=order.model_dump_json()):
            pass

    async def _news(self, *, wait_s: float) -> Record:
        """Ask for what changed since the last time, and put it together with what was known."""
        query = {"after": str(self._version), "wait_s": str(wait_s)}
        async with self._session.get(f"{self._url}/record", params=query) as response:
            news = Record.model_validate_json(await response.text())
        self._version = max(self._version, news.version)
        self._posts.update((post.number, post) for post in news.posts)
        self._gets.update((get.number, get) for get in news.gets)
        return news.model_copy(
            update={"posts": tuple(self._posts.values()), "gets": tuple(self._gets.values())}
        )
