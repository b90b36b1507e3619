"""Guests, people of other organisations and closed accounts at the wire: refused unless a rule names them."""

from collections.abc import Mapping
from typing import Any

import pytest

from bot import profiles
from bot.sandbox.workspace.people import ASTER, BRAM, FINN, GINA, OPS
from tests.forms import form_of
from tests.stage import Stage, told, words

GUEST = "You are a guest in this workspace"
ELSEWHERE = "You belong to another organisation"


@pytest.mark.parametrize(("user", "why"), [(GINA, GUEST), (FINN, ELSEWHERE)])
async def test_everybody_does_not_mean_guests_and_strangers(stage: Stage, user: str, why: str) -> None:
    reaction = await stage.desk.command(user, OPS, "/set-action T-Enable evian3 e106b3d0fb01")
    assert reaction.message
    assert "No rule allows you to ask for T-Enable on evian3. Nothing was sent." in words(reaction.message)
    assert why in words(reaction.message)
    assert await stage.events() == ["refused_request"]
    helped = await stage.desk.command(user, OPS, "/set-action help")
    assert helped.message
    assert "You may not use any action on any cluster" in words(helped.message)
    await stage.desk.command(user, OPS, "/set-action")
    form = await form_of(stage, user)
    assert "You may not use any action on any cluster" in str(form.blocks)


@pytest.mark.parametrize("user", [GINA, FINN])
async def test_a_rule_that_names_them_counts(idle_stage: Stage, user: str) -> None:
    await idle_stage.start_bot(who=f'["{user}"]')
    [cid] = await idle_stage.cids(1)
    card = await idle_stage.ask(f"/set-action T-Enable evian3 {cid}", user=user)
    await idle_stage.confirm(card, user=user)
    await idle_stage.thread(card, "1 customer accepted")


async def test_who_was_deactivated_meanwhile_can_not_confirm(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A click that was under way, or forged: Slack itself takes none from a closed account."""
    monkeypatch.setattr(profiles, "KEPT_S", 0.0)
    [cid] = await stage.cids(1)
    card = await stage.ask(f"/set-action T-Enable evian3 {cid}", user=BRAM)
    await stage.desk.deactivate(BRAM)

    def as_bram(payload: dict[str, Any]) -> dict[str, Any]:
        return {**payload, "user": {**_of(payload["user"]), "id": BRAM}}

    with told("block_action", as_bram):
        await stage.confirm(card, user=ASTER)
    await stage.private("This account is deactivated", user=ASTER)
    assert await stage.events() == ["requested", "refused_click"]
    assert (await stage.evian3.record()).posts == ()


async def test_an_account_that_cannot_be_read_means_no_and_one_is_told_why(stage: Stage) -> None:
    [cid] = await stage.cids(1)
    await stage.desk.fail("users.info", error="internal_error")
    reaction = await stage.desk.command(ASTER, OPS, f"/set-action T-Enable evian3 {cid}")
    assert reaction.message
    assert "Slack did not say what kind of account you have" in words(reaction.message)
    assert await stage.events() == ["refused_request"]
    await stage.ask(f"/set-action T-Enable evian3 {cid}")


def _of(user: Any) -> Mapping[str, Any]:
    assert isinstance(user, Mapping)
    return user
