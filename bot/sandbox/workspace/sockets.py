"""Socket Mode: one-use addresses, the open connections, envelopes out and acknowledgements in.

Shapes: docs.slack.dev, Using Socket Mode.
"""

import asyncio
import json
from collections import defaultdict, deque
from contextlib import suppress
from dataclasses import dataclass, field
from secrets import token_hex
from socket import SHUT_RDWR
from time import monotonic
from typing import Any
from uuid import uuid4

from aiohttp import WSMsgType, web

from bot.sandbox.workspace.journal import Journal
from bot.sandbox.workspace.people import APP

MOST_SOCKETS = 10
CLOSING_S = 0.5  # how long a client may take to answer a closing handshake
DEBUG_INFO = {"host": "applink-sandbox", "build_number": 1}


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is sent; the same one may be sent again."""

    type: str
    payload: dict[str, Any]
    answerable: bool = False
    id: str = field(default_factory=lambda: str(uuid4()))

    def told(self) -> dict[str, Any]:
        told: dict[str, Any] = {"envelope_id": self.id, "payload": self.payload, "type": self.type}
        told["accepts_response_payload"] = self.answerable
        if self.type == "events_api":
            told |= {"retry_attempt": 0, "retry_reason": ""}
        return told


@dataclass(frozen=True, slots=True)
class Delivery:
    """How one sending ended: `connected` False when nobody was there; `elapsed` in seconds."""

    connected: bool
    acked: bool
    elapsed: float
    payload: dict[str, Any] | None = None


@dataclass(slots=True)
class _Waiting:
    sent: float
    answer: asyncio.Future[dict[str, Any] | None]


class Sockets:
    """The app's open connections; a payload goes to any one of them, here to each in turn."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._tickets: set[str] = set()
        self._open: dict[str, web.WebSocketResponse] = {}
        self._waiting: defaultdict[str, deque[_Waiting]] = defaultdict(deque)
        self._turn = 0
        self.refusals = 0

    @property
    def count(self) -> int:
        return len(self._open)

    def new_url(self, address: str) -> str:
        """A web socket address that admits one connection."""
        ticket = token_hex(16)
        self._tickets.add(ticket)
        return f"{address.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={APP}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """The handshake and then the connection's whole life."""
        if self.refusals > 0:
            self.refusals -= 1
            self._journal.record("handshake_refused", reason="ordered")
            return web.Response(status=503)
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            self._journal.record("handshake_refused", reason="the address was used before or is unknown")
            return web.Response(status=408)
        self._tickets.remove(ticket)
        socket = web.WebSocketResponse(timeout=CLOSING_S)
        await socket.prepare(request)
        if self.count >= MOST_SOCKETS:
            await socket.send_json(_disconnect("too_many_websockets"))
            await socket.close()
            return socket
        await self._live(socket, "s" + ticket[:6])
        return socket

    async def _live(self, socket: web.WebSocketResponse, name: str) -> None:
        self._open[name] = socket
        hello = {"type": "hello", "num_connections": self.count, "connection_info": {"app_id": APP}}
        await socket.send_json({**hello, "debug_info": {**DEBUG_INFO, "approximate_connection_time": 18060}})
        self._journal.record("socket_opened", socket=name, open=self.count)
        try:
            async for frame in socket:
                if frame.type is WSMsgType.TEXT:
                    self._hear(frame.data)
        finally:
            self._open.pop(name, None)
            self._journal.record("socket_closed", socket=name, open=self.count)

    def _hear(self, words: str) -> None:
        try:
            heard = json.loads(words)
            envelope_id, payload = heard["envelope_id"], heard.get("payload")
        except (ValueError, KeyError, TypeError, AttributeError):
            self._journal.record("ack_unreadable", words=words[:400])
            return
        waiting = self._waiting[envelope_id].popleft() if self._waiting.get(envelope_id) else None
        if waiting is None:
            self._journal.record("ack_unknown", envelope_id=envelope_id)
            return
        elapsed = round(monotonic() - waiting.sent, 4)
        late = waiting.answer.done()
        self._journal.record("ack", envelope_id=envelope_id, elapsed=elapsed, payload=payload, late=late)
        if not late:
            waiting.answer.set_result(payload)

    async def deliver(self, envelope: Envelope, within_s: float, *, again: bool = False) -> Delivery:
        """Send an envelope and wait for its acknowledgement, no longer than Slack does."""
        names = list(self._open)
        if not names:
            self._journal.record("no_socket", envelope_id=envelope.id, type=envelope.type)
            return Delivery(connected=False, acked=False, elapsed=0.0)
        name = names[self._turn % len(names)]
        self._turn += 1
        waiting = _Waiting(monotonic(), asyncio.get_running_loop().create_future())
        self._waiting[envelope.id].append(waiting)
        self._journal.record(
            "envelope",
            envelope_id=envelope.id,
            type=envelope.type,
            payload=envelope.payload,
            socket=name,
            redelivery=again,
        )
        try:
            async with asyncio.timeout(within_s):
                await self._open[name].send_json(envelope.told())
                payload = await waiting.answer
        except (TimeoutError, ConnectionError):
            waiting.answer.cancel()
            self._journal.record("no_ack", envelope_id=envelope.id)
            return Delivery(connected=True, acked=False, elapsed=monotonic() - waiting.sent)
        return Delivery(connected=True, acked=True, elapsed=monotonic() - waiting.sent, payload=payload)

    async def disconnect(self, reason: str | None) -> None:
        """Say `disconnect` to all; closing follows, except after a `warning`; None cuts without a word."""
        for socket in list(self._open.values()):
            with suppress(OSError):  # a connection that is gone already needs no telling
                if reason is None:
                    socket.get_extra_info("socket").shutdown(SHUT_RDWR)
                    continue
                await socket.send_json(_disconnect(reason))
                if reason != "warning":
                    await socket.close(drain=False)

    async def close(self) -> None:
        for socket in list(self._open.values()):
            await socket.close(drain=False)


def _disconnect(reason: str) -> dict[str, Any]:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": DEBUG_INFO["host"]}}
