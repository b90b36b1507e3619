"""One bounded HTTP exchange over httpx, and the one shared client; foreign errors are translated here."""

import asyncio
import math
import ssl
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path

import httpx

from bot.cluster.answer import Cause
from bot.cluster.reply import Reply, plain

CONNECT_TIMEOUT_S = 10.0
WORDS_LIMIT = 256 * 1024  # bytes of a body that holds a message, not data


@dataclass(frozen=True, slots=True)
class Request:
    """What to send; `limit` bounds a 200's body in bytes. The repr shows no header and no content.

    `send_by`, by the loop's clock: later than that not a byte may be sent.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(default=b"", repr=False)
    limit: int = WORDS_LIMIT
    send_by: float = math.inf


class NoReply(Exception):
    """No whole reply came; `cause` is UNREACHABLE only where nothing can have been sent. Plain words."""

    def __init__(self, cause: Cause, message: str) -> None:
        super().__init__(message)
        self.cause = cause


class TooLate(Exception):
    """It was time to send, and `send_by` was over: nothing was sent."""


def open_http(ca_file: Path | None = None) -> httpx.AsyncClient:
    """The one client of a process (building one costs 18 ms); close it with `async with` or `aclose()`.

    `ca_file`: certificate authorities that are trusted beside the public ones.

    No connection is kept for a second request: the cluster may close an idle one just as a POST goes out on
    it, and that POST's outcome would be unknown. The number of connections is bounded by the callers'
    concurrency; a queue in here would spend a POST's deadline before it is sent.
    """
    return httpx.AsyncClient(
        verify=authorities(ca_file),
        follow_redirects=False,
        trust_env=False,  # no proxy, no .netrc behind the configuration's back
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        timeout=httpx.Timeout(None, connect=CONNECT_TIMEOUT_S),  # the rest is under each call's own deadline
        headers={"User-Agent": "set-action-bot", "Accept": "application/json", "Accept-Encoding": "identity"},
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),  # nobody's session is carried along
    )


@cache
def authorities(ca_file: Path | None = None) -> ssl.SSLContext:
    """The certificate authorities that are trusted: read once, for that takes longer than all the rest."""
    trusted = httpx.create_ssl_context(trust_env=False)
    if ca_file:
        trusted.load_verify_locations(ca_file)
    return trusted


async def exchange(http: httpx.AsyncClient, request: Request, *, deadline: float) -> Reply:
    """Send `request` once and read the whole reply by `deadline` (the loop's time).

    Raises NoReply, and TooLate where `send_by` was over before the first byte.
    """
    if http.is_closed:
        raise NoReply(Cause.UNREACHABLE, "Nothing was sent: the HTTP client is closed")
    if not _can_be_called(request.url):
        raise NoReply(Cause.UNREACHABLE, "Nothing was sent: the configured address is not an HTTP URL")
    try:
        async with asyncio.timeout_at(deadline), _sent(http, request, deadline) as response:
            limit = request.limit if response.status_code == 200 else WORDS_LIMIT
            body = await _bounded(response, limit)
    except _Halted as exc:
        raise NoReply(Cause.CONNECTION_LOST, "The bot was stopped half way through sending") from exc
    except (httpx.ConnectError, httpx.ConnectTimeout) as exc:
        reason = plain(str(exc)) or "nobody answered in time"
        raise NoReply(Cause.UNREACHABLE, f"The connection could not be established: {reason}") from exc
    except (TimeoutError, httpx.TimeoutException) as exc:
        raise NoReply(Cause.TIMEOUT, "No complete answer came in time") from exc
    except httpx.DecodingError as exc:
        raise NoReply(Cause.UNREADABLE_ANSWER, "The answer's compressed body could not be unpacked") from exc
    except (httpx.HTTPError, OSError) as exc:  # OSError: httpx lets TLS errors after the handshake through
        raise NoReply(Cause.CONNECTION_LOST, "The connection broke before a complete answer came") from exc
    return Reply(
        status=response.status_code,
        body=body,
        content_type=response.headers.get("content-type", ""),
        retry_after=response.headers.get("retry-after"),
        at=datetime.now(UTC),
    )


def _can_be_called(address: str) -> bool:
    """What passes here fails, if at all, as one of httpx's own errors (a port over 65535 would not)."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        return False
    return url.scheme in ("http", "https") and bool(url.host) and (url.port or 80) <= 65_535


def _sent(
    http: httpx.AsyncClient, request: Request, deadline: float
) -> AbstractAsyncContextManager[httpx.Response]:
    left = deadline - asyncio.get_running_loop().time()
    # At most half of what is left, so that an address where nobody answers is told from a lost answer.
    phases = httpx.Timeout(None, connect=min(CONNECT_TIMEOUT_S, max(left / 2, 0.001)))
    return http.stream(
        request.method,
        request.url,
        headers=dict(request.headers),
        content=request.content,
        timeout=phases,
        follow_redirects=False,
        extensions={"trace": partial(_last_look, request.send_by)},
    )


class _Halted(Exception):
    """The head of a request was sent in time, its body would not be."""


WRITES = {"http11.send_request_headers.started": TooLate, "http11.send_request_body.started": _Halted}


async def _last_look(send_by: float, event: str, _: Mapping[str, object]) -> None:
    """Called by httpcore between its steps: the last moment before the connection is written to.

    A token was fetched and a connection made since the caller looked, and a process can stand still at any
    moment. https://www.encode.io/httpcore/extensions/#trace
    """
    if event in WRITES and asyncio.get_running_loop().time() > send_by:
        raise WRITES[event]


async def _bounded(response: httpx.Response, limit: int) -> bytes | None:
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > limit:
            return None
    return bytes(body)
