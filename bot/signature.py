"""What proves that a request comes from Slack, and what is in its body; plain functions, no I/O.

The bytes are checked before anything is read in them.
https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

WINDOW_S = 300  # how far a request's time may be from ours
VERSION = "v0"
MOST_FIELDS = 50  # of a form; a slash command has some fifteen


class NotFromSlack(Exception):
    """Nothing proves that Slack sent this; the message says why, for the log."""


class Unreadable(Exception):
    """Slack's signature is right, and yet this is nothing that Slack sends."""


def verified(headers: Mapping[str, str], body: bytes, secret: str, now: float) -> str:
    """The request's signature, which no other request has. `now`: seconds since 1970. Raises NotFromSlack."""
    timestamp = headers.get("X-Slack-Request-Timestamp", "")
    signature = headers.get("X-Slack-Signature", "")
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        raise NotFromSlack("no time")
    if abs(now - int(timestamp)) > WINDOW_S:
        raise NotFromSlack("too old, or from the future")
    signed = f"{VERSION}:{timestamp}:".encode("ascii") + body
    expected = f"{VERSION}={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"
    # As bytes: comparing text raises where the other side's is not ASCII.
    if not hmac.compare_digest(expected.encode("ascii"), signature.encode("utf-8", "surrogateescape")):
        raise NotFromSlack("wrong signature")
    return expected


def read(content_type: str, body: bytes) -> dict[str, Any]:
    """The payload as Socket Mode would deliver it. Raises Unreadable.

    Events come as JSON, everything done with a mouse as JSON in a form's field, commands as a form.
    """
    try:
        text = body.decode("utf-8")
        if content_type == "application/json":
            return _object(text)
        if content_type != "application/x-www-form-urlencoded":
            raise Unreadable("neither JSON nor a form")
        fields = dict(
            parse_qsl(
                text,
                keep_blank_values=True,
                strict_parsing=True,
                errors="strict",
                max_num_fields=MOST_FIELDS,
            )
        )
    except ValueError as exc:  # UnicodeDecodeError is one
        raise Unreadable("not a body of this kind") from exc
    return _object(fields["payload"]) if "payload" in fields else dict(fields)


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise Unreadable("not complete JSON") from exc
    if not isinstance(found, dict):
        raise Unreadable("JSON, but not an object")
    return found
