"""Who is to be told directly: the people a rule names who are not in the channel."""

import asyncio
import math
import time
from collections.abc import Sequence

import aiohttp
import structlog
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.membership import UserGroups
from store.model import Operator

KEPT_S = 60.0
WITHIN_S = 10.0
PAGE = 999
MOST_PAGES = 10  # of a channel with more members nobody is known to be in it or not

log = structlog.get_logger()


class Rosters:
    """Asks `conversations.members` (needs `channels:read`, `groups:read`), once a minute for a channel."""

    def __init__(self, client: AsyncWebClient, groups: UserGroups) -> None:
        self._client = client
        self._groups = groups
        self._kept: dict[str, tuple[float, frozenset[str] | None]] = {}

    async def absent(self, asker: Operator, who: Sequence[str], channel: str) -> Sequence[str]:
        """Of these people and groups, the user ids that are not members of the channel.

        Where Slack does not say who is, it is those named by their own id: better told twice than not at all.
        """
        named = [one for one in who if one[:1] in "UW"]
        inside = frozenset({asker.user_id}) if channel[:1] == "D" else await self._inside(channel)
        if inside is None:
            return named
        members = await self._groups.people_in(asker, [one for one in who if one.startswith("S")])
        return [one for one in dict.fromkeys([*named, *members]) if one not in inside]

    async def _inside(self, channel: str) -> frozenset[str] | None:
        read_at, members = self._kept.get(channel, (-math.inf, None))
        if time.monotonic() - read_at < KEPT_S:
            return members
        try:
            async with asyncio.timeout(WITHIN_S):
                members = await self._read(channel)
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as exc:
            log.warning("set_action.members_unreadable", error=type(exc).__name__)
            members = None
        self._kept = {name: kept for name, kept in self._kept.items() if time.monotonic() - kept[0] < KEPT_S}
        self._kept[channel] = (time.monotonic(), members)
        return members

    async def _read(self, channel: str) -> frozenset[str] | None:
        found: set[str] = set()
        cursor = ""
        for _ in range(MOST_PAGES):
            answer = await self._client.conversations_members(channel=channel, limit=PAGE, cursor=cursor)
            found.update(answer["members"])
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return frozenset(found)
        return None
