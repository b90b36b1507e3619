"""Attacks on four eyes: a card that waits for two approvals, and somebody who would have it run all the same.

Each is played on a bot where Bram and Cleo may approve what Aster asks for, and two of them must.
"""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

from pydantic import SecretStr

from bot.sandbox.desk import Message
from bot.sandbox.workspace import view_payloads
from bot.sandbox.workspace.people import ASTER, BRAM, CLEO, DANA, FINN, GINA
from bot.seal import Seal
from tests.attacks.at_the_wire import JSON, having
from tests.forms import form_of
from tests.stage import Stage, told, words
from tests.waiting import confirmed, guarded, nothing_sent

Play = Callable[[Stage, Message], Any]


async def waiting_for_two(stage: Stage) -> Message:
    """A card of Aster's that is confirmed and needs two approvals."""
    await stage.start_bot(more=guarded(ASTER, BRAM, CLEO, "*", approvals=2))
    return await confirmed(stage)


async def in_vain(stage: Stage, *, state: str = "awaiting") -> None:
    """Nothing was sent, and the job waits as before."""
    await nothing_sent(stage)
    assert (await stage.job()).state == state


def by(user: str, answer: str, button: str = "approve", **changed: Any) -> Play:
    """A button pressed by somebody who may not; the payload says what `changed` has."""

    async def play(stage: Stage, card: Message) -> None:
        with told("block_action", having(**changed)):
            assert (await stage.desk.click(user, card, button)).acked
        await stage.private(answer, user=user)
        await stage.stop_bot()  # whatever comes of it has come then
        assert "refused_click" in await stage.events()
        assert await stage.rows("SELECT * FROM approvals") == []
        await in_vain(stage)

    return play


async def _forged(stage: Stage, card: Message, user: str, value: str, button: str = "approve") -> None:
    action = {"action_id": button, "value": value, "type": "button", "block_id": "decide"}
    with told("block_action", having(actions=[action])):
        await stage.desk.click(user, card, "approve")


async def without_confirmation(stage: Stage, card: Message) -> None:
    """A card that Aster has not confirmed yet has no such button; its value is easily made."""
    [cid] = await stage.cids(1, start=1)
    other = await stage.ask(f"/set-action T-Enable evian3 {cid}")
    proposed = other.button("confirm").value
    await _forged(stage, card, BRAM, str(proposed))
    await stage.private("not confirmed by the person who asked", user=BRAM)
    await nothing_sent(stage)


async def confirmed_by_the_approver(stage: Stage, card: Message) -> None:
    value = str(card.button("approve").value)
    await _forged(stage, card, BRAM, value, "confirm")
    await stage.private("Only the person who asked", user=BRAM)
    await in_vain(stage)


async def approved_by_confirming_again(stage: Stage, card: Message) -> None:
    await _forged(stage, card, ASTER, str(card.button("approve").value), "confirm")
    await stage.settled()
    await in_vain(stage)


async def counted_twice(stage: Stage, card: Message) -> None:
    """The same envelope again, at once and after a restart."""
    sent = await stage.desk.click(BRAM, card, "approve")
    await stage.desk.redeliver(sent)
    await stage.stop_bot()
    await stage.start_bot()
    await stage.desk.redeliver(sent)
    await stage.private("approved this already", user=BRAM)
    assert (await stage.events()).count("approved") == 1
    await in_vain(stage)


async def changed_list(stage: Stage, card: Message) -> None:
    """The row's customers are others than those that were shown."""
    await stage.settled()
    stage.tamper("UPDATE jobs SET digest = 'ffffffffffffffff'")
    await stage.desk.click(BRAM, card, "approve")
    await stage.private("not what this job is now", user=BRAM)
    await in_vain(stage)


async def changed_after_an_approval(stage: Stage, card: Message) -> None:
    """One has approved; the list becomes another; the second approval must not be the last one missing."""
    await stage.desk.click(BRAM, card, "approve")
    card = await stage.card_saying(card, "1 of 2 given")
    await stage.settled()
    stage.tamper("UPDATE jobs SET digest = 'ffffffffffffffff'")
    await stage.desk.click(CLEO, card, "approve")
    await stage.settled()
    await in_vain(stage)


async def forged_digest(stage: Stage, card: Message) -> None:
    uuid, _, _ = str(card.button("approve").value).partition(".")
    await _forged(stage, card, BRAM, f"{uuid}.0123456789abcdef")
    await stage.private("not what this job is now", user=BRAM)
    await in_vain(stage)


async def made_up_card(stage: Stage, card: Message) -> None:
    await _forged(stage, card, BRAM, f"{uuid4().hex}.0123456789abcdef")
    await stage.private("not known here", user=BRAM)
    await in_vain(stage)


async def after_a_denial(stage: Stage, card: Message) -> None:
    await stage.desk.click(BRAM, card, "approve")
    await stage.desk.click(CLEO, card, "deny")
    assert (await stage.desk.submit(await form_of(stage, CLEO), {"reason": "wrong wave"})).form is None
    await stage.desk.click(CLEO, card, "approve")
    await stage.private("denied already", user=CLEO)
    await in_vain(stage, state="denied")


async def denied_for_another(stage: Stage, card: Message) -> None:
    """Bram's form of a denial, sent with another job's id in its memory, unsealed and sealed by a guess."""
    await stage.desk.click(BRAM, card, "deny")
    form = await form_of(stage, BRAM)
    original = view_payloads.submission
    for seal in (None, Seal(SecretStr("xoxb-guessed"))):

        def spoilt(*args: Any, seal: Seal | None = seal) -> JSON:
            payload = original(*args)
            view = payload["view"] | {"private_metadata": f'{{"card": "{UUID(int=1)}"}}'}
            return payload | {"view": seal.sealed(view) if seal else view}

        with patch.object(view_payloads, "submission", spoilt):
            left = (await stage.desk.submit(form, {"reason": "no"})).form
        assert left is not None
        assert "not one of mine" in str(left.errors)
    await in_vain(stage)


async def denied_by_who_asked(stage: Stage, card: Message) -> None:
    """Aster sends the form that was opened for Bram."""
    await stage.desk.click(BRAM, card, "deny")
    form = await form_of(stage, BRAM)
    original = view_payloads.submission

    def as_aster(*args: Any) -> JSON:
        payload = original(*args)
        return payload | {"user": payload["user"] | {"id": ASTER}}

    with patch.object(view_payloads, "submission", as_aster):
        left = (await stage.desk.submit(form, {"reason": "so that nobody sees it"})).form
    assert left is not None
    assert "You asked for this yourself" in str([left.errors, left.complaint, left.blocks])
    await in_vain(stage)


async def deactivated(stage: Stage, card: Message) -> None:
    """A click of Bram's that comes after his account was closed."""
    await stage.desk.deactivate(BRAM)
    theirs = {"id": BRAM, "team_id": "T0SANDBOX", "username": "bram", "name": "bram"}
    with told("block_action", having(user=theirs)):
        await stage.desk.click(CLEO, card, "approve")
    await stage.private("This account is deactivated", user=CLEO)
    await in_vain(stage)


async def live_denial(stage: Stage, card: Message) -> None:
    await stage.desk.click(BRAM, card, "deny")
    form = await form_of(stage, BRAM)
    assert (await stage.desk.submit(form, {"reason": "<!channel> <@U0EVIL>"})).form is None
    said = await stage.thread(card, "denies")
    assert "<!channel>" not in words(said)
    await in_vain(stage, state="denied")


FOREIGN: JSON = {"team": {"id": "T0EVIL", "domain": "elsewhere"}}
GRID: JSON = {"enterprise": {"id": "E0GRID", "name": "grid"}}
BY_ONESELF = by(ASTER, "You asked for this yourself")
BY_ONESELF_FROM_ELSEWHERE = by(ASTER, "You asked for this yourself", **FOREIGN)
BY_ONESELF_OF_A_GRID = by(ASTER, "You asked for this yourself", **GRID)
BY_A_GUEST = by(GINA, "You are a guest")
BY_A_STRANGER = by(FINN, "another organisation")
BY_ANOTHER_TEAM = by(DANA, "another organisation", **FOREIGN)
CANCELLED_BY_A_GUEST = by(GINA, "Only who asked, approvers and administrators", "withdraw")
DENIED_BY_A_GUEST = by(GINA, "You are a guest", "deny")
