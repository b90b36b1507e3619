"""The page's server: its files, one look that waits for news, what people do, and the levers beside it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from json import JSONDecodeError
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.sandbox.browser.bot_process import DidNotStart
from bot.sandbox.browser.cluster_side import MANNERS
from bot.sandbox.browser.door import door, protected
from bot.sandbox.browser.house import House
from bot.sandbox.browser.offers import offers
from bot.sandbox.browser.situations import SITUATIONS
from bot.sandbox.desk import DeskRefused
from bot.sandbox.stopping import stopped

JSON = dict[str, Any]
PAGE = Path(__file__).parent.parent / "page"
LARGEST = 20 * 1024 * 1024  # bytes of a file; more than the bot takes, so that its refusal can be seen
WAIT_S = 20.0

# What a person does, in the workspace's words, and the fields each takes: nothing else passes.
VERBS: Mapping[str, frozenset[str]] = {
    "command": frozenset({"user", "channel", "line"}),
    "say": frozenset({"user", "channel", "words", "thread"}),
    "share": frozenset({"user", "channel", "files", "words", "thread"}),
    "click": frozenset({"user", "channel", "ts", "action_id", "block", "value"}),
    "shortcut": frozenset({"user", "callback_id", "channel"}),
    "message_shortcut": frozenset({"user", "channel", "ts", "callback_id"}),
    "open_home": frozenset({"user", "tab"}),
    "press": frozenset({"view", "action_id", "block_id", "value"}),
    "fill": frozenset({"view", "values"}),
    "choose": frozenset({"view", "name", "value"}),
    "submit": frozenset({"view", "values"}),
    "close": frozenset({"view", "everything"}),
}


class Look(BaseModel):
    """Whose screen; `after` is the beat that is known already, 0 for none."""

    model_config = ConfigDict(extra="forbid")

    user: str
    channel: str
    thread: str | None
    after: int


class Server:
    """The handlers under `/api`."""

    def __init__(self, house: House) -> None:
        self._house = house

    def routes(self) -> list[web.RouteDef]:
        """What an application serves of this."""
        return [
            web.get("/api/offers", self._offers),
            web.post("/api/look", self._look),
            web.post("/api/do/{verb}", self._do),
            web.post("/api/file", self._attach),
            web.get("/api/file/{file}", self._file),
            web.post("/api/manner/{cluster}/{manner}", self._manner),
            web.post("/api/situation/{name}", self._situation),
            web.post("/api/bot/{order:kill|start}", self._bot),
        ]

    async def _offers(self, _: web.Request) -> web.Response:
        return web.json_response({**offers(), "largest": LARGEST})

    async def _look(self, request: web.Request) -> web.Response:
        """Everything the page draws, as soon as there is more than at `after`."""
        try:
            look = Look.model_validate_json(await request.text())
        except ValidationError as exc:
            raise web.HTTPBadRequest(text="This is no look.") from exc
        beat = await self._house.pulse.past(look.after, WAIT_S)
        asked = {"user": look.user, "channel": look.channel, "thread": look.thread}
        try:
            seen = await self._house.desk.ask("glance", asked)
        except DeskRefused as exc:
            # No fault of the page's: others are in other channels, and this one may be gone.
            return web.json_response({"lost": str(exc)})
        bot = {"state": self._house.bot.state.value, "number": self._house.bot.number}
        clusters = [side.told() for side in self._house.clusters.values()]
        return web.json_response({**seen, "beat": beat, "bot": bot, "clusters": clusters})

    async def _do(self, request: web.Request) -> web.Response:
        verb = request.match_info["verb"]
        try:
            asked = await request.json()
        except JSONDecodeError as exc:
            raise web.HTTPBadRequest(text="This is no JSON.") from exc
        if not isinstance(asked, dict) or verb not in VERBS or VERBS[verb] != frozenset(asked):
            raise web.HTTPBadRequest(text=f"Nobody can {verb} like that.")
        return web.json_response(await self._asked(verb, asked))

    async def _attach(self, request: web.Request) -> web.Response:
        """A file as it is, byte by byte; its name, kind and owner stand in the address."""
        if set(request.query) != {"user", "name", "mimetype"}:
            raise web.HTTPBadRequest(text="This is no file.")
        told = {"name": request.query["name"], "mimetype": request.query["mimetype"] or None}
        content = (await request.read()).hex()
        file = {**told, "size": None, "access": "visible", "hex": content}
        return web.json_response(await self._asked("attach", {"user": request.query["user"], "file": file}))

    async def _file(self, request: web.Request) -> web.Response:
        told = await self._asked("file_content", {"file": request.match_info["file"]})
        content = bytes.fromhex(told["hex"])
        # Whatever it is, no browser is to run it: the page makes pictures of those it knows.
        headers = {"Content-Disposition": "attachment"}
        return web.Response(body=content, content_type="application/octet-stream", headers=headers)

    async def _manner(self, request: web.Request) -> web.Response:
        side, manner = self._house.clusters.get(request.match_info["cluster"]), request.match_info["manner"]
        if side is None or manner not in MANNERS:
            raise web.HTTPNotFound(text="There is no such cluster, or no such mood.")
        await side.behave(manner)
        return web.json_response({})

    async def _situation(self, request: web.Request) -> web.Response:
        situation = SITUATIONS.get(request.match_info["name"])
        if situation is None:
            raise web.HTTPNotFound(text="There is no such situation.")
        try:
            return web.json_response({"next": await situation.play(self._house)})
        except DeskRefused as exc:
            raise web.HTTPBadRequest(text=str(exc)) from exc
        except DidNotStart as exc:
            raise web.HTTPServiceUnavailable(text=str(exc)[-2000:]) from exc

    async def _bot(self, request: web.Request) -> web.Response:
        try:
            if request.match_info["order"] == "kill":
                await self._house.bot.kill()
            else:
                await self._house.bot.start()
        except DidNotStart as exc:
            raise web.HTTPServiceUnavailable(text=str(exc)[-2000:]) from exc
        return web.json_response({})

    async def _asked(self, verb: str, asked: Mapping[str, Any]) -> JSON:
        try:
            return await self._house.desk.ask(verb, asked)
        except DeskRefused as exc:
            raise web.HTTPBadRequest(text=str(exc)) from exc


@asynccontextmanager
async def serving(house: House, port: int = 0) -> AsyncIterator[str]:
    """The page on 127.0.0.1 (port 0: any free one); yields its address, token included. OSError if taken."""
    listening = socket.create_server(("127.0.0.1", port))
    number, token = listening.getsockname()[1], token_urlsafe(32)
    hosts = frozenset({f"127.0.0.1:{number}", f"localhost:{number}"})
    app = web.Application(client_max_size=LARGEST, middlewares=[door(token, hosts)])
    app.on_response_prepare.append(protected)
    app.add_routes([*Server(house).routes(), web.get("/", _index), web.static("/page", PAGE)])
    # A look may wait for twenty seconds; it is cut when the page goes, and when the server does.
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
    try:
        await runner.setup()
        await web.SockSite(runner, listening).start()
        yield f"http://127.0.0.1:{number}/#{token}"
    finally:
        await asyncio.shield(stopped(runner))
        listening.close()


async def _index(_: web.Request) -> web.FileResponse:
    return web.FileResponse(PAGE / "index.html")
