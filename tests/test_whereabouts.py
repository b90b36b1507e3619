"""What is asked of Slack about people: their ids and clocks, and who of some is not in a channel."""

from collections.abc import AsyncIterator

import pytest
from slack_sdk.errors import SlackApiError

from bot import rosters
from bot.errors import NotAllowed
from bot.membership import UserGroups
from bot.profiles import Profiles
from bot.rosters import Rosters
from bot.sandbox.workspace.people import ASTER, BRAM, CLEO, ONCALL, OPS, PRIVATE, TEAM
from store.model import Operator
from tests.asking_slack import Place, workspace

OPERATOR = Operator("", TEAM, ASTER)


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with workspace() as one:
        yield one


def asking(place: Place) -> Rosters:
    """One that remembers nothing yet."""
    return Rosters(place.client, UserGroups(place.client, [ONCALL]))


async def test_whoever_is_not_in_the_channel_is_absent_groups_looked_into(place: Place) -> None:
    await place.desk.invite_bot(PRIVATE)
    channels = asking(place)
    assert await channels.absent(OPERATOR, [BRAM, CLEO, ONCALL], PRIVATE) == [CLEO]
    assert await channels.absent(OPERATOR, [BRAM, CLEO], OPS) == []
    assert await channels.absent(OPERATOR, [BRAM, ONCALL], "D0ASTER") == [BRAM]
    assert await channels.absent(OPERATOR, [CLEO], PRIVATE) == [CLEO]
    assert await place.asked("conversations.members") == 2, "each channel once, and then remembered"


async def test_where_slack_does_not_say_those_named_are_told(place: Place) -> None:
    assert await asking(place).absent(OPERATOR, [BRAM, ONCALL], PRIVATE) == [BRAM]  # not found: not a member
    await place.desk.fail("conversations.members", status=503)
    assert await asking(place).absent(OPERATOR, [BRAM], OPS) == [BRAM]


async def test_members_come_in_pages(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rosters, "PAGE", 1)
    assert await asking(place).absent(OPERATOR, [ASTER, BRAM, CLEO], OPS) == []
    assert await place.asked("conversations.members") == 7
    monkeypatch.setattr(rosters, "MOST_PAGES", 2)
    assert await asking(place).absent(OPERATOR, [CLEO], OPS) == [CLEO], "so many that nobody knows"


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
