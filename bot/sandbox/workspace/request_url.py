"""HTTP mode: payloads to the app's request URL, signed as Slack signs them.

Shapes: docs.slack.dev, Verifying requests from Slack; commands are forms, interactions a form with one field
of JSON, events JSON.
"""

import asyncio
import hashlib
import hmac
import json
from time import monotonic, time
from typing import Any
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.workspace.journal import Journal
from bot.sandbox.workspace.sockets import Delivery, Envelope

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


class RequestUrl:
    """Where the app receives, in place of sockets."""

    def __init__(self, url: str, secret: str, journal: Journal) -> None:
        self._url = url
        self._secret = secret
        self._journal = journal

    async def deliver(self, envelope: Envelope, within_s: float, *, again: bool = False) -> Delivery:
        """Send a payload and wait for its answer, no longer than Slack does; any status but 200 is none."""
        self._journal.record(
            "envelope",
            envelope_id=envelope.id,
            type=envelope.type,
            payload=envelope.payload,
            socket="http",
            redelivery=again,
        )
        kind, body = encoded(envelope)
        begun = monotonic()
        try:
            async with asyncio.timeout(within_s), aiohttp.ClientSession() as http:
                headers = signed(self._secret, body) | {"Content-Type": kind}
                async with http.post(self._url, data=body, headers=headers) as answer:
                    told, status = await answer.text(), answer.status
        except (aiohttp.ClientError, TimeoutError):
            told, status = "", 0
        elapsed = round(monotonic() - begun, 4)
        if status != 200:
            self._journal.record("no_ack", envelope_id=envelope.id, status=status)
            return Delivery(connected=status != 0, acked=False, elapsed=elapsed)
        payload: dict[str, Any] | None = json.loads(told) if told else None
        self._journal.record("ack", envelope_id=envelope.id, elapsed=elapsed, payload=payload, late=False)
        return Delivery(connected=True, acked=True, elapsed=elapsed, payload=payload)


def encoded(envelope: Envelope) -> tuple[str, bytes]:
    """Content type and body."""
    if envelope.type == "slash_commands":
        return FORM, urlencode(envelope.payload).encode()
    told = json.dumps(envelope.payload)
    return (
        (JSON, told.encode())
        if envelope.type == "events_api"
        else (FORM, urlencode({"payload": told}).encode())
    )


def signed(secret: str, body: bytes, at: float | None = None) -> dict[str, str]:
    """The two headers that prove where a request comes from."""
    timestamp = str(int(time() if at is None else at))
    digest = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}
