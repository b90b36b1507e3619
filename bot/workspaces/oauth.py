"""How a workspace installs the bot: `/slack/install` sends the browser to Slack, which sends it back.

https://docs.slack.dev/authentication/installing-with-oauth
"""

import html
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urljoin

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.oauth import AuthorizeUrlGenerator, OAuthStateUtils
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.config import OAuthApp
from bot.scopes import BOT_SCOPES
from bot.slack_errors import code_of
from bot.workspaces.installations import URL, Installations
from bot.workspaces.states import States
from store.errors import StoreError

INSTALL = "/slack/install"
REDIRECT = "/slack/oauth_redirect"
AGAIN = f'<p><a href="{INSTALL}">Begin again</a></p>'
PAGE = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Set Action</title>
<body style="font-family: sans-serif; max-width: 40em; margin: 4em auto">
<h1>{title}</h1><p>{words}</p>{more}"""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the address of the second page holds Slack's code
    "X-Content-Type-Options": "nosniff",
}

log = structlog.get_logger()


class NotInstalled(Exception):
    """It did not come to an installation; the message says why and what to do."""


class OAuth:
    """`client` has no token: each call is made with what Slack has just given."""

    def __init__(self, app: OAuthApp, client: AsyncWebClient, kept: Installations, states: States) -> None:
        self._app = app
        self._client = client
        self._kept = kept
        self._states = states
        self._browser = OAuthStateUtils()
        authorize = urljoin(client.base_url, "/oauth/v2/authorize")
        # Without a redirect address Slack takes the one of the app's settings.
        self._slack = AuthorizeUrlGenerator(
            client_id=app.client_id, scopes=tuple(BOT_SCOPES), authorization_url=authorize
        )

    def routes(self) -> Sequence[BaseRoute]:
        """Both addresses."""
        found = [Route(INSTALL, self._begin), Route(REDIRECT, self._end)]
        for route in found:
            # Whoever only looks at a link must not use up what it is good for once.
            route.methods = {"GET"}
        return found

    async def _begin(self, _request: Request) -> Response:
        try:
            state = await self._states.async_issue()
        except StoreError as exc:
            return _not_now(exc)
        cookie = f"{self._browser.build_set_cookie_for_new_state(state)}; SameSite=Lax"
        where = self._slack.generate(state)
        return RedirectResponse(where, 302, headers={**HEADERS, "Set-Cookie": cookie})

    async def _end(self, request: Request) -> Response:
        over = {"Set-Cookie": self._browser.build_set_cookie_for_deletion()}
        try:
            granted = await self._granted(request)
            await self._kept.async_save(granted)
        except NotInstalled as exc:
            log.warning("workspaces.not_installed", why=str(exc))
            return _page(400, "Not installed", str(exc), more=AGAIN, headers=over)
        except StoreError as exc:
            return _not_now(exc)
        name = granted.team_name or granted.enterprise_name or "your workspace"
        log.info("workspaces.installed", workspace=granted.team_id or granted.enterprise_id)
        words = f"Set Action is installed in {name}. In Slack, invite it into a channel and type /set-action."
        return _page(200, "Installed", words, headers=over)

    async def _granted(self, request: Request) -> Installation:
        query = request.query_params
        state, code = query.get("state", ""), query.get("code", "")
        # Both are asked, in this order: a stranger cannot use up the state of somebody else's browser.
        cookies: dict[str, str | Sequence[str]] = {"cookie": request.headers.get("Cookie", "")}
        if not state or not self._browser.is_valid_browser(state, cookies):
            raise NotInstalled("This did not begin in this browser. Begin again, and stay in one browser.")
        if not await self._states.async_consume(state):
            raise NotInstalled("This was used before, or took longer than ten minutes. Begin again.")
        if query.get("error"):
            raise NotInstalled("Slack was told not to install it. Begin again if that was not meant.")
        if not code:
            raise NotInstalled("Slack sent no code. Begin again.")
        try:
            return await self._exchanged(code)
        except SlackApiError as exc:
            raise NotInstalled(f"Slack did not accept it ({code_of(exc)}). Begin again.") from exc
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as exc:
            raise NotInstalled("Slack could not be reached. Begin again in a moment.") from exc

    async def _exchanged(self, code: str) -> Installation:
        secret = self._app.client_secret.get_secret_value()
        answer = await self._client.oauth_v2_access(
            client_id=self._app.client_id, client_secret=secret, code=code
        )
        enterprise, team = _table(answer.get("enterprise")), _table(answer.get("team"))
        whole = answer.get("is_enterprise_install") is True
        token = str(answer.get("access_token") or "")
        if answer.get("token_type") != "bot" or not token:
            raise NotInstalled("Slack gave no bot token. Ask for the bot's scopes in the app's settings.")
        if not self._app.may_install & {team.get("id"), enterprise.get("id")}:
            await self._give_back(token)
            raise NotInstalled(
                "This workspace may not install this bot, so what Slack granted was given back. Ask the "
                "people who run it to add the workspace's id to may_install in their configuration."
            )
        # Who the bot is there, asked once: no request will have to.
        known = await self._client.auth_test(token=token)
        return Installation(
            enterprise_id=enterprise.get("id"),
            enterprise_name=enterprise.get("name"),
            team_id=None if whole else team.get("id"),
            team_name=team.get("name"),
            bot_token=token,
            bot_id=known.get("bot_id"),
            bot_user_id=answer.get("bot_user_id"),
            bot_scopes=str(answer.get("scope") or ""),
            user_id=_table(answer.get("authed_user")).get("id") or "",
            is_enterprise_install=whole,
            custom_values={URL: known["url"]},
        )

    async def _give_back(self, token: str) -> None:
        try:
            await self._client.auth_revoke(token=token)
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as exc:
            log.warning("workspaces.not_given_back", error=type(exc).__name__)


def _not_now(exc: StoreError) -> Response:
    log.exception("set_action.store_error", error=str(exc))
    return _page(503, "Not now", "The bot cannot reach its database. Try again in a moment.", more=AGAIN)


def _page(
    status: int, title: str, words: str, *, more: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    text = PAGE.format(title=title, words=html.escape(words), more=more)
    return HTMLResponse(text, status, headers={**HEADERS, **(headers or {})})


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
