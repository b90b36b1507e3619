"""Who belongs to the user groups that the policy names, as Slack says; kept for a minute."""

import asyncio
import math
import time
from collections.abc import Iterable, Sequence

import aiohttp
import structlog
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import NotAllowed
from store.model import Operator

KEPT_S = 60.0
WITHIN_S = 2.0  # a person waits for the answer, and Slack gives a listener three seconds

log = structlog.get_logger()


class UserGroups:
    """Reads memberships with `usergroups.users.list` (needs `usergroups:read`)."""

    def __init__(self, client: AsyncWebClient, groups: Iterable[str]) -> None:
        self._client = client
        self._groups = tuple(sorted(groups))
        self._kept: dict[tuple[str, str], tuple[float, frozenset[str]]] = {}

    async def groups_of(self, operator: Operator) -> frozenset[str]:
        """The policy's groups this person belongs to. Raises NotAllowed when Slack cannot say."""
        try:
            async with asyncio.timeout(WITHIN_S):
                members = await asyncio.gather(*(self._members(operator.team_id, g) for g in self._groups))
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as exc:
            log.warning("set_action.groups_unreadable", error=type(exc).__name__)
            raise NotAllowed(
                "Slack did not say which user groups you belong to, so your rights are not known. "
                "Nothing was sent; please try again in a moment."
            ) from exc
        return frozenset(
            group for group, people in zip(self._groups, members, strict=True) if operator.user_id in people
        )

    async def people_in(self, operator: Operator, groups: Iterable[str]) -> Sequence[str]:
        """The people in some groups, in that person's workspace; of what Slack does not tell, nobody."""
        found: dict[str, None] = {}
        for group in groups:
            try:
                async with asyncio.timeout(WITHIN_S):
                    found |= dict.fromkeys(sorted(await self._members(operator.team_id, group)))
            except (SlackClientError, aiohttp.ClientError, TimeoutError) as exc:
                log.warning("set_action.groups_unreadable", error=type(exc).__name__)
        return list(found)

    async def _members(self, team_id: str, group: str) -> frozenset[str]:
        read_at, members = self._kept.get((team_id, group), (-math.inf, frozenset()))
        if time.monotonic() - read_at < KEPT_S:
            return members
        answer = await self._client.usergroups_users_list(usergroup=group, team_id=team_id)
        members = frozenset(answer["users"])
        self._kept[team_id, group] = (time.monotonic(), members)
        return members
