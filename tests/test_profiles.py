"""What kind of account somebody has: as Slack says, kept for a minute, never guessed."""

from collections.abc import AsyncIterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot import profiles
from bot.errors import NotAllowed
from bot.policy import Account
from bot.profiles import Profiles
from bot.sandbox.workspace.people import ASTER, FINN, GINA, TEAM
from store.model import Operator
from tests.asking_slack import Place, workspace

METHOD = "users.info"


def member(user: str) -> Operator:
    """Somebody with this id, of the bot's own workspace as far as a payload tells."""
    return Operator("", TEAM, user)


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with workspace() as one:
        yield one


@pytest.fixture
def known(place: Place) -> Profiles:
    return Profiles(place.client, TEAM)


async def test_members_guests_and_strangers(known: Profiles) -> None:
    assert await known.account_of(member(ASTER)) is Account.MEMBER
    assert await known.account_of(member(GINA)) is Account.GUEST
    assert await known.account_of(member(FINN)) is Account.STRANGER
    assert await known.account_of(Operator("", "T0FORGED", ASTER)) is Account.STRANGER


async def test_an_account_that_is_closed(
    place: Place, known: Profiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await known.account_of(member(ASTER)) is Account.MEMBER
    await place.desk.deactivate(ASTER)
    assert await known.account_of(member(ASTER)) is Account.MEMBER  # what was said is kept for a while
    assert await place.asked(METHOD) == 1
    monkeypatch.setattr(profiles, "KEPT_S", 0.0)
    assert await known.account_of(member(ASTER)) is Account.DEACTIVATED


@pytest.mark.parametrize(
    ("times", "error", "status", "lost"),
    [(1, "user_not_found", None, False), (1, "missing_scope", None, False), (1, None, 503, False),
     (2, None, None, True)],
)  # fmt: skip
async def test_what_slack_does_not_say_is_refused_not_guessed(
    place: Place, known: Profiles, times: int, error: str | None, status: int | None, lost: bool
) -> None:
    await place.desk.fail(METHOD, times, error=error, status=status, lose_answer=lost)
    with pytest.raises(NotAllowed, match="did not say what kind of account"):
        await known.account_of(member(ASTER))
    assert await known.account_of(member(ASTER)) is Account.MEMBER


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
