"""What kind of account somebody has: as Slack says, kept for a minute, never guessed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot import profiles
from bot.errors import NotAllowed
from bot.policy import Account
from bot.profiles import Profiles
from bot.sandbox.desk import Desk
from bot.sandbox.workspace.people import ASTER, FINN, GINA, TEAM
from bot.sandbox.workspace.server import serve_workspace
from store.model import Operator

METHOD = "users.info"


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace, and what the bot asks of it."""

    desk: Desk
    profiles: Profiles

    async def account(self, user: str, team: str = TEAM) -> Account:
        return await self.profiles.account_of(Operator("", team, user))

    async def asked(self) -> int:
        journal = await self.desk.journal()
        return sum(entry.kind == "api" and entry.details["method"] == METHOD for entry in journal)


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with (
        serve_workspace() as access,
        Desk(access.address, access.desk_token) as desk,
        aiohttp.ClientSession() as http,
    ):
        client = AsyncWebClient(access.bot_token, base_url=access.api_url, session=http, retry_handlers=[])
        yield Place(desk, Profiles(client, TEAM))


async def test_members_guests_and_strangers(place: Place) -> None:
    assert await place.account(ASTER) is Account.MEMBER
    assert await place.account(GINA) is Account.GUEST
    assert await place.account(FINN) is Account.STRANGER
    assert await place.account(ASTER, team="T0FORGED") is Account.STRANGER


async def test_an_account_that_is_closed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await place.account(ASTER) is Account.MEMBER
    await place.desk.deactivate(ASTER)
    assert await place.account(ASTER) is Account.MEMBER  # what was said is kept for a while
    assert await place.asked() == 1
    monkeypatch.setattr(profiles, "KEPT_S", 0.0)
    assert await place.account(ASTER) is Account.DEACTIVATED


@pytest.mark.parametrize(
    ("times", "error", "status", "lost"),
    [(1, "user_not_found", None, False), (1, "missing_scope", None, False), (1, None, 503, False),
     (2, None, None, True)],
)  # fmt: skip
async def test_what_slack_does_not_say_is_refused_not_guessed(
    place: Place, times: int, error: str | None, status: int | None, lost: bool
) -> None:
    await place.desk.fail(METHOD, times, error=error, status=status, lose_answer=lost)
    with pytest.raises(NotAllowed, match="did not say what kind of account"):
        await place.account(ASTER)
    assert await place.account(ASTER) is Account.MEMBER


@pytest.mark.parametrize(
    ("user", "account"),
    [
        ({"deleted": False, "enterprise_user": {"enterprise_id": "E1"}}, Account.MEMBER),
        ({"deleted": False, "enterprise_user": {"enterprise_id": "E2"}}, Account.STRANGER),
        ({"deleted": False, "enterprise_user": {"enterprise_id": "E1"}, "is_ultra_restricted": True},
         Account.GUEST),
        ({"deleted": False}, Account.STRANGER),
        ({}, Account.DEACTIVATED),
    ],
)  # fmt: skip
async def test_on_an_enterprise_grid_the_organisation_decides(
    monkeypatch: pytest.MonkeyPatch, user: dict[str, object], account: Account
) -> None:
    client = AsyncWebClient("xoxb-1")

    async def told(**_: str) -> dict[str, object]:
        return {"user": user}

    monkeypatch.setattr(client, "users_info", told)
    on_grid = Profiles(client, "T1", "E1")
    assert await on_grid.account_of(Operator("E1", "T2", "U1")) is account
