"""Slack itself: several workspaces behind one address, in each of which somebody can install the app.

https://docs.slack.dev/authentication/installing-with-oauth
"""

import html
import socket
from base64 import b64decode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from secrets import token_hex, token_urlsafe
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from bot.sandbox.stopping import stopped
from bot.sandbox.workspace.api import Api
from bot.sandbox.workspace.people import APP, ASTER, BOT, PEOPLE
from bot.sandbox.workspace.server import SLACKS_CLOCKS, application
from bot.sandbox.workspace.teams import Team
from bot.sandbox.workspace.workspace import Access, Workspace

JSON = dict[str, Any]


@dataclass(slots=True)
class Slack:
    """`redirect_url` is what the app's settings say; `codes` are good once, for the workspace they name."""

    address: str
    client_id: str = "1000.2000"
    client_secret: str = field(default_factory=lambda: token_hex(16))
    signing_secret: str = field(default_factory=lambda: token_hex(16))
    redirect_url: str = ""
    workspaces: dict[str, Workspace] = field(default_factory=dict)
    codes: dict[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def api_url(self) -> str:
        """Of every workspace: the token says which is meant."""
        return f"{self.address}/api/"

    def access(self, team: str) -> Access:
        """How to reach one workspace, as it is now."""
        return self.workspaces[team].access

    async def authorize(self, request: web.Request) -> web.Response:
        """The page on which a person chooses a workspace and allows it."""
        asked = dict(request.query)
        if asked.get("client_id") != self.client_id or not asked.get("scope") or not self.redirect_url:
            return web.Response(status=400, text="invalid_client_id, no scope or no redirect URL")
        lines = [
            f'<p><a href="/oauth/v2/allow?{html.escape(urlencode({**asked, "team": team}))}">{team}</a></p>'
            for team in self.workspaces
        ]
        return web.Response(text="<h1>Install Set Action in</h1>" + "".join(lines), content_type="text/html")

    async def allow(self, request: web.Request) -> web.Response:
        """Somebody allowed it, or with `deny` did not: back to the app with a code, or an error."""
        asked = request.query
        told = {"state": asked.get("state", "")}
        if "deny" in asked:
            told["error"] = "access_denied"
        else:
            told["code"] = token_urlsafe(12)
            self.codes[told["code"]] = (asked["team"], asked["scope"])
        raise web.HTTPFound(f"{self.redirect_url}?{urlencode(told)}")

    async def exchange(self, request: web.Request) -> web.Response:
        """`oauth.v2.access`: the app's secret and a code for a bot token; the old token is good still."""
        given = b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
        code = str((await request.post()).get("code", ""))
        if given != f"{self.client_id}:{self.client_secret}":
            return web.json_response({"ok": False, "error": "bad_client_secret"})
        if code not in self.codes:
            return web.json_response({"ok": False, "error": "invalid_code"})
        team, scope = self.codes.pop(code)
        ws = self.workspaces[team]
        ws.access = replace(ws.access, bot_token=f"xoxb-{token_hex(24)}")
        ws.scopes = frozenset(scope.split(","))
        organisation = {"id": ws.team.enterprise, "name": "Organisation"} if ws.team.enterprise else None
        answer = {
            "ok": True,
            "access_token": ws.access.bot_token,
            "token_type": "bot",
            "scope": scope,
            "bot_user_id": BOT,
            "app_id": APP,
            "team": None if ws.team.whole else {"id": team, "name": f"Workspace {team}"},
            "enterprise": organisation,
            "is_enterprise_install": ws.team.whole,
            "authed_user": {"id": ASTER},
        }
        ws.journal.record("api", method="oauth.v2.access", arguments={}, status=200, answer=answer)
        return web.json_response(answer)

    async def call(self, request: web.Request) -> web.Response:
        """A call of the Web API: the token says in which workspace."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        known = (ws for ws in self.workspaces.values() if token in {ws.access.bot_token, *ws.revoked})
        ws = next(known, next(iter(self.workspaces.values())))
        return await Api(ws).call(request)


@asynccontextmanager
async def serve_slack(teams: Sequence[Team]) -> AsyncIterator[Slack]:
    """Slack on 127.0.0.1, with these workspaces; the app is installed in none."""
    listening = socket.create_server(("127.0.0.1", 0))
    slack = Slack(f"http://127.0.0.1:{listening.getsockname()[1]}")
    app = web.Application()
    app.add_routes(
        [
            web.get("/oauth/v2/authorize", slack.authorize),
            web.get("/oauth/v2/allow", slack.allow),
            web.post("/api/oauth.v2.access", slack.exchange),
            web.route("*", "/api/{method}", slack.call),
        ]
    )
    for team in teams:
        ws = Workspace.founded(f"{slack.address}/{team.id}", None, PEOPLE, SLACKS_CLOCKS, None)
        ws.team = team
        ws.access = replace(ws.access, bot_token="", signing_secret=slack.signing_secret)
        slack.workspaces[team.id] = ws
        app.add_subapp(f"/{team.id}", application(ws))
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    try:
        await runner.setup()
        await web.SockSite(runner, listening).start()
        yield slack
    finally:
        await stopped(runner)
        listening.close()
