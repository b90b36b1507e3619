"""Slack: both tokens, the scopes against the manifest's, the channels, whom the policy names, the clock."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
from pydantic import SecretStr
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.config import Config
from bot.doctor import places
from bot.doctor.admissions import INSTALL, ONE, admissions
from bot.doctor.finding import Finding, bad, good, look
from bot.scopes import BOT_SCOPES
from bot.slack_errors import code_of, status_of

WITHIN_S = 30.0
SKEW_S = 5.0  # more than the answer's own delay and its whole seconds
WORST_SKEW_S = 60.0  # Slack's signatures are good for five minutes
REINSTALL = "Paste manifest.yml into the app's settings (“App Manifest”), save, and reinstall the app."


async def examine(config: Config, clock: Callable[[], datetime]) -> list[Finding]:
    """Look at everything that Slack tells about this app; whatever happens, it ends."""
    admitted, problems = await admissions(config)
    found = [*problems]
    try:
        async with asyncio.timeout(WITHIN_S), aiohttp.ClientSession() as http:
            for one in admitted:
                client = AsyncWebClient(
                    one.token, base_url=config.slack.api_url, session=http, retry_handlers=[]
                )
                await _all(found, config, client, clock, one.about)
    except SlackApiError as exc:
        found.append(_turned_away(exc))
    except (SlackClientError, aiohttp.ClientError, TimeoutError) as exc:
        words = f"Slack cannot be reached at {config.slack.api_url} ({type(exc).__name__})."
        found.append(bad("slack", words, "Let this machine make HTTPS connections to slack.com, port 443."))
    return found


def _turned_away(exc: SlackApiError) -> Finding:
    words = f"Slack did not answer a question of the doctor's ({code_of(exc)})."
    return look("slack", words, "Try again in a minute; if it stays, look at status.slack.com.")


async def _all(
    found: list[Finding],
    config: Config,
    client: AsyncWebClient,
    clock: Callable[[], datetime],
    about: str,
) -> None:
    """Whatever was found before it broke off stays in `found`."""
    try:
        home = await client.auth_test()
    except SlackApiError as exc:
        if status_of(exc) >= 429:
            raise
        words = f"Slack refuses the bot token ({code_of(exc)})."
        remedy = "Copy it again (xoxb-…) from the app's “OAuth & Permissions”."
        found.append(bad(about, words, remedy if about == ONE else INSTALL))
        return
    found.append(good(about, f"Slack knows the bot as {home.get('user')} in {home.get('team')}."))
    found += [*_scopes(home), *_skew(home, clock())]
    if config.slack.app_token:
        found.append(await _app_token(client, config.slack.app_token))
    await places.examine(found, config, client)


def _scopes(home: AsyncSlackResponse) -> Iterator[Finding]:
    told = str(home.headers.get("x-oauth-scopes", ""))
    granted = {scope.strip() for scope in told.split(",") if scope.strip()}
    if not granted:
        yield look("scopes", "Slack did not say which scopes the bot token has.", "Compare them by hand.")
        return
    for scope in BOT_SCOPES:
        if scope not in granted:
            yield bad("scopes", f"{scope} is missing; it is for: {BOT_SCOPES[scope]}.", REINSTALL)
    if more := sorted(granted - BOT_SCOPES.keys()):
        words = f"The bot token may do more than the bot ever does: {', '.join(more)}."
        yield look("scopes", words, f"Take these away. {REINSTALL}")
    if granted >= BOT_SCOPES.keys():
        yield good("scopes", f"All {len(BOT_SCOPES)} scopes of manifest.yml are granted.")


def _skew(home: AsyncSlackResponse, here: datetime) -> Iterator[Finding]:
    try:
        there = parsedate_to_datetime(str(home.headers.get("Date", ""))).replace(tzinfo=UTC)
    except ValueError:
        yield look("clock", "Slack did not say what time it is.", "Compare this machine's clock by hand.")
        return
    yield skewed("clock", "Slack's", (here - there).total_seconds())


def skewed(about: str, whose: str, seconds: float) -> Finding:
    """This machine's clock against another, so many seconds ahead of it."""
    if abs(seconds) <= SKEW_S:
        return good(about, f"This machine's clock and {whose} agree.")
    way = "ahead of" if seconds > 0 else "behind"
    words = f"This machine's clock is {abs(seconds):,.0f} s {way} {whose}."
    remedy = "Have it set by NTP (timedatectl set-ntp true, or chronyd)."
    return (bad if abs(seconds) > WORST_SKEW_S else look)(about, words, remedy)


async def _app_token(client: AsyncWebClient, token: SecretStr) -> Finding:
    try:
        # The address it gives is not used, so no connection is taken from a running bot.
        await client.apps_connections_open(app_token=token.get_secret_value())
    except SlackApiError as exc:
        words = f"Slack opens no Socket Mode connection for this token ({code_of(exc)})."
        remedy = (
            "In the app's settings: “Socket Mode” must be on; under “Basic Information” make an app-level "
            "token with connections:write, and copy it (xapp-…)."
        )
        return bad("SLACK_APP_TOKEN", words, remedy)
    return good("SLACK_APP_TOKEN", "Slack opens Socket Mode connections for it.")
