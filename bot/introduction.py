"""Introducing ourselves to Slack at start: who we are there, and whether both tokens are any good."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.errors import ConfigurationError, Problem
from bot.slack_errors import code_of

LONGEST_PAUSE_S = 30.0
# Of the errors that every method of Slack's shares, those that say: this token, however often it is tried.
UNFIT = frozenset(
    {
        "access_denied",
        "account_inactive",
        "invalid_auth",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "not_authed",
        "token_expired",
        "token_revoked",
    }
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Home:
    """The workspace and the bot's own user, as `auth.test` tells."""

    team_id: str
    url: str
    bot_id: str
    bot_user_id: str


async def introduced(client: AsyncWebClient, app_token: str | None) -> Home:
    """Ask Slack who we are, until it answers. Raises ConfigurationError when it refuses a token.

    `app_token` is the one of Socket Mode, None where that is not used.
    """
    answer = await _answered(
        client.auth_test, "SLACK_BOT_TOKEN", "copy the bot token (xoxb-…) again from “OAuth & Permissions”"
    )
    if app_token:
        # Its address is not used; asking shows now, and not in a log nobody reads, that the token is no good.
        await _answered(
            partial(client.apps_connections_open, app_token=app_token),
            "SLACK_APP_TOKEN",
            "copy the app-level token (xapp-…) again from “Basic Information”; it needs connections:write",
        )
    return Home(answer["team_id"], answer["url"], answer.get("bot_id") or "", answer["user_id"])


async def _answered(
    call: Callable[[], Awaitable[AsyncSlackResponse]], variable: str, remedy: str
) -> AsyncSlackResponse:
    pause = 1.0
    while True:
        try:
            return await call()
        except SlackApiError as exc:
            error = code_of(exc)
            if error in UNFIT:
                raise ConfigurationError(
                    [Problem(variable, f"Slack refuses this token ({error}); {remedy}")]
                ) from exc
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as exc:
            error = type(exc).__name__
        log.warning("set_action.slack_unreachable", error=error, again_in=pause)
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_S)
