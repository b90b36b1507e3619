"""The other side of the wire, as light as can be: one Slack workspace and one cluster for one contestant.

It answers everything with the least that is right, checks nothing, and notes when what came in.
"""

import asyncio
import hashlib
import hmac
import json
import time
from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlencode

import aiohttp
from aiohttp import web

JSON = dict[str, Any]
TEAM, BOT, APP = "T0BENCH", "U0BOT", "A0BENCH"
SECRET = "bench-signing-secret"
ACCEPTED = {"message": "Sending action to migration services", "success": True}
PATIENCE_S = 60.0
HOME = {"team_id": TEAM, "user_id": BOT, "bot_id": "B0BOT", "url": "https://bench.example/", "team": "bench"}


@dataclass
class Wire:
    """What one contestant talks to; `events` (Slack's request URL) is where it listens in HTTP mode."""

    events: str = ""
    cluster_s: float = 0.0  # how long the cluster takes
    address: str = ""
    calls: Counter[str] = field(default_factory=Counter)
    peers: dict[str, set[Any]] = field(default_factory=lambda: {"slack": set(), "cluster": set()})
    files: dict[str, bytes] = field(default_factory=dict)
    _sockets: list[web.WebSocketResponse] = field(default_factory=list)
    _acks: dict[str, asyncio.Future[float]] = field(default_factory=dict)
    _awaited: dict[Hashable, asyncio.Future[tuple[float, JSON]]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _http: aiohttp.ClientSession | None = None
    _runner: web.ServerRunner | None = None

    async def __aenter__(self) -> "Wire":
        self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        self._runner = web.ServerRunner(web.Server(self._serve, access_log=None))
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, backlog=1024)
        await site.start()
        self.address = site.name
        return self

    async def __aexit__(self, *_: object) -> None:
        for socket in self._sockets:
            await socket.close(drain=False)
        if self._http and self._runner:
            await self._http.close()
            await self._runner.shutdown()
            await self._runner.cleanup()

    @property
    def connected(self) -> int:
        """Open sockets."""
        return sum(not socket.closed for socket in self._sockets)

    def expect(self, what: Hashable) -> asyncio.Future[tuple[float, JSON]]:
        """When something comes in, and what it was: ("card", channel), ("thread", ts), ("cluster", cid)."""
        return self._awaited.setdefault(what, asyncio.get_running_loop().create_future())

    async def deliver(self, payload: JSON) -> float:
        """Send a command, a click or an event; seconds until it is acknowledged."""
        sent = time.perf_counter()
        if self.events:
            return await self._posted(payload) - sent
        envelope = f"e{next(self._numbers)}"
        kind = "slash_commands" if "command" in payload else "interactive"
        told = {"envelope_id": envelope, "type": kind, "payload": payload, "accepts_response_payload": True}
        acked: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._acks[envelope] = acked
        live = [socket for socket in self._sockets if not socket.closed]
        await live[next(self._numbers) // 2 % len(live)].send_str(json.dumps(told))
        async with asyncio.timeout(PATIENCE_S):
            return await acked - sent

    async def _posted(self, payload: JSON) -> float:
        assert self._http
        fields = payload if "command" in payload else {"payload": json.dumps(payload)}
        body, at = urlencode(fields).encode(), str(int(time.time()))
        sign = hmac.new(SECRET.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
        headers = {
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": f"v0={sign}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        async with self._http.post(self.events, data=body, headers=headers) as response:
            await response.read()
            assert response.status == 200, response.status
        return time.perf_counter()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        at, path = time.perf_counter(), request.path
        if path == "/link":
            return await self._link(request)
        body = await request.read()
        peer = request.transport and request.transport.get_extra_info("peername")
        self.peers["cluster" if path.startswith("/tms/") else "slack"].add(peer)
        self.calls[path] += 1
        if path.startswith("/tms/"):
            return await self._cluster(request, body, at)
        if path.startswith("/files/"):
            return web.Response(body=self.files[path.rpartition("/")[2]])
        said: JSON = json.loads(body) if body[:1] == b"{" else dict(parse_qsl(body.decode()))
        said.update(request.query)
        return web.json_response({"ok": True, **self._slack(path.rpartition("/")[2], said, at)})

    async def _cluster(self, request: web.BaseRequest, body: bytes, at: float) -> web.Response:
        if request.method == "GET":
            return web.json_response({})
        self._heard(("cluster", json.loads(body)["cids"][0]), at, {})
        if self.cluster_s:
            await asyncio.sleep(self.cluster_s)
        return web.json_response(ACCEPTED)

    def _slack(self, method: str, said: JSON, at: float) -> JSON:
        match method:
            case "apps.connections.open":
                return {"url": f"{self.address.replace('http', 'ws', 1)}/link"}
            case "auth.test":
                return HOME
            case "users.info":
                return {"user": {"id": said["user"], "team_id": TEAM, "deleted": False, "tz": "UTC"}}
            case "files.info":
                return {"file": _file(self.address, said["file"])}
            case "views.open" | "views.update":
                view = said["view"] if isinstance(said["view"], dict) else json.loads(said["view"])
                view |= {"id": said.get("view_id") or f"V{next(self._numbers)}", "hash": "1.a"}
                self._heard(("view", view["id"] if method == "views.update" else None), at, view)
                return {"view": view}
            case "chat.postMessage" | "chat.update":
                return self._message(method, said, at)
        return {}

    def _message(self, method: str, said: JSON, at: float) -> JSON:
        channel = said["channel"]
        ts = said.get("ts") or f"{1_700_000_000 + next(self._numbers)}.000100"
        if "thread_ts" in said:
            self._heard(("thread", said["thread_ts"]), at, said)
        if "ts" in said:
            self._heard(("update", ts), at, said)
        blocks = said.get("blocks") or []
        for block in json.loads(blocks) if isinstance(blocks, str) else blocks:
            for element in block.get("elements", ()):
                if element.get("action_id") == "confirm":
                    button = {"block_id": block.get("block_id", "b"), **element}
                    self._heard(("card", channel), at, {"ts": ts, "channel": channel, "button": button})
        return {"channel": channel, "ts": ts, "message": {"ts": ts}}

    def _heard(self, what: Hashable, at: float, said: JSON) -> None:
        future = self._awaited.pop(what, None)
        if future and not future.done():
            future.set_result((at, said))

    async def _link(self, request: web.BaseRequest) -> web.StreamResponse:
        socket = web.WebSocketResponse(timeout=0.2, max_msg_size=0)
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "connection_info": {"app_id": APP}, "num_connections": 1})
        self._sockets.append(socket)
        async for frame in socket:
            acked = self._acks.pop(json.loads(frame.data)["envelope_id"], None)
            if acked and not acked.done():
                acked.set_result(time.perf_counter())
        return socket


def _file(address: str, name: str) -> JSON:
    return {
        "id": name,
        "name": f"{name}.csv",
        "mode": "hosted",
        "url_private_download": f"{address}/files/{name}",
    }
