"""The cluster's API as `domain.md` describes it, for every cluster of a host; each call is on record."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from aiohttp import web

from bot.sandbox.cluster.mood import ACCEPTED, UNAUTHORIZED, Call, Mood, Wire
from bot.sandbox.cluster.record import End, Get, Ledger, Post
from bot.sandbox.cluster.site import ACTIONS, Moods, Site
from bot.sandbox.cluster.tokens import TokenOffice
from bot.sandbox.cluster.wire import hang_up, send


class Api:
    """The handlers under `/{cluster}/tms/v1`."""

    def __init__(self, sites: dict[str, Site], tokens: TokenOffice, ledger: Ledger) -> None:
        self._sites = sites
        self._tokens = tokens
        self._ledger = ledger

    def routes(self) -> list[web.RouteDef]:
        """What an application serves of this."""
        return [
            web.post("/{cluster}/tms/v1/set/action", self._set_action),
            web.get("/{cluster}/tms/v1/get/{what:action|appstatus}", self._read),
        ]

    async def _set_action(self, request: web.Request) -> web.StreamResponse:
        site = self._site(request)
        post = self._ledger.post(site.name)
        with self._until_it_ends(post):
            mood = self._admitted(request, post, site.moods[Call.POST])
            if mood.wire is Wire.CLOSED_UNREAD:
                await hang_up(request)
            if not _entered(post, await request.text()):
                mood = _refusal(400, {"message": "malformed request", "success": False})
            words = self._carried_out(site, post, acts=mood.acts)
            return await self._answered(request, post, mood, words)

    async def _read(self, request: web.Request) -> web.StreamResponse:
        site = self._site(request)
        what = request.match_info["what"]
        cids = tuple(cid for cid in request.query.get("cid", "").split(",") if cid)
        get = self._ledger.get(site.name, what, cids)
        with self._until_it_ends(get):
            mood = self._admitted(request, get, site.moods[Call.GET])
            words = _states(site, cids) if what == "action" else _apps(site, cids)
            return await self._answered(request, get, mood, words)

    def _site(self, request: web.Request) -> Site:
        site = self._sites.get(request.match_info["cluster"])
        if site is None:
            raise web.HTTPNotFound(text="no such cluster in this sandbox")
        return site

    def _admitted(self, request: web.Request, seen: Post | Get, moods: Moods) -> Mood:
        """The mood for this call: the site's, unless the token is wrong."""
        seen.authorized = self._tokens.accepts(request)
        mood = moods.take() if seen.authorized else _refusal(401, UNAUTHORIZED)
        seen.mood = mood.name
        self._ledger.touch(seen)
        return mood

    def _carried_out(self, site: Site, post: Post, *, acts: bool) -> Mapping[str, object]:
        """Do what the mood lets be done; the cluster's own words about it."""
        unknown = site.unknown(post.cids)
        if post.action not in ACTIONS:
            return {"message": f"action {post.action} is not valid", "success": False}
        if unknown:
            return {"message": f"those CIDs {unknown} do not exist", "success": False}
        if acts:
            self._act(site, post)
        return ACCEPTED

    def _act(self, site: Site, post: Post) -> None:
        def arrived() -> None:
            post.arrived = True
            self._ledger.touch(post)

        post.acted = True
        self._ledger.touch(post)
        site.act(post.action, post.cids, arrived)

    async def _answered(
        self, request: web.Request, seen: Post | Get, mood: Mood, words: object
    ) -> web.StreamResponse:
        text = json.dumps(words) if mood.body is None else mood.body
        response = await send(request, mood, text)
        seen.status, seen.end = response.status, End.ANSWERED
        return response

    @contextmanager
    def _until_it_ends(self, seen: Post | Get) -> Iterator[None]:
        try:
            yield
        finally:
            if seen.end is End.OPEN:
                seen.end = End.ABORTED
            seen.ended_at = time.time()
            self._ledger.touch(seen)


def _entered(post: Post, text: str) -> bool:
    """Whether `text` is a request to set an action; if so, it is entered in `post`."""
    try:
        asked = json.loads(text)
        post.action, post.cids = str(asked["action"]), tuple(str(cid) for cid in asked["cids"])
    except (ValueError, KeyError, TypeError):
        return False
    return True


def _refusal(status: int, words: Mapping[str, object]) -> Mood:
    return Mood(name="refused", status=status, body=json.dumps(words), acts=False)


def _states(site: Site, cids: tuple[str, ...]) -> dict[str, dict[str, object]]:
    names = {code: name.lower() for name, code in ACTIONS.items()}
    wanted = site.states if cids == ("ALL",) else [cid for cid in cids if cid in site.states]
    return {
        cid: {"action_code": site.states[cid], "action_desc": names.get(site.states[cid], "none")}
        for cid in wanted
    }


def _apps(site: Site, cids: tuple[str, ...]) -> list[dict[str, str]] | dict[str, list[dict[str, str]]]:
    known = [cid for cid in cids if cid in site.states]
    if len(cids) == 1:
        return site.apps_of(known[0]) if known else []
    return {cid: site.apps_of(cid) for cid in known}
