"""What is asked of Slack about people: their ids and clocks, and who of some is not in a channel."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot import rosters
from bot.errors import NotAllowed
from bot.membership import UserGroups
from bot.profiles import Profiles
from bot.rosters import Rosters
from bot.sandbox.desk import Desk
from bot.sandbox.workspace.people import ASTER, BRAM, CLEO, ONCALL, OPS, PRIVATE, TEAM
from bot.sandbox.workspace.server import serve_workspace
from store.model import Operator

OPERATOR = Operator("", TEAM, ASTER)


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace, and a client of its."""

    desk: Desk
    client: AsyncWebClient

    async def asked(self, method: str) -> int:
        """How often a method was called."""
        journal = await self.desk.journal()
        return sum(entry.kind == "api" and entry.details["method"] == method for entry in journal)

    @property
    def rosters(self) -> Rosters:
        return Rosters(self.client, UserGroups(self.client, [ONCALL]))


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    """A workspace whose group of people on call holds Aster."""
    async with (
        serve_workspace() as access,
        Desk(access.address, access.desk_token) as desk,
        aiohttp.ClientSession() as http,
    ):
        client = AsyncWebClient(access.bot_token, base_url=access.api_url, session=http, retry_handlers=[])
        yield Place(desk, client)


async def test_whoever_is_not_in_the_channel_is_absent_groups_looked_into(place: Place) -> None:
    await place.desk.invite_bot(PRIVATE)
    somewhere = place.rosters
    assert await somewhere.absent(OPERATOR, [BRAM, CLEO, ONCALL], PRIVATE) == [CLEO]
    assert await somewhere.absent(OPERATOR, [BRAM, CLEO], OPS) == []
    assert await somewhere.absent(OPERATOR, [BRAM, ONCALL], "D0ASTER") == [BRAM]
    assert await somewhere.absent(OPERATOR, [CLEO], PRIVATE) == [CLEO]
    assert await place.asked("conversations.members") == 2, "each channel once, and then remembered"


async def test_where_slack_does_not_say_those_named_are_told(place: Place) -> None:
    assert await place.rosters.absent(OPERATOR, [BRAM, ONCALL], PRIVATE) == [BRAM]  # not found: not a member
    await place.desk.fail("conversations.members", status=503)
    assert await place.rosters.absent(OPERATOR, [BRAM], OPS) == [BRAM]


async def test_members_come_in_pages(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rosters, "PAGE", 1)
    assert await place.rosters.absent(OPERATOR, [ASTER, BRAM, CLEO], OPS) == []
    assert await place.asked("conversations.members") == 7
    monkeypatch.setattr(rosters, "MOST_PAGES", 2)
    assert await place.rosters.absent(OPERATOR, [CLEO], OPS) == [CLEO], "so many that nobody knows"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": PRIVATE}, "channel_not_found"),
        ({"channel": OPS, "limit": 0}, "invalid_limit"),
        ({"channel": OPS, "cursor": "x"}, "invalid_cursor"),
    ],
)
async def test_the_workspace_refuses_as_slack_does(
    place: Place, arguments: dict[str, str], error: str
) -> None:
    with pytest.raises(SlackApiError) as caught:
        await place.client.api_call("conversations.members", params=arguments)
    assert caught.value.response["error"] == error


async def test_a_person_has_ids_and_clocks_asked_for_once(place: Place) -> None:
    known = Profiles(place.client, TEAM)
    assert await known.ids_of(OPERATOR) == {ASTER}
    assert await known.zone_of(OPERATOR) == "Etc/UTC"
    assert await place.asked("users.info") == 1


async def test_on_a_grid_the_organisations_id_counts_too(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def on_a_grid(**_: str) -> dict[str, object]:
        return {"user": {"id": ASTER, "enterprise_user": {"id": "W0ASTER", "enterprise_id": "E0GRID"}}}

    monkeypatch.setattr(place.client, "users_info", on_a_grid)
    known = Profiles(place.client, TEAM)
    assert await known.ids_of(OPERATOR) == {ASTER, "W0ASTER"}
    assert await known.zone_of(OPERATOR) is None


async def test_what_slack_does_not_say_of_a_person_is_not_guessed(place: Place) -> None:
    known = Profiles(place.client, TEAM)
    await place.desk.fail("users.info", 2, error="internal_error")
    with pytest.raises(NotAllowed, match="not certain that this is another person's decision"):
        await known.ids_of(OPERATOR)
    assert await known.zone_of(OPERATOR) is None
    assert await known.zone_of(OPERATOR) == "Etc/UTC"
