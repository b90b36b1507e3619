"""Slack's Socket Mode: a few connections kept open, each envelope acknowledged on the socket it came by.

Written on aiohttp's websocket instead of the SDK's handler, which cannot hold two connections, closes the old
one before a new one is open, and retries a refused one-use address for ever.
https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.loops import finished, report
from bot.parts import Enter
from bot.slack_errors import code_of

CONNECTIONS = 2  # so that one is open while Slack refreshes the other
HEARTBEAT_S = 10.0
CLOSING_S = 1.0  # for the other side's part of a closing handshake
GOODBYE = (1000).to_bytes(2, "big")  # of a close frame: an end in good order
STEADY_S = 60.0  # a connection that lasted so long is no sign of trouble
LONGEST_PAUSE_S = 30.0

log = structlog.get_logger()


@dataclass(eq=False, slots=True)
class _Connection:
    """One socket, and what came by it and is not acknowledged yet. `left`: we said goodbye."""

    socket: aiohttp.ClientWebSocketResponse
    unanswered: set[asyncio.Task[None]] = field(default_factory=set)
    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    left: bool = False


class SocketMode:
    """Receives envelopes until stopped. `enter(envelope id, payload)` gives the acknowledgement's payload.

    After `hurry()` it gives it at once, whether the work is done or not.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        app_token: str,
        http: aiohttp.ClientSession,
        enter: Enter,
        hurry: Callable[[], None],
    ) -> None:
        self._client = client
        self._app_token = app_token
        self._http = http
        self._enter = enter
        self._hurry = hurry
        self._open: set[_Connection] = set()
        self._readers: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        self._app = ""  # our own id, as Slack greets us

    async def open(self) -> None:
        """Nothing to prepare: each connection asks for its own address."""

    @property
    def connected(self) -> bool:
        """Whether Slack can send us anything just now."""
        return bool(self._open)

    async def run(self) -> None:
        """Keep the connections open until `close`."""
        await asyncio.gather(*(self._keep(number) for number in range(CONNECTIONS)))

    async def close(self, within_s: float) -> None:
        """Close each connection in a moment in which everything that came by it is acknowledged.

        Slack sends to a connection until it is closed, so until then all is taken as ever; where no such
        moment comes in time, it is made by answering that it takes longer.
        """
        self._stopping.set()
        await asyncio.gather(*(self._let_go(connection, within_s) for connection in self._open.copy()))
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
                if self._stopping.is_set():  # told so while this one was being opened
                    await socket.close()
                    return
                connection = _Connection(socket)
                self._open.add(connection)
                _start(self._readers, self._read(connection))
                # A socket that announces its end is read to that end while the next one is opened.
                await connection.leaving.wait()
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
            autoclose=False,  # `_read` does it, whoever closes first
        )

    async def _read(self, connection: _Connection) -> None:
        try:
            async for frame in connection.socket:
                if frame.type is aiohttp.WSMsgType.TEXT:
                    self._receive(connection, frame.data)
        finally:
            self._open.discard(connection)
            await connection.socket.close()
            connection.leaving.set()
            connection.ended.set()

    def _receive(self, connection: _Connection, data: str) -> None:
        message = json.loads(data)
        if message.get("type") == "hello":
            self._app = str((message.get("connection_info") or {}).get("app_id") or "")
        elif message.get("type") == "disconnect":
            log.info("socket_mode.disconnect", reason=message.get("reason"))
            connection.leaving.set()
        elif "envelope_id" in message and isinstance(message.get("payload"), dict):
            _start(connection.unanswered, self._acknowledge(connection, message))

    async def _acknowledge(self, connection: _Connection, envelope: dict[str, Any]) -> None:
        if self._app and envelope["payload"].get("api_app_id", self._app) != self._app:
            log.error("socket_mode.foreign_app")
            payload = {}
        else:
            payload = await self._enter(envelope["envelope_id"], envelope["payload"])
        answer: dict[str, Any] = {"envelope_id": envelope["envelope_id"]}
        if payload and envelope.get("accepts_response_payload"):
            answer["payload"] = payload
        try:
            if connection.left:  # it crossed our goodbye on the way: carried out, but nothing may follow that
                raise ConnectionError
            await connection.socket.send_json(answer)
        except ConnectionError:
            log.warning("socket_mode.acknowledgement_lost")

    async def _let_go(self, connection: _Connection, within_s: float) -> None:
        try:
            async with asyncio.timeout(within_s):
                while connection.unanswered:
                    await asyncio.wait(connection.unanswered.copy(), return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            self._hurry()
            if late := await finished(connection.unanswered.copy(), CLOSING_S):
                log.warning("socket_mode.not_acknowledged", deliveries=late)
        connection.left = True
        try:
            async with asyncio.timeout(CLOSING_S):
                await connection.socket.send_frame(GOODBYE, aiohttp.WSMsgType.CLOSE)
                await connection.ended.wait()
        except (ConnectionError, TimeoutError):
            await connection.socket.close()

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
