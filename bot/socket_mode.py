"""Slack's Socket Mode: a few connections kept open, each envelope acknowledged on the socket it came by.

Written on aiohttp's websocket instead of the SDK's handler, which cannot hold two connections, closes the old
one before a new one is open, and retries a refused one-use address for ever.
https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.loops import finished, report
from bot.slack_errors import code_of

CONNECTIONS = 2  # so that one is open while Slack refreshes the other
HEARTBEAT_S = 10.0
CLOSING_S = 1.0  # for the other side's part of a closing handshake
STEADY_S = 60.0  # a connection that lasted so long is no sign of trouble
LONGEST_PAUSE_S = 30.0

Enter = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]

log = structlog.get_logger()


class SocketMode:
    """Receives envelopes until stopped. `enter(envelope id, payload)` gives the acknowledgement's payload."""

    def __init__(
        self, client: AsyncWebClient, app_token: str, http: aiohttp.ClientSession, enter: Enter
    ) -> None:
        self._client = client
        self._app_token = app_token
        self._http = http
        self._enter = enter
        self._sockets: set[aiohttp.ClientWebSocketResponse] = set()
        self._readers: set[asyncio.Task[None]] = set()
        self._answers: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    async def open(self) -> None:
        """Nothing to prepare: each connection asks for its own address."""

    @property
    def connected(self) -> bool:
        """Whether Slack can send us anything just now."""
        return bool(self._sockets)

    async def run(self) -> None:
        """Keep the connections open until `close`."""
        await asyncio.gather(*(self._keep(number) for number in range(CONNECTIONS)))

    async def close(self, within_s: float) -> None:
        """Acknowledge what came, take nothing new, then close. What stays unanswered, the user sees fail."""
        self._stopping.set()
        if late := await finished(self._answers.copy(), within_s):
            log.warning("socket_mode.not_acknowledged", deliveries=late)
        await asyncio.gather(*(socket.close() for socket in self._sockets))
        await asyncio.gather(*self._readers, return_exceptions=True)

    async def _keep(self, number: int) -> None:
        failures = 0
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            begun = loop.time()
            try:
                socket = await self._connect()
            except (SlackClientError, aiohttp.ClientError, TimeoutError) as exc:
                log.warning("socket_mode.refused", connection=number, error=_name(exc))
            else:
                log.info("socket_mode.connected", connection=number)
                leaving = asyncio.Event()
                _start(self._readers, self._read(socket, leaving))
                # A socket that announces its end is read to that end while the next one is opened.
                await leaving.wait()
            if loop.time() - begun > STEADY_S:
                failures = 0
            # The first time at once; but never round and round against a Slack that turns us away.
            pause = min(2.0**failures - 1, LONGEST_PAUSE_S)
            failures += 1
            log.info("socket_mode.leaving", connection=number, again_in=pause)
            await self._wait(pause)

    async def _connect(self) -> aiohttp.ClientWebSocketResponse:
        answer = await self._client.apps_connections_open(app_token=self._app_token)
        # Each address works once, so every try asks for its own.
        return await self._http.ws_connect(
            str(answer["url"]),
            heartbeat=HEARTBEAT_S,
            timeout=aiohttp.ClientWSTimeout(ws_close=CLOSING_S),
        )

    async def _read(self, socket: aiohttp.ClientWebSocketResponse, leaving: asyncio.Event) -> None:
        self._sockets.add(socket)
        try:
            if self._stopping.is_set():
                return  # told to stop while this one was being opened
            async for frame in socket:
                if frame.type is aiohttp.WSMsgType.TEXT:
                    self._receive(socket, frame.data, leaving)
        finally:
            self._sockets.discard(socket)
            await socket.close()
            leaving.set()

    def _receive(self, socket: aiohttp.ClientWebSocketResponse, data: str, leaving: asyncio.Event) -> None:
        message = json.loads(data)
        if message.get("type") == "disconnect":
            log.info("socket_mode.disconnect", reason=message.get("reason"))
            leaving.set()
        elif self._stopping.is_set():
            return  # left to Slack, which tells the user or tries elsewhere
        elif "envelope_id" in message and isinstance(message.get("payload"), dict):
            _start(self._answers, self._acknowledge(socket, message))

    async def _acknowledge(self, socket: aiohttp.ClientWebSocketResponse, envelope: dict[str, Any]) -> None:
        payload = await self._enter(envelope["envelope_id"], envelope["payload"])
        answer: dict[str, Any] = {"envelope_id": envelope["envelope_id"]}
        if payload and envelope.get("accepts_response_payload"):
            answer["payload"] = payload
        try:
            await socket.send_json(answer)
        except ConnectionError:
            log.warning("socket_mode.acknowledgement_lost")

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            pass


def _start(tasks: set[asyncio.Task[None]], work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    task.add_done_callback(report)


def _name(exc: Exception) -> str:
    # Never the exception's own words: they hold the one-use address.
    return code_of(exc) if isinstance(exc, SlackApiError) else type(exc).__name__
