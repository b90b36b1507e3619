"""Moods: how the sandbox cluster treats a call. The type, and one function for each mood seen or feared."""

import json
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

STARTING = {"message": "TMS bootstrap status(INIT) is not Ready", "success": False}
ACCEPTED = {"message": "Sending action to migration services", "success": True}
UNAUTHORIZED = {
    "errorCode": "TMS_UNAUTHORIZED",
    "httpStatusCode": 401,
    "message": "Invalid access token",
    "debugId": "0f1a2b3c",
}
GATEWAY_PAGE = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>openresty</body></html>"


class Call(StrEnum):
    """Which calls a mood is for; OAUTH is the token endpoint, shared by all clusters of a host."""

    POST = "POST"
    GET = "GET"
    OAUTH = "OAUTH"


class Wire(StrEnum):
    """How the answer goes onto the wire."""

    WHOLE = "whole"
    TRICKLED = "trickled"  # one byte every `pace_s`
    TRUNCATED = "truncated"  # Content-Length promises all, half comes, then it closes
    CLOSED_UNREAD = "closed_unread"  # closed after the header, the body unread
    CLOSED = "closed"  # closed after reading all, without an answer
    RESET = "reset"  # as CLOSED, by RST
    SILENT = "silent"  # no answer until the client gives up


class Mood(BaseModel):
    """One way to treat a call. `acts`: the action is carried out, in time, provided that all customers exist.

    `body` None stands for the cluster's own words. `after_s` passes between acting and answering. A call
    with a wrong token is answered 401 in every mood and does not use up a queued one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    acts: bool = True
    after_s: float = 0.0
    status: int = 200
    body: str | None = None
    content_type: str = "application/json"
    headers: dict[str, str] = {}
    wire: Wire = Wire.WHOLE
    pace_s: float = 0.02


def normal() -> Mood:
    """Accepts, refuses unknown customers, carries out in time."""
    return Mood(name="normal")


def created() -> Mood:
    """As normal, with 201 for 200."""
    return Mood(name="created", status=201)


def slow(after_s: float) -> Mood:
    """Carried out at once, answered only after `after_s` (seen: up to 16.5 s)."""
    return Mood(name="slow", after_s=after_s)


def lying() -> Mood:
    """Says success and does nothing."""
    return Mood(name="lying", acts=False)


def starting() -> Mood:
    """The cluster is starting; nothing is done; later it will work."""
    return replying("starting", json.dumps(STARTING))


def wrong_token() -> Mood:
    """401 as the cluster words it, whatever the token."""
    return replying("wrong_token", json.dumps(UNAUTHORIZED), status=401)


def rate_limited(retry_after: str = "7") -> Mood:
    """429 with a `Retry-After` (seconds or an HTTP date)."""
    body = json.dumps({"message": "Too many requests"})
    return replying("rate_limited", body, status=429, headers={"Retry-After": retry_after})


def forbidden() -> Mood:
    """403 from a gateway in front."""
    return replying("forbidden", json.dumps({"message": "RBAC: access denied"}), status=403)


def request_timeout(*, acts: bool = False) -> Mood:
    """408 from a gateway in front, which does not know whether the cluster acted."""
    return replying("request_timeout", "", status=408, acts=acts)


def server_error(*, acts: bool = False) -> Mood:
    """500 with a JSON body."""
    return replying("server_error", json.dumps({"message": "Internal error"}), status=500, acts=acts)


def bad_gateway(*, acts: bool = False) -> Mood:
    """502 with an HTML page."""
    return replying("bad_gateway", GATEWAY_PAGE, status=502, content_type="text/html", acts=acts)


def redirect() -> Mood:
    """302 to a log-in page."""
    return replying("redirect", "", status=302, headers={"Location": "/login?next=/tms"})


def empty(*, acts: bool = True) -> Mood:
    """200 with nothing in it."""
    return replying("empty", "", acts=acts)


def json_list(*, acts: bool = True) -> Mood:
    """200 with a JSON list."""
    return replying("json_list", json.dumps([ACCEPTED]), acts=acts)


def success_as_string(*, acts: bool = True) -> Mood:
    """200 whose `success` is the string "true"."""
    return replying("success_as_string", json.dumps({**ACCEPTED, "success": "true"}), acts=acts)


def trickling(pace_s: float = 0.02, *, acts: bool = True) -> Mood:
    """The normal answer, one byte every `pace_s`."""
    return Mood(name="trickling", wire=Wire.TRICKLED, pace_s=pace_s, acts=acts)


def truncated(*, acts: bool = True) -> Mood:
    """The normal answer, cut in the middle by a closed connection."""
    return Mood(name="truncated", wire=Wire.TRUNCATED, acts=acts)


def closed_unread() -> Mood:
    """The connection is closed before the body is read; nothing is done."""
    return Mood(name="closed_unread", wire=Wire.CLOSED_UNREAD, acts=False)


def closed(*, acts: bool) -> Mood:
    """The connection is closed after the request was read."""
    return Mood(name="closed", wire=Wire.CLOSED, acts=acts)


def reset(*, acts: bool = True) -> Mood:
    """The connection is reset after the request was read."""
    return Mood(name="reset", wire=Wire.RESET, acts=acts)


def silent(*, acts: bool = True) -> Mood:
    """Never answers: a time-out for the client, although (by default) it is done."""
    return Mood(name="silent", wire=Wire.SILENT, acts=acts)


def replying(
    name: str,
    body: str,
    *,
    status: int = 200,
    content_type: str = "application/json",
    headers: dict[str, str] | None = None,
    acts: bool = False,
) -> Mood:
    """A reply word for word."""
    return Mood(
        name=name, body=body, status=status, content_type=content_type, headers=headers or {}, acts=acts
    )
