"""Who belongs to the policy's user groups: as Slack says, kept for a minute, never guessed."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot import membership
from bot.errors import NotAllowed
from bot.membership import UserGroups
from bot.sandbox.workspace import people
from bot.sandbox.workspace.people import ASTER, BRAM, ONCALL, TEAM
from store.model import Operator
from tests.asking_slack import Place, workspace

METHOD = "usergroups.users.list"
OPERATOR = Operator("", TEAM, ASTER)
OTHER = Operator("", TEAM, BRAM)


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with workspace() as one:
        yield one


async def test_members_and_others(place: Place) -> None:
    groups = UserGroups(place.client, [ONCALL])
    assert await groups.groups_of(OPERATOR) == {ONCALL}
    assert await groups.groups_of(OTHER) == frozenset()


async def test_without_groups_in_the_policy_slack_is_not_asked(place: Place) -> None:
    assert await UserGroups(place.client, []).groups_of(OPERATOR) == frozenset()
    assert await place.asked(METHOD) == 0


async def test_what_slack_said_is_kept_for_a_while(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    groups = UserGroups(place.client, [ONCALL])
    for operator in (OPERATOR, OTHER, OPERATOR):
        await groups.groups_of(operator)
    assert await place.asked(METHOD) == 1
    monkeypatch.setattr(membership, "KEPT_S", 0.0)
    await groups.groups_of(OPERATOR)
    assert await place.asked(METHOD) == 2


async def test_that_a_group_is_empty_is_kept_too(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or every command of everybody would ask again, and Slack allows twenty a minute."""
    monkeypatch.setitem(people.USER_GROUPS, ONCALL, ())
    groups = UserGroups(place.client, [ONCALL])
    assert await groups.groups_of(OPERATOR) == frozenset()
    assert await groups.groups_of(OPERATOR) == frozenset()
    assert await place.asked(METHOD) == 1


@pytest.mark.parametrize(
    ("times", "error", "status", "lost"),
    [
        (1, "missing_scope", None, False),
        (1, None, 503, False),
        (2, None, None, True),  # aiohttp repeats a GET once by itself
    ],
)
async def test_rights_that_cannot_be_known_are_refused_not_guessed(
    place: Place, times: int, error: str | None, status: int | None, lost: bool
) -> None:
    groups = UserGroups(place.client, [ONCALL])
    await place.desk.fail(METHOD, times, error=error, status=status, lose_answer=lost)
    with pytest.raises(NotAllowed, match="Nothing was sent"):
        await groups.groups_of(OPERATOR)
    assert await groups.groups_of(OPERATOR) == {ONCALL}


async def test_a_slack_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The person has three seconds in all."""
    monkeypatch.setattr(membership, "WITHIN_S", 0.05)
    asked = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server, aiohttp.ClientSession() as http:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/api/"
        client = AsyncWebClient("xoxb-1", base_url=url, session=http, retry_handlers=[])
        async with asyncio.timeout(5):
            with pytest.raises(NotAllowed):
                await UserGroups(client, [ONCALL]).groups_of(OPERATOR)
        assert asked.is_set()
