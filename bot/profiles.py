"""What Slack knows of a person: what kind of account, which ids, which time zone. Kept for a minute."""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import NotAllowed
from bot.policy import Account
from store.model import Operator

KEPT_S = 60.0
WITHIN_S = 2.0  # a person waits for the answer, and Slack gives a listener three seconds
REMEMBERED = 1_000

log = structlog.get_logger()


class Profiles:
    """Asks `users.info` (needs `users:read`). `team` and `enterprise` ("" outside a Grid) are ours."""

    def __init__(self, client: AsyncWebClient, team: str, enterprise: str = "") -> None:
        self._client = client
        self._team = team
        self._enterprise = enterprise
        self._kept: OrderedDict[str, tuple[float, Mapping[str, Any]]] = OrderedDict()

    async def ids_of(self, operator: Operator) -> frozenset[str]:
        """Every id of this person: on an Enterprise Grid one and the same may have another in a workspace.

        Raises NotAllowed when Slack does not say: who might be the same person is not taken for two.
        """
        user = await self._user(operator)
        if user is None:
            raise NotAllowed(
                "Slack did not say who you are under your other ids, so it is not certain that this is "
                "another person's decision. Nothing was sent; please try again in a moment."
            )
        grid = (user.get("enterprise_user") or {}).get("id")
        return frozenset({operator.user_id, grid} if grid else {operator.user_id})

    async def zone_of(self, operator: Operator) -> str | None:
        """The name of this person's time zone; None when Slack does not say."""
        zone = (await self._user(operator) or {}).get("tz")
        return zone if isinstance(zone, str) and zone else None

    async def account_of(self, operator: Operator) -> Account:
        """What kind of account this person has. Raises NotAllowed when Slack does not say."""
        user = await self._user(operator)
        if user is None:
            raise NotAllowed(
                "Slack did not say what kind of account you have, so your rights are not known. "
                "Nothing was sent; please try again in a moment."
            )
        if user.get("deleted", True):
            return Account.DEACTIVATED
        if self._is_stranger(operator, user):
            return Account.STRANGER
        guest = user.get("is_restricted") or user.get("is_ultra_restricted")
        return Account.GUEST if guest else Account.MEMBER

    def _is_stranger(self, operator: Operator, user: Mapping[str, Any]) -> bool:
        if user.get("is_stranger"):
            return True
        if self._enterprise:
            theirs = (user.get("enterprise_user") or {}).get("enterprise_id") or user.get("enterprise_id")
            return theirs != self._enterprise or operator.enterprise_id not in ("", self._enterprise)
        return user.get("team_id") != self._team or operator.team_id != self._team

    async def _user(self, operator: Operator) -> Mapping[str, Any] | None:
        """What Slack says of this person, asked for now or a little while ago; None when it does not say."""
        read_at, known = self._kept.get(str(operator), (-math.inf, {}))
        if time.monotonic() - read_at < KEPT_S:
            return known
        try:
            async with asyncio.timeout(WITHIN_S):
                answer = await self._client.users_info(user=operator.user_id)
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as exc:
            log.warning("set_action.profile_unreadable", error=type(exc).__name__)
            return None
        user: Mapping[str, Any] = answer["user"]
        self._kept[str(operator)] = (time.monotonic(), user)
        self._kept.move_to_end(str(operator))
        if len(self._kept) > REMEMBERED:
            self._kept.popitem(last=False)
        return user
