"""HTTP mode: Slack's requests at one address, verified; beside them the questions of whoever runs the bot.

TLS is the proxy's in front.
"""

import asyncio
import json
import time
from asyncio import sleep as pause
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from pydantic import SecretStr
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from bot import signature
from bot.http_server import HttpServer
from bot.loops import finished
from bot.parts import Beside, Enter
from store import deliveries
from store.database import Database
from store.errors import StoreError

EVENTS = "/slack/events"
LARGEST = 1024 * 1024  # bytes; a form with everything in it has some 20,000
BODY_S = 5.0  # for a whole body to come in; Slack itself gives up after three seconds
LEAVING_BODY_S = 1.0  # the same while it is being left, so that it is over before the server's patience

LEAVING_S = 3.0  # between saying that it is not ready and closing: for a balancer to take it out

log = structlog.get_logger()


class HttpMode:
    """Receives requests until stopped. `enter(delivery, payload)` gives the acknowledgement's payload.

    After `hurry()` it gives it at once, whether the work is done or not.
    """

    def __init__(
        self,
        listen: tuple[str, int],
        signing_secret: SecretStr,
        db: Database,
        enter: Enter,
        hurry: Callable[[], None],
        beside: Sequence[Beside],
    ) -> None:
        self._listen = listen
        self._secret = signing_secret
        self._db = db
        self._enter = enter
        self._hurry = hurry
        self._leaving = False
        self._entered: set[asyncio.Task[Any]] = set()
        self._server: HttpServer | None = None
        self._beside = beside

    @property
    def connected(self) -> bool:
        """Whether more of Slack's requests are to be sent here."""
        return not self._leaving

    async def open(self) -> None:
        """Begin to listen. Raises ConfigurationError when that is not possible."""
        routes = [Route(EVENTS, self._slack, methods=["POST"])]
        beside = [route for one in self._beside for route in one.routes()]
        self._server = HttpServer([*routes, *beside], self._listen, "--http")
        log.info("http_mode.listening", host=self._listen[0], port=self._listen[1])

    async def run(self) -> None:
        """Serve until `close`; ends by itself only if nothing is served any more."""
        if self._server is not None:
            await asyncio.wait({self._server.serving})

    async def close(self, within_s: float) -> None:
        """Say that it is not ready, and only then take nothing new and let what came be acknowledged.

        Requests that come between the two are taken as ever: the balancer may not know yet. What is not done
        half way through the time is answered with that it takes longer.
        """
        self._leaving = True
        if self._server is None:
            return
        await pause(LEAVING_S)
        closed = asyncio.create_task(self._server.stop())
        if not (await asyncio.wait({closed}, timeout=within_s / 2))[0]:
            self._hurry()
        await closed
        if late := await finished(self._entered.copy(), 0):
            log.warning("http_mode.not_acknowledged", deliveries=late)

    async def _slack(self, request: Request) -> Response:
        try:
            async with asyncio.timeout(LEAVING_BODY_S if self._leaving else BODY_S):
                body = await _body(request)
        except TimeoutError:
            return _refused(408, "the body took too long")
        except ClientDisconnect:
            return _refused(400, "the body was cut off")
        if body is None:
            return _refused(413, "the body is too large")
        try:
            proof = signature.verified(request.headers, body, self._secret.get_secret_value(), time.time())
        except signature.NotFromSlack as exc:
            return _refused(401, str(exc))
        try:
            payload = signature.read(_kind(request), body)
        except signature.Unreadable as exc:
            return _refused(400, str(exc))
        if payload.get("type") == "url_verification":
            return _json({"challenge": str(payload.get("challenge", ""))[:500]})
        if payload.get("ssl_check"):
            return Response()
        # Both in one task: a server that has no more patience does not undo what was asked for half way.
        answering = asyncio.create_task(self._taken(proof, payload))
        self._entered.add(answering)
        answering.add_done_callback(self._entered.discard)
        answer = await asyncio.shield(answering)
        if answer is None:
            return _refused(409, "taken before")
        return _json(answer) if answer else Response()

    async def _taken(self, proof: str, payload: dict[str, Any]) -> dict[str, Any] | None:
        return await self._enter(proof, payload) if await self._is_first(proof) else None

    async def _is_first(self, proof: str) -> bool:
        try:
            # What is done next is written after it, so it is never durable without this.
            return await self._db.short.write_unflushed(deliveries.first, proof)
        except StoreError as exc:
            # Nothing can be stored, so nothing can be done twice; the listener has the words for it.
            log.exception("set_action.store_error", error=str(exc))
            return True


async def _body(request: Request) -> bytes | None:
    """None if it is too large; read to its end even so, or who still sends would not get the answer."""
    body = bytearray()
    async for piece in request.stream():
        if len(body) <= LARGEST:
            body += piece
    return bytes(body) if len(body) <= LARGEST else None


def _kind(request: Request) -> str:
    return request.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _refused(status: int, why: str) -> Response:
    # Never a word of the body: who knows whose it is.
    log.warning("http_mode.refused", status=status, why=why)
    return _json({"error": why}, status)


def _json(answer: dict[str, Any], status: int = 200) -> Response:
    # Escaped, unlike Starlette's own: half a surrogate pair from outside cannot be encoded otherwise.
    return Response(json.dumps(answer), status, media_type="application/json")
