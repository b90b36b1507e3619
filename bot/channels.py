"""Where a card can be shown: asked of Slack before one is made for a channel."""

import asyncio

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack_errors import code_of

WITHIN_S = 1.0  # a person waits for the answer, and Slack gives a listener three seconds
OTHERWISE = "so no card can be shown there."

log = structlog.get_logger()


class Channels:
    """Asks `conversations.info` (needs `channels:read`, `groups:read`) each time: people invite."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def closed(self, channel: str) -> str | None:
        """Why no card can be shown there, in plain words; None where one can, or Slack does not say."""
        try:
            async with asyncio.timeout(WITHIN_S):
                answer = await self._client.conversations_info(channel=channel)
        except SlackApiError as exc:
            if code_of(exc) == "channel_not_found":
                return _outside(channel)
            log.warning("set_action.channel_unreadable", error=code_of(exc))
            return None
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as exc:
            log.warning("set_action.channel_unreadable", error=type(exc).__name__)
            return None
        if answer["channel"].get("is_archived"):
            return f"That channel is archived, {OTHERWISE} Choose another."
        return _outside(channel) if answer["channel"].get("is_member") is False else None


def _outside(channel: str) -> str:
    if channel.startswith("D"):
        return f"Set Action takes no part in a direct message between people, {OTHERWISE} Choose a channel."
    return (
        f"Set Action is not in that channel, {OTHERWISE} Type /invite @Set Action in it, or choose another."
    )
