"""The client of one cluster's API: set an action, read states. Every outcome of a POST is an answer."""

import asyncio
import json
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import quote

import httpx
from pydantic import SecretStr

from bot.cluster.answer import Answer, Cause, Outcome, judge
from bot.cluster.apps import App, parse_apps
from bot.cluster.credential import Credential, NoToken
from bot.cluster.reply import Reply, explain, plain, read
from bot.cluster.states import IllFormed, State, parse_states
from bot.cluster.transport import WORDS_LIMIT, NoReply, Request, exchange
from bot.errors import ClusterUnreadable

STATES_LIMIT = 64 * 1024 * 1024
APPS_LIMIT = 8 * 1024 * 1024  # of one answer, for as many ids as an address holds
# Gateways refuse request lines over some 8,000 characters; a longer list of ids is read with ALL instead.
_IDS_IN_URL = 6_000


class ClusterClient:
    """One cluster. `timeout_s` bounds a call from first byte to last, a repeat after a 401 included."""

    def __init__(
        self, *, http: httpx.AsyncClient, base_url: str, credential: Credential, timeout_s: float
    ) -> None:
        self._http = http
        self._api = f"{base_url.rstrip('/')}/tms/v1"
        self._credential = credential
        self._timeout_s = timeout_s

    async def set_action(self, action: str, cids: Sequence[str], *, send_by: float = math.inf) -> Answer:
        """POST `cids` once and judge what came of it.

        There is a second POST only after a 401 (nothing was done), with a freshly fetched token, and only
        within the first one's deadline. Raises TooLate where `send_by` (the loop's time) was over before it
        could be sent, so that nothing was done; and asyncio.CancelledError, but nothing else.
        """
        started = time.monotonic()
        content = json.dumps({"action": action, "cids": list(cids)}).encode("ascii")
        headers = {"Content-Type": "application/json"}
        request = Request("POST", f"{self._api}/set/action", headers, content, send_by=send_by)
        try:
            reply, token = await self._send(request)
        except (NoToken, NoReply) as exc:
            return _unanswered(exc, elapsed_s=time.monotonic() - started)
        return judge(reply, cids, elapsed_s=time.monotonic() - started, secret=token.get_secret_value())

    async def read_states(self, cids: Sequence[str] | None) -> dict[str, State]:
        """The state of `cids` (None: of every customer); those the cluster does not know are absent.

        Raises ClusterUnreadable with a sentence for the user.
        """
        if cids is not None and not cids:
            return {}
        ids = "ALL" if cids is None else quote(",".join(cids), safe=",")
        asked = ids if len(ids) <= _IDS_IN_URL else "ALL"
        request = Request("GET", f"{self._api}/get/action?cid={asked}", {}, limit=STATES_LIMIT)
        try:
            reply, token = await self._send(request)
        except (NoToken, NoReply) as exc:
            raise _unreadable(str(exc), unauthorized=exc.cause is Cause.UNAUTHORIZED) from exc
        states = await _states_in(reply, token)
        return states if cids is None else {cid: states[cid] for cid in cids if cid in states}

    async def read_apps(self, cids: Sequence[str]) -> dict[str, tuple[App, ...]]:
        """The applications of these few customers, by one request; those not known there are absent.

        `fitting` says how many fit into one. Raises ClusterUnreadable with a sentence for the user.
        """
        ids = quote(",".join(cids), safe=",")
        request = Request("GET", f"{self._api}/get/appstatus?app=ALL&cid={ids}", {}, limit=APPS_LIMIT)
        try:
            reply, token = await self._send(request)
        except (NoToken, NoReply) as exc:
            raise _unreadable(str(exc), APPS) from exc
        if reply.status == 200 and reply.body is not None:
            try:
                return await asyncio.to_thread(parse_apps, reply.body, cids)
            except IllFormed as exc:
                if len(reply.body) > WORDS_LIMIT or read(reply).success is not False:
                    raise _unreadable(str(exc), APPS) from exc
        raise _unreadable(explain(reply, read(reply), token.get_secret_value()), APPS)

    async def _send(self, request: Request) -> tuple[Reply, SecretStr]:
        """One exchange, and a second where the first was refused for its token and another is to be had."""
        token = await self._credential.token()
        deadline = asyncio.get_running_loop().time() + self._timeout_s
        reply = await exchange(self._http, _bearing(token, request), deadline=deadline)
        if reply.status != 401 or judge(reply, (), elapsed_s=0.0).cause is not Cause.UNAUTHORIZED:
            return reply, token
        try:
            renewed = await self._credential.renew(token)
        except NoToken as exc:
            raise NoToken(exc.cause, f"The cluster refused the token (401). {exc}") from exc
        if renewed is None or asyncio.get_running_loop().time() >= deadline:
            return reply, token
        return await exchange(self._http, _bearing(renewed, request), deadline=deadline), renewed


def _bearing(token: SecretStr, request: Request) -> Request:
    headers = {**request.headers, "Authorization": f"Bearer {token.get_secret_value()}"}
    return replace(request, headers=headers)


def _unanswered(why: NoToken | NoReply, *, elapsed_s: float) -> Answer:
    """Without a token, or without a connection, nothing was sent; any other silence proves nothing."""
    nothing_sent = isinstance(why, NoToken) or why.cause is Cause.UNREACHABLE
    return Answer(
        outcome=Outcome.REFUSED if nothing_sent else Outcome.UNKNOWN,
        cause=why.cause,
        http_status=None,
        message=plain(str(why)),
        culprits=(),
        retry_after_s=None,
        elapsed_s=elapsed_s,
    )


async def _states_in(reply: Reply, token: SecretStr) -> dict[str, State]:
    if reply.status == 200 and reply.body is not None:
        try:
            return await asyncio.to_thread(parse_states, reply.body)
        except IllFormed as exc:
            # Unless it is a refusal in a few words, as every other call can get one.
            if len(reply.body) > WORDS_LIMIT or read(reply).success is not False:
                raise _unreadable(str(exc)) from exc
    words = explain(reply, read(reply), token.get_secret_value())
    raise _unreadable(words, unauthorized=reply.status == 401)


def fitting(cids: Sequence[str]) -> Iterator[Sequence[str]]:
    """The ids cut into pieces, each as long as an address may be."""
    start, length = 0, 0
    for end, cid in enumerate(cids):
        more = len(quote(cid, safe="")) + 1
        if end > start and length + more > _IDS_IN_URL:
            yield cids[start:end]
            start, length = end, 0
        length += more
    if cids[start:]:
        yield cids[start:]


STATE = "The customers' state"
APPS = "The customers' applications"


def _unreadable(why: str, what: str = STATE, *, unauthorized: bool = False) -> ClusterUnreadable:
    words = f"{what} could not be read. {plain(why).rstrip('.')}."
    return ClusterUnreadable(words, unauthorized=unauthorized)
