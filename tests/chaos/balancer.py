"""A balancer as they are: asks `/readyz`, and sends each request once, to one that is ready.

One bad answer takes nobody out, three do; and where nobody is ready, everybody is tried.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from io import BytesIO

import aiohttp
from aiohttp import web

ASKED_EVERY_S = 0.25
ANSWER_S = 2.0
FALL = 3  # bad answers in a row
KEPT = ("Content-Type", "X-Slack-Request-Timestamp", "X-Slack-Signature")


class Balancer:
    """In front of bots at these addresses. Nothing that a bot may have taken is sent to another."""

    def __init__(self, bots: Sequence[str], session: aiohttp.ClientSession) -> None:
        self._session = session
        self._bots = list(bots)
        self._bad = dict.fromkeys(bots, FALL)  # answers in a row, of each
        self.counts: Counter[str] = Counter()

    @property
    def ready(self) -> int:
        """How many bots get requests now."""
        return sum(bad < FALL for bad in self._bad.values())

    async def ask(self) -> None:
        """Ask every bot, over and over."""
        await asyncio.gather(*(self._ask(bot) for bot in self._bots))

    async def _ask(self, bot: str) -> None:
        while True:
            try:
                async with asyncio.timeout(ANSWER_S), self._session.get(f"{bot}/readyz") as answer:
                    ready = answer.status == 200
            except (aiohttp.ClientError, TimeoutError):
                ready = False
            self._bad[bot] = 0 if ready else self._bad[bot] + 1
            if self._bad[bot] == FALL:
                self.counts["times one was taken out"] += 1
            await asyncio.sleep(ASKED_EVERY_S)

    async def pass_on(self, request: web.Request) -> web.Response:
        """One request of Slack's."""
        body = await request.read()
        headers = {name: request.headers[name] for name in KEPT if name in request.headers}
        self._bots.append(self._bots.pop(0))
        for bot in [one for one in self._bots if self._bad[one] < FALL] or list(self._bots):
            try:
                url = f"{bot}{request.path}"
                async with self._session.post(url, data=BytesIO(body), headers=headers) as told:
                    if told.status == 503:  # it says that it took nothing
                        self.counts["requests to one that had stopped taking"] += 1
                        continue
                    return web.Response(
                        status=told.status, body=await told.read(), content_type=told.content_type
                    )
            except aiohttp.ClientConnectorError:  # never reached it
                self.counts["requests to one that had closed"] += 1
            except aiohttp.ClientError:
                self.counts["requests cut off"] += 1
                return web.Response(status=502)
        self.counts["requests that nobody took"] += 1
        return web.Response(status=503)


@asynccontextmanager
async def balancer(bots: Sequence[str]) -> AsyncIterator[tuple[Balancer, str]]:
    """A running one, and its address."""
    connections = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connections) as session:
        one = Balancer(bots, session)
        app = web.Application()
        app.router.add_post("/slack/events", one.pass_on)
        runner = web.AppRunner(app, access_log=None)
        asking = asyncio.create_task(one.ask())
        try:
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield one, f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            await runner.cleanup()
