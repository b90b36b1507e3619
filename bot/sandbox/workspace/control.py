"""The control side, `/sandbox/<verb>`: JSON in, JSON out, for the Desk client and nobody else."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web

from bot.sandbox.workspace.dispatch import Dispatch
from bot.sandbox.workspace.errors import ApiError, DeskError
from bot.sandbox.workspace.faults import Fault
from bot.sandbox.workspace.forms import Forms
from bot.sandbox.workspace.glances import Glances
from bot.sandbox.workspace.interactions import Interactions
from bot.sandbox.workspace.payloads import escaped
from bot.sandbox.workspace.people import BOT
from bot.sandbox.workspace.people_files import PeopleFiles
from bot.sandbox.workspace.posts import Post
from bot.sandbox.workspace.request_url import RequestUrl
from bot.sandbox.workspace.responses import Responses
from bot.sandbox.workspace.workspace import Workspace
from bot.sandbox.workspace.world import Channel

JSON = dict[str, Any]
DONE: JSON = {}


class Control:
    """One method per verb; each takes the request's JSON object by name."""

    def __init__(self, ws: Workspace, responses: Responses) -> None:
        self._ws = ws
        dispatch = Dispatch(ws, responses)
        interactions = Interactions(ws, responses, dispatch)
        self._event = interactions.event
        forms, files = Forms(ws, responses, dispatch), PeopleFiles(ws)
        self._verbs: Mapping[str, Callable[..., Awaitable[JSON]]] = {
            "command": interactions.command,
            "click": interactions.click,
            "pick": interactions.click,
            "event": interactions.event,
            "shortcut": interactions.shortcut,
            "message_shortcut": interactions.message_shortcut,
            "open_home": interactions.open_home,
            "redeliver": dispatch.redeliver,
            "disorder_next": dispatch.disorder_next,
            "form": forms.form,
            "home": forms.home,
            "fill": forms.fill,
            "choose": forms.choose,
            "press": forms.press,
            "submit": forms.submit,
            "close": forms.close,
            "upload": files.upload,
            "attach": files.attach,
            "share": files.share,
            "delete_file": files.delete_file,
            "file_content": files.file_content,
            "say": self.say,
            "messages": self.messages,
            "glance": Glances(ws).glance,
            "direct_messages": self.direct_messages,
            "journal": self.journal,
            "sockets": self.sockets,
            "fail": self.fail,
            "forget_faults": self.forget_faults,
            "limit_rates": self.limit_rates,
            "deactivate": self.deactivate,
            "uninstall": self.uninstall,
            "archive": self.archive,
            "kick_bot": self.kick_bot,
            "invite_bot": self.invite_bot,
            "disconnect_sockets": self.disconnect_sockets,
            "outage": self.outage,
            "send_requests_to": self.send_requests_to,
        }

    async def serve(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {self._ws.access.desk_token}":
            return web.Response(status=401, text="The desk's token is missing or wrong.")
        verb = self._verbs.get(request.match_info["verb"])
        if verb is None:
            return web.Response(status=404, text="The desk has no such verb.")
        try:
            return web.json_response(await verb(**await request.json()))
        except (DeskError, ApiError) as exc:
            return web.Response(status=400, text=str(exc))

    async def say(self, user: str, channel: str, words: str, thread: str | None) -> JSON:
        place = self._ws.world.place_of(user, channel)
        self._ws.world.parent(place.id, thread)
        ts = self._ws.world.next_ts()
        post = self._ws.world.add(Post(place.id, ts, user, escaped(words), [], thread=thread))
        return {"message": post.for_people()}

    async def messages(
        self, channel: str, viewer: str, thread: str | None, after: int = -1, wait: float = 0.0
    ) -> JSON:
        """What that person sees; told once the journal has passed `after` or `wait` seconds are over."""
        if after >= 0:
            await self._ws.journal.after(after, wait)
        shown = self._ws.world.seen_by(viewer, channel, thread)
        return {"messages": [post.for_people() for post in shown], "end": self._ws.journal.end}

    async def direct_messages(self, user: str) -> JSON:
        channel = self._ws.world.direct_message(user)
        shown = self._ws.world.seen_by(user, channel.id, None) if channel else []
        return {"messages": [post.for_people() for post in shown]}

    async def journal(self, after: int, wait: float) -> JSON:
        return {"entries": await self._ws.journal.after(after, wait)}

    async def sockets(self, after: int, wait: float) -> JSON:
        """How many are open; told once the journal has passed `after` or `wait` seconds are over."""
        if after >= 0:
            await self._ws.journal.after(after, wait)
        return {"open": self._ws.sockets.count, "end": self._ws.journal.end}

    async def fail(self, method: str, times: int, fault: JSON) -> JSON:
        self._ws.faults.order(method, Fault(**fault), times)
        return DONE

    async def limit_rates(self, speed: float | None) -> JSON:
        self._ws.rates.set(speed)
        return DONE

    async def forget_faults(self) -> JSON:
        self._ws.faults.forget()
        return DONE

    async def deactivate(self, user: str) -> JSON:
        self._ws.world.people[user] = replace(self._ws.world.acting(user), deleted=True)
        return DONE

    async def uninstall(self, tells: list[str]) -> JSON:
        """The bot is removed; the app is told by these events, in this order."""
        self._ws.revoke()
        events = {"tokens_revoked": {"tokens": {"oauth": [], "bot": [BOT]}}, "app_uninstalled": {}}
        return {"told": [await self._event({"type": name, **events[name]}) for name in tells]}

    async def archive(self, channel: str) -> JSON:
        self._channel(channel).archived = True
        return DONE

    async def kick_bot(self, channel: str) -> JSON:
        self._channel(channel).members.discard(BOT)
        return DONE

    async def invite_bot(self, channel: str) -> JSON:
        self._channel(channel).members.add(BOT)
        return DONE

    async def disconnect_sockets(self, reason: str | None, refuse: int) -> JSON:
        self._ws.sockets.refusals += refuse
        await self._ws.sockets.disconnect(reason)
        return DONE

    async def outage(self, on: bool) -> JSON:
        self._ws.is_out = on
        if on:
            await self._ws.sockets.disconnect(None)
        return DONE

    async def send_requests_to(self, url: str) -> JSON:
        self._ws.request_url = RequestUrl(url, self._ws.access.signing_secret, self._ws.journal)
        return DONE

    def _channel(self, name: str) -> Channel:
        if name not in self._ws.world.channels:
            raise DeskError(f"There is no channel {name}.")
        return self._ws.world.channels[name]
