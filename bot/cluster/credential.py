"""Where the bearer token of a cluster comes from: a fixed one, or OAuth 2 client credentials."""

import asyncio
import json
import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

import httpx
from pydantic import SecretStr

from bot.cluster.answer import Cause
from bot.cluster.reply import Reply
from bot.cluster.transport import NoReply, Request, exchange

_SENDABLE = re.compile(r"[\x21-\x7e]+")  # what a header can carry
_ERROR_CODE = re.compile(r"[a-z_]{1,40}")  # RFC 6749 5.2; anything else could repeat a secret


class NoToken(Exception):
    """No token to be had, so nothing was sent. `cause` is UNAUTHORIZED or UNREACHABLE; holds no secret."""

    def __init__(self, cause: Cause, message: str) -> None:
        super().__init__(message)
        self.cause = cause


class Credential(Protocol):
    """The source of a cluster's bearer token."""

    async def token(self) -> SecretStr:
        """The token to send now. Raises NoToken."""

    async def renew(self, rejected: SecretStr) -> SecretStr | None:
        """Another token than one that was answered 401; None where there is none. Raises NoToken."""


Reread = Callable[[], SecretStr]  # what a file holds now; raises ValueError; takes as long as a disk does


class StaticToken:
    """A long-lived bearer token; a 401 means that somebody must replace it, or has done so in its file."""

    def __init__(self, token: SecretStr, reread: Reread | None = None) -> None:
        self._token = SecretStr(token.get_secret_value().strip())
        self._reread = reread

    async def token(self) -> SecretStr:
        """The configured token. Raises NoToken where it is empty or cannot stand in a header."""
        if not _SENDABLE.fullmatch(self._token.get_secret_value()):
            raise NoToken(
                Cause.UNAUTHORIZED, "The configured token is empty or holds characters no token has"
            )
        return self._token

    async def renew(self, rejected: SecretStr) -> SecretStr | None:
        """What stands in the file now, if there is one and it is another. Raises NoToken."""
        if self._reread is None:
            return None
        if self._token == rejected:
            self._token = await _read(self._reread)
        fresh = await self.token()
        return None if fresh == rejected else fresh


@dataclass(frozen=True, slots=True)
class _Held:
    token: SecretStr
    refresh_at: float


class ClientCredentials:
    """OAuth 2 client credentials: one token, in memory, fetched once for all who ask, renewed in time."""

    def __init__(
        self,
        *,
        http: httpx.AsyncClient,
        token_url: str,
        client_id: str,
        client_secret: SecretStr,
        reread: Reread | None = None,
        limit_s: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._token_url = token_url
        self._client_id = client_id
        self._client_secret = client_secret
        self._reread = reread
        self._limit_s = limit_s
        self._clock = clock
        self._turn = asyncio.Lock()
        self._held: _Held | None = None
        self._fetches = 0  # that came to an end
        self._failure = (Cause.UNAUTHORIZED, "The new token was refused at once")  # of the last one

    async def token(self) -> SecretStr:
        """The token in memory, or a new one where it is about to expire. Raises NoToken."""
        held = self._held
        if held is not None and self._clock() < held.refresh_at:
            return held.token
        return await self._fetched()

    async def renew(self, rejected: SecretStr) -> SecretStr | None:
        """A token other than `rejected`, fetched unless somebody else just did. Raises NoToken."""
        if self._held is not None and self._held.token == rejected:
            self._held = None
        fresh = await self.token()
        return None if fresh == rejected else fresh

    async def _fetched(self) -> SecretStr:
        """One fetch for all who ask while it runs: those who waited share its end, good or bad."""
        asked_at = self._fetches
        async with self._turn:
            if self._fetches == asked_at:
                try:
                    self._held = await self._fetch()
                except NoToken as exc:
                    self._held, self._failure = None, (exc.cause, str(exc))
                self._fetches += 1
            if self._held is None:
                raise NoToken(*self._failure)
            return self._held.token

    async def _fetch(self) -> _Held:
        if self._reread:
            self._client_secret = await _read(self._reread)
        form = {
            "grant_type": "client_credentials",
            "client_id": self._client_id,
            "client_secret": self._client_secret.get_secret_value(),
        }
        request = Request(
            "POST",
            self._token_url,
            {"Content-Type": "application/x-www-form-urlencoded"},
            urlencode(form).encode(),
            limit=64 * 1024,
        )
        asked = self._clock()
        deadline = asyncio.get_running_loop().time() + self._limit_s
        try:
            reply = await exchange(self._http, request, deadline=deadline)
        except NoReply as exc:
            raise NoToken(Cause.UNREACHABLE, f"No token could be fetched. {exc}") from exc
        return _token_in(reply, asked)


async def _read(reread: Reread) -> SecretStr:
    try:
        return await asyncio.to_thread(reread)
    except ValueError as exc:
        raise NoToken(Cause.UNAUTHORIZED, f"No token is to be had: {exc}") from exc


def _token_in(reply: Reply, asked: float) -> _Held:
    """The token of a token endpoint's reply (RFC 6749 5.1); nothing of its body is ever repeated."""
    try:
        document = json.loads(reply.body or b"")
    except (ValueError, RecursionError):
        document = None
    said = document if isinstance(document, dict) else {}
    token, lifetime, error = said.get("access_token"), said.get("expires_in"), said.get("error")
    if reply.status == 200 and isinstance(token, str) and _SENDABLE.fullmatch(token):
        return _Held(SecretStr(token), asked + _usable_s(lifetime))
    known = isinstance(error, str) and _ERROR_CODE.fullmatch(error)
    what = f"{reply.status} {error}" if known else f"{reply.status} and no readable token"
    temporary = reply.status in (408, 429) or reply.status >= 500
    cause = Cause.UNREACHABLE if temporary else Cause.UNAUTHORIZED
    raise NoToken(cause, f"No token could be fetched. The token endpoint answered {what}")


def _usable_s(lifetime: object) -> float:
    """Seconds until a token is renewed: a tenth, at most a minute, before it ends; no end given: at a 401."""
    if isinstance(lifetime, bool) or not isinstance(lifetime, int | float) or not lifetime > 0:
        return math.inf
    return max(0.9 * lifetime, lifetime - 60.0)
