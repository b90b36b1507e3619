"""HTTP mode: Slack's requests at one address, verified; beside them the questions of whoever runs the bot.

Served by aiohttp, which is here already for the calls to Slack and lets its owner stop it; an ASGI server
would bring a second HTTP stack and takes the process's signals for itself. TLS is the proxy's in front.
"""

import asyncio
import json
import time
from asyncio import sleep as pause
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

import structlog
from aiohttp import web
from pydantic import SecretStr

from bot import signature
from bot.loops import finished
from bot.status import listening
from store import deliveries
from store.database import Database
from store.errors import StoreError

EVENTS = "/slack/events"
LARGEST = 1024 * 1024  # bytes; a form with everything in it has some 20,000
BODY_S = 5.0  # for a whole body to come in; Slack itself gives up after three seconds

Enter = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]

LEAVING_S = 3.0  # between saying that it is not ready and closing: for a balancer to take it out

log = structlog.get_logger()


class Beside(Protocol):
    """What else is answered at the same address."""

    def add_to(self, application: web.Application) -> None: ...


class HttpMode:
    """Receives requests until stopped. `enter(delivery, payload)` gives the acknowledgement's payload."""

    def __init__(
        self,
        listen: tuple[str, int],
        signing_secret: SecretStr,
        db: Database,
        enter: Enter,
        beside: Sequence[Beside],
    ) -> None:
        self._listen = listen
        self._secret = signing_secret
        self._db = db
        self._enter = enter
        self._leaving = False
        self._stopping = asyncio.Event()
        self._entered: set[asyncio.Task[Any]] = set()
        self._runner: web.AppRunner | None = None
        self._beside = beside

    @property
    def connected(self) -> bool:
        """Whether more of Slack's requests are to be sent here."""
        return not self._leaving

    async def open(self) -> None:
        """Begin to listen. Raises ConfigurationError when that is not possible."""
        application = web.Application(client_max_size=LARGEST)
        application.router.add_post(EVENTS, self._slack)
        for one in self._beside:
            one.add_to(application)
        self._runner = await listening(application, self._listen, "--http")
        log.info("http_mode.listening", host=self._listen[0], port=self._listen[1])

    async def run(self) -> None:
        """Serve until `close`."""
        await self._stopping.wait()

    async def close(self, within_s: float) -> None:
        """Say that it is not ready, and only then take nothing new and let what came be acknowledged.

        Requests that come between the two are taken as ever: the balancer may not know yet. What stays
        unanswered at the end, the user sees fail.
        """
        self._leaving = True
        if self._runner is None:
            return
        await pause(LEAVING_S)
        self._stopping.set()
        await asyncio.gather(*(site.stop() for site in self._runner.sites))
        if late := await finished(self._entered.copy(), within_s):
            log.warning("http_mode.not_acknowledged", deliveries=late)
        await self._runner.cleanup()

    async def _slack(self, request: web.Request) -> web.Response:
        if self._stopping.is_set():  # by a connection that was kept open; the proxy may try another replica
            return _refused(503, "stopping")
        try:
            async with asyncio.timeout(BODY_S):
                body = await request.read()
        except TimeoutError:
            return _refused(408, "the body took too long")
        try:
            proof = signature.verified(request.headers, body, self._secret.get_secret_value(), time.time())
        except signature.NotFromSlack as exc:
            return _refused(401, str(exc))
        try:
            payload = signature.read(request.content_type, body)
        except signature.Unreadable as exc:
            return _refused(400, str(exc))
        if payload.get("type") == "url_verification":
            return web.json_response({"challenge": str(payload.get("challenge", ""))[:500]})
        if payload.get("ssl_check"):
            return web.Response()
        if not await self._is_first(proof):
            return _refused(409, "taken before")
        answering = asyncio.ensure_future(self._enter(proof, payload))
        self._entered.add(answering)
        answering.add_done_callback(self._entered.discard)
        # Whoever hangs up does not undo what they asked for.
        answer = await asyncio.shield(answering)
        return web.json_response(answer) if answer else web.Response()

    async def _is_first(self, proof: str) -> bool:
        try:
            return await self._db.write(deliveries.first, proof)
        except StoreError as exc:
            # Nothing can be stored, so nothing can be done twice; the listener has the words for it.
            log.exception("set_action.store_error", error=str(exc))
            return True


def _refused(status: int, why: str) -> web.Response:
    # Never a word of the body: who knows whose it is.
    log.warning("http_mode.refused", status=status, why=why)
    return web.Response(status=status, text=json.dumps({"error": why}), content_type="application/json")
