"""Deciding at the wire: one card, one decision, whoever presses what, however often and in whatever order."""

import asyncio
from typing import Any

import pytest

from bot.sandbox.desk import Message
from bot.sandbox.workspace.people import ASTER, BRAM, OPS
from tests.stage import Stage, told, words


async def card_for_one(stage: Stage) -> Message:
    """A card for one customer who exists."""
    [cid] = await stage.cids(1)
    return await stage.ask(f"/set-action T-Enable evian3 {cid}")


async def one_job_ran(stage: Stage, card: Message) -> None:
    """One job, one POST, one thread with one start and one outcome."""
    await stage.thread(card, "1 customer accepted")
    await stage.settled()
    assert len((await stage.evian3.record()).posts) == 1
    assert [row.state for row in await stage.rows("SELECT state FROM jobs")] == ["done"]
    events = await stage.events()
    assert [e for e in events if e != "refused_click"] == [
        "requested",
        "confirmed",
        "sent",
        "answered",
        "done",
    ]
    thread = await stage.desk.messages(card.channel, ASTER, card.ts)
    assert len([m for m in thread[1:] if not m.ephemeral]) == 2


async def nothing_ran(stage: Stage) -> None:
    """No POST, and nothing on its way to one."""
    await stage.settled()
    assert (await stage.evian3.record()).posts == ()
    assert not await stage.rows("SELECT * FROM chunks")
    assert "confirmed" not in await stage.events()


async def test_after_the_decision_the_buttons_give_way_to_who_and_when(stage: Stage) -> None:
    card = await card_for_one(stage)
    await stage.confirm(card)
    await one_job_ran(stage, card)
    [job] = await stage.rows("SELECT * FROM jobs")
    decided = await stage.card_saying(card, "Confirmed by <@U0ASTER>")
    assert not {"confirm", "cancel"} & {button.action_id for button in decided.buttons}
    assert job.decided_by == ASTER
    assert f"`{job.uuid[:8]}`" in words(decided)


async def test_cancelling_sends_nothing_and_says_who_and_when(stage: Stage) -> None:
    card = await card_for_one(stage)
    assert (await stage.desk.click(ASTER, card, "cancel")).acked
    cancelled = await stage.card_saying(card, "Cancelled by <@U0ASTER>, <!date^")
    assert cancelled.buttons == ()
    await nothing_ran(stage)
    assert await stage.events() == ["requested", "cancelled"]


async def test_a_click_is_acknowledged_only_once_it_is_committed(stage: Stage) -> None:
    card = await card_for_one(stage)
    await stage.settled()
    with stage.locked_database():
        click = asyncio.create_task(stage.confirm(card))
        sent = await stage.desk.until(lambda e: e.kind == "envelope" and e.details["type"] == "interactive")
        # A whole round trip that needs no write is served meanwhile: the click waits for its commit alone.
        assert (await stage.desk.command(ASTER, OPS, "/my-jobs")).acked
        acks = [e for e in await stage.desk.journal(sent.number) if e.kind == "ack"]
        assert sent.details["envelope_id"] not in [e.details["envelope_id"] for e in acks]
        assert (await stage.rows("SELECT state FROM jobs"))[0].state == "proposed"
    reaction = await click
    assert reaction.acked
    assert (await stage.rows("SELECT state FROM jobs"))[0].state != "proposed"
    assert "confirmed" in await stage.events()
    await one_job_ran(stage, card)


async def test_pressed_twice_at_once_it_runs_once(stage: Stage) -> None:
    card = await card_for_one(stage)
    reactions = await asyncio.gather(*(stage.confirm(card) for _ in range(4)))
    assert all(reaction.acked for reaction in reactions)
    notice = await stage.private("You have confirmed this already")
    [job] = await stage.rows("SELECT uuid FROM jobs")
    assert job.uuid[:8] in words(notice)
    await one_job_ran(stage, card)
    assert (await stage.events()).count("refused_click") == 3


async def test_pressed_by_two_people_at_once_the_requester_decides(stage: Stage) -> None:
    card = await card_for_one(stage)
    reactions = await asyncio.gather(stage.confirm(card, user=BRAM), stage.confirm(card))
    assert all(reaction.acked for reaction in reactions)
    await stage.private("Only the person who asked can decide on this card. Ask <@U0ASTER>.", user=BRAM)
    await one_job_ran(stage, card)
    assert (await stage.rows("SELECT decided_by FROM jobs"))[0].decided_by == ASTER


async def test_confirm_and_cancel_at_once_are_one_decision(stage: Stage) -> None:
    card = await card_for_one(stage)
    await asyncio.gather(stage.confirm(card), stage.desk.click(ASTER, card, "cancel"))
    await stage.private("confirmed this already" if "confirmed" in await stage.events() else "was cancelled")
    if "confirmed" in await stage.events():
        await one_job_ran(stage, card)
    else:
        await nothing_ran(stage)


async def test_a_redelivered_click_runs_once_also_after_a_restart(stage: Stage) -> None:
    card = await card_for_one(stage)
    click = await stage.confirm(card)
    again = await asyncio.gather(*(stage.desk.redeliver(click) for _ in range(3)))
    assert all(reaction.acked for reaction in again)
    await one_job_ran(stage, card)
    assert "refused_click" not in await stage.events()  # a repeat by Slack is nobody's attempt
    await stage.stop_bot()
    await stage.start_bot()
    assert (await stage.desk.redeliver(click)).acked
    await stage.private("You have confirmed this already")
    await one_job_ran(stage, card)


@pytest.mark.parametrize("button", ["confirm", "cancel"])
async def test_a_stranger_is_told_who_may_and_changes_nothing(stage: Stage, button: str) -> None:
    card = await card_for_one(stage)
    assert (await stage.desk.click(BRAM, card, button)).acked
    await stage.private("Only the person who asked can decide on this card. Ask <@U0ASTER>.", user=BRAM)
    await stage.settled()
    [now] = [m for m in await stage.desk.messages(OPS, ASTER) if not m.ephemeral]
    assert [b.action_id for b in now.buttons] == ["confirm", "edit", "cancel"]
    rows = await stage.rows("SELECT actor, event, job FROM audit_log ORDER BY seq")
    [job] = await stage.rows("SELECT uuid, state FROM jobs")
    assert rows[1:] == [("T0SANDBOX/U0BRAM", "refused_click", job.uuid)]
    assert job.state == "proposed"
    await nothing_ran(stage)
    await stage.confirm(card)
    await one_job_ran(stage, card)


@pytest.mark.parametrize(
    ("first", "then", "told_so"),
    [
        ("confirm", "cancel", "You have confirmed this already"),
        ("cancel", "confirm", "This card was cancelled: nothing was sent."),
        ("cancel", "cancel", "This card was cancelled: nothing was sent."),
    ],
)
async def test_the_first_decision_stands_and_the_late_one_is_on_the_record(
    stage: Stage, first: str, then: str, told_so: str
) -> None:
    card = await card_for_one(stage)
    await stage.desk.click(ASTER, card, first)
    assert (await stage.desk.click(ASTER, card, then)).acked  # from a screen that still shows the buttons
    await stage.private(told_so)
    await (one_job_ran(stage, card) if first == "confirm" else nothing_ran(stage))
    assert (await stage.events()).count("refused_click") == 1


async def test_an_expired_card_says_so_by_itself(stage: Stage) -> None:
    await stage.stop_bot()
    await stage.start_bot(expire_after_s=0.8)
    card = await card_for_one(stage)
    await stage.stop_bot()
    await stage.start_bot()  # looks at once, and then again when the next card is due
    expired = await stage.card_saying(card, "without a decision")
    assert [button.label for button in expired.buttons] == ["Ask again"]
    await nothing_ran(stage)
    assert await stage.events() == ["requested", "expired"]
    await stage.confirm(card)
    await stage.private("This card has expired: nothing was sent.")
    assert await stage.events() == ["requested", "expired", "refused_click"]


@pytest.mark.parametrize("button", ["confirm", "cancel"])
async def test_a_click_on_a_card_past_its_time_is_refused_before_the_sweep_notices(
    stage: Stage, button: str
) -> None:
    card = await card_for_one(stage)
    await stage.settled()
    stage.tamper("UPDATE jobs SET expires_at = expires_at - 900001")
    await stage.desk.click(ASTER, card, button)
    await stage.private("This card has expired: nothing was sent.")
    expired = await stage.card_saying(card, "Expired <!date^")
    assert [button.label for button in expired.buttons] == ["Ask again"]
    assert await stage.events() == ["requested", "expired", "refused_click"]
    await nothing_ran(stage)


async def test_a_click_on_a_card_whose_place_was_lost_finds_it_again(stage: Stage) -> None:
    await stage.desk.fail("chat.postMessage", lose_answer=True)
    card = await card_for_one(stage)
    assert (await stage.rows("SELECT card_ts FROM jobs"))[0].card_ts is None
    await stage.confirm(card)
    await one_job_ran(stage, card)
    await stage.card_saying(card, "Confirmed by <@U0ASTER>")
    assert len([m for m in await stage.desk.messages(OPS, ASTER) if not m.ephemeral]) == 1


async def test_a_card_whose_answer_was_lost_is_shown_once_and_can_be_pressed(stage: Stage) -> None:
    await stage.desk.fail("chat.postMessage", lose_answer=True)
    card = await card_for_one(stage)
    await stage.settled()
    assert [m.ts for m in await stage.desk.messages(OPS, ASTER) if m.buttons] == [card.ts]
    await stage.confirm(card)
    await stage.card_saying(card, "Confirmed by <@U0ASTER>")
    await one_job_ran(stage, card)
    assert (await stage.job()).card_ts == card.ts


@pytest.mark.parametrize("org_wide", [True, False])
async def test_on_a_grid_only_the_same_person_of_the_same_enterprise_may_decide(
    stage: Stage, *, org_wide: bool
) -> None:
    """Shapes: https://docs.slack.dev/enterprise/developing-for-enterprise-orgs"""

    def clicks(enterprise: str) -> Any:
        team = None if org_wide else {"id": "T0SANDBOX", "domain": "sandbox", "enterprise_id": enterprise}
        org = {"enterprise": {"id": enterprise, "name": "Org"}, "is_enterprise_install": org_wide}
        return lambda payload: payload | org | {"team": team}

    with told("command", lambda payload: payload | {"enterprise_id": "E0ONE", "enterprise_name": "Org"}):
        card = await card_for_one(stage)
    for other in (lambda payload: payload, clicks("E0TWO")):
        with told("block_action", other):
            await stage.confirm(card)
    await stage.desk.until(lambda e: e.kind == "response_url")
    await nothing_ran(stage)
    with told("block_action", clicks("E0ONE")):
        assert (await stage.confirm(card)).acked
    await one_job_ran(stage, card)
    actors = [r.actor for r in await stage.rows("SELECT actor FROM audit_log WHERE event = 'refused_click'")]
    assert actors == ["T0SANDBOX/U0ASTER", "E0TWO/T0SANDBOX/U0ASTER"]
