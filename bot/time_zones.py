"""Which time zone a person is in, as Slack says (`users.info`, needs `users:read`); kept for an hour."""

import asyncio
import time
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import aiohttp
import structlog
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.list_dates import Clock
from store.model import Operator

KEPT_S = 3_600.0
MOST = 1_000  # people remembered
WITHIN_S = 1.0  # a person waits for the answer, and Slack gives a listener three seconds

log = structlog.get_logger()


class TimeZones:
    """Tells everybody's own clock; UTC, and that it is, where Slack does not say."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client
        self._kept: dict[str, tuple[float, tzinfo]] = {}

    async def clock(self, operator: Operator) -> Clock:
        """What time it is for this person."""
        read_at, zone = self._kept.get(operator.user_id, (-KEPT_S, UTC))
        if time.monotonic() - read_at < KEPT_S:
            return Clock(datetime.now(UTC), zone, known=True)
        try:
            async with asyncio.timeout(WITHIN_S):
                answer = await self._client.users_info(user=operator.user_id)
            zone = _zone(answer["user"].get("tz"), answer["user"].get("tz_offset"))
        except (SlackClientError, aiohttp.ClientError, TimeoutError, ValueError, TypeError) as exc:
            log.warning("set_action.time_zone_unknown", error=type(exc).__name__)
            return Clock(datetime.now(UTC))
        if len(self._kept) >= MOST:
            self._kept.clear()
        self._kept[operator.user_id] = (time.monotonic(), zone)
        return Clock(datetime.now(UTC), zone, known=True)


def _zone(name: object, offset: object) -> tzinfo:
    """By its name, which knows summer time; else by today's distance from UTC. Raises ValueError."""
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError):
        return timezone(timedelta(seconds=int(str(offset))))
