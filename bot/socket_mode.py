"""Slack's Socket Mode: a few connections kept open, each envelope acknowledged on the socket it came by.

Written on aiohttp's websocket instead of the SDK's handler, which cannot hold two connections, closes the old
one before a new one is open, and retries a refused one-use address for ever.
https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.loops import report

CONNECTIONS = 2  # so that one is open while Slack refreshes the other
HEARTBEAT_S = 10.0
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
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Keep the connections open until `close`."""
        await asyncio.gather(*(self._keep(number) for number in range(CONNECTIONS)))

    async def close(self) -> None:
        """Close every connection; what is not acknowledged by now, the user sees fail."""
        self._stopping.set()
        await asyncio.gather(*(socket.close() for socket in self._sockets))
        for task in self._tasks.copy():
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep(self, number: int) -> None:
        failures = 0
        while not self._stopping.is_set():
            try:
                socket = await self._connect()
            except (SlackClientError, aiohttp.ClientError, TimeoutError) as exc:
                pause = min(2.0**failures, LONGEST_PAUSE_S)
                failures += 1
                log.warning("socket_mode.refused", connection=number, error=_name(exc), again_in=pause)
                await self._wait(pause)
                continue
            failures = 0
            log.info("socket_mode.connected", connection=number)
            leaving = asyncio.Event()
            self._start(self._read(socket, leaving))
            # A socket that announces its end is read to that end while the next one is opened.
            await leaving.wait()
            log.info("socket_mode.leaving", connection=number)

    async def _connect(self) -> aiohttp.ClientWebSocketResponse:
        answer = await self._client.apps_connections_open(app_token=self._app_token)
        # Each address works once, so every try asks for its own.
        return await self._http.ws_connect(str(answer["url"]), heartbeat=HEARTBEAT_S)

    async def _read(self, socket: aiohttp.ClientWebSocketResponse, leaving: asyncio.Event) -> None:
        self._sockets.add(socket)
        try:
            async for frame in socket:
                if frame.type is aiohttp.WSMsgType.TEXT:
                    self._receive(socket, frame.data, leaving)
        finally:
            self._sockets.discard(socket)
            leaving.set()
            await socket.close()

    def _receive(self, socket: aiohttp.ClientWebSocketResponse, data: str, leaving: asyncio.Event) -> None:
        message = json.loads(data)
        if message.get("type") == "disconnect":
            log.info("socket_mode.disconnect", reason=message.get("reason"))
            leaving.set()
        elif "envelope_id" in message and isinstance(message.get("payload"), dict):
            self._start(self._acknowledge(socket, message))

    async def _acknowledge(self, socket: aiohttp.ClientWebSocketResponse, envelope: dict[str, Any]) -> None:
        payload = await self._enter(envelope["envelope_id"], envelope["payload"])
        answer: dict[str, Any] = {"envelope_id": envelope["envelope_id"]}
        if payload and envelope.get("accepts_response_payload"):
            answer["payload"] = payload
        try:
            await socket.send_json(answer)
        except ConnectionError:
            log.warning("socket_mode.acknowledgement_lost")

    def _start(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(report)

    async def _wait(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            pass


def _name(exc: Exception) -> str:
    # Never the exception's own words: they hold the one-use address.
    return str(exc.response.get("error")) if isinstance(exc, SlackApiError) else type(exc).__name__
