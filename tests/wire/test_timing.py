"""Timing at the wire: when a job is to start, in whose words, who may change that, and what starts it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.sandbox.workspace.people import ASTER, BRAM, CLEO, OPS
from tests.forms import chosen, form_of, opened
from tests.stage import Stage, words
from tests.waiting import confirmed, due_now, guarded, nothing_sent, soon, with_button


async def answered(stage: Stage, line: str) -> str:
    """What a command is answered that brings no card."""
    reaction = await stage.desk.command(ASTER, OPS, line)
    assert reaction.message is not None
    return words(reaction.message)


async def test_a_job_starts_at_its_time_and_says_so_in_words_and_in_utc(stage: Stage) -> None:
    [cid] = await stage.cids(1)
    at = datetime.now(UTC) + timedelta(seconds=1.5)
    card = await stage.ask(f"/set-action T-Enable evian3 at:{at:%Y-%m-%dT%H:%M:%S.%f} {cid}")
    said = f"{at:%a} {at.day} {at:%b %Y, %H:%M} UTC"
    assert f"To start {said}; for you <!date^" in words(card)
    assert f"It starts {said}." in str(card.button("confirm").confirm)
    assert (await stage.confirm(card)).acked
    await stage.card_saying(card, f"Starts {said}")
    await stage.thread(card, "Until then it can be changed or cancelled on the card.")
    await nothing_sent(stage)
    await stage.thread(card, "starts now")
    await stage.thread(card, "1 customer accepted")
    [post] = (await stage.evian3.record()).posts
    assert list(post.cids) == [cid]
    assert (await stage.job()).ready_at >= at.timestamp() * 1000
    assert [e for e in await stage.events() if e in ("confirmed", "scheduled", "ready", "sent")] == [
        "confirmed",
        "scheduled",
        "ready",
        "sent",
    ]


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("at:2020-01-01T02:00", "is over already"),
        ("at:2099-01-01T02:00", "is too far off: at most 30 days ahead"),
        ("at:tomorrow", "“tomorrow” is not a date and time; write it as in at:2026-11-24T02:00"),
        ("at:", "“e106b3d0fb01” is not a date and time"),
        ("at:2099-01-01T02:00 at:2099-01-02T02:00", "More than one time is given"),
    ],
)
async def test_a_time_that_cannot_be_is_said_plainly(stage: Stage, typed: str, wanted: str) -> None:
    assert wanted in await answered(stage, f"/set-action T-Enable evian3 {typed} e106b3d0fb01")
    assert await stage.events() == ["refused_request"]


async def test_without_slacks_word_on_who_asks_nothing_is_planned(stage: Stage) -> None:
    await stage.desk.fail("users.info", error="internal_error", times=2)
    said = await answered(stage, f"/set-action T-Enable evian3 at:{soon()} e106b3d0fb01")
    assert "Slack did not say" in said
    await stage.desk.forget_faults()
    await stage.ask(f"/set-action T-Enable evian3 at:{soon()}Z e106b3d0fb01")


async def test_the_form_takes_a_time_and_says_at_its_field_what_is_wrong(stage: Stage) -> None:
    [cid] = await stage.cids(1)
    now = int(datetime.now(UTC).timestamp())
    left = (await stage.desk.submit(await opened(stage), chosen(cids=cid, run_at=now - 60))).form
    assert left is not None
    assert "is over already" in left.errors["run_at"]
    assert left.value("cids") == cid
    assert (await stage.desk.submit(left, {"run_at": now + 3600})).form is None
    card = await stage.desk.until_message(OPS, ASTER, lambda m: "To start" in words(m))
    assert (await stage.desk.click(ASTER, card, "edit")).acked
    form = await form_of(stage)
    assert form.value("run_at") == now + 3600


async def test_who_asked_gives_it_another_time_or_has_it_start_at_once(stage: Stage) -> None:
    card = await confirmed(stage, more=f" at:{soon()}", wanted="retime")
    assert (await stage.desk.click(BRAM, card, "retime")).acked
    await stage.private("Only the person who asked can change its time", user=BRAM)
    for _ in range(2):
        assert (await stage.desk.click(ASTER, card, "retime")).acked
        form = await form_of(stage)
        at = int(datetime.now(UTC).timestamp()) + 7200
        assert (await stage.desk.submit(form, {"time": at})).form is None
    await stage.settled()
    assert (await stage.job()).start_at == at * 1000
    await nothing_sent(stage)
    assert (await stage.desk.click(ASTER, card, "retime")).acked
    form = await form_of(stage)
    assert (await stage.desk.submit(form, {"time": None})).form is None
    await stage.thread(card, "1 customer accepted")
    assert (await stage.desk.click(ASTER, card, "retime")).acked
    await stage.private("has started already")


async def test_with_an_earlier_time_it_expires_at_that_where_nobody_approved_it(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(more=guarded(BRAM))
    card = await confirmed(stage, more=f" at:{soon()}")
    await stage.settled()
    assert (await stage.desk.click(ASTER, card, "retime")).acked
    at = int(datetime.now(UTC).timestamp()) + 2
    assert (await stage.desk.submit(await form_of(stage), {"time": at})).form is None
    await stage.card_saying(card, "Expired")
    await nothing_sent(stage)


async def test_a_later_time_keeps_its_approvals_and_an_earlier_one_needs_them_again(
    idle_stage: Stage,
) -> None:
    stage = idle_stage
    await stage.start_bot(more=guarded(BRAM))
    card = await confirmed(stage, more=f" at:{soon()}")
    assert (await stage.desk.click(BRAM, card, "approve")).acked
    card = await stage.card_saying(card, "Nothing is sent before.")
    for seconds, state in ((7200, "scheduled"), (1800, "awaiting")):
        assert (await stage.desk.click(ASTER, card, "retime")).acked
        form = await form_of(stage)
        at = int(datetime.now(UTC).timestamp()) + seconds
        assert (await stage.desk.submit(form, {"time": at})).form is None
        assert (await stage.job()).state == state
    stale = card
    card = await stage.card_saying(card, f"<!date^{at}^")
    card = await with_button(stage, card, "approve")
    await stage.thread(card, "does not count any more")
    await nothing_sent(stage)
    assert (await stage.desk.click(BRAM, card, "approve")).acked
    await stage.card_saying(card, "Approved by <@U0BRAM>")
    assert (await stage.job()).state == "scheduled"
    assert (await stage.desk.click(CLEO, stale, "withdraw")).acked
    await stage.private("Only who asked, approvers and administrators", user=CLEO)


async def test_an_approval_of_a_time_that_was_moved_meanwhile_is_not_counted(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(more=guarded(BRAM))
    card = await confirmed(stage, more=f" at:{soon(7200)}")
    assert (await stage.desk.click(ASTER, card, "retime")).acked
    form = await form_of(stage)
    at = int(datetime.now(UTC).timestamp()) + 1800
    assert (await stage.desk.submit(form, {"time": at})).form is None
    assert (await stage.desk.click(BRAM, card, "approve")).acked  # the card as it was before
    await stage.private("is not what this job is now", user=BRAM)
    assert (await stage.job()).state == "awaiting"
    assert not await stage.rows("SELECT * FROM approvals")


async def test_a_scheduled_job_is_cancelled_and_nothing_is_sent(stage: Stage) -> None:
    card = await confirmed(stage, more=f" at:{soon()}", wanted="withdraw")
    assert (await stage.desk.click(BRAM, card, "withdraw")).acked
    await stage.private("Only who asked", user=BRAM)
    assert (await stage.desk.click(ASTER, card, "withdraw")).acked
    gone = await stage.card_saying(card, "Cancelled by <@U0ASTER>")
    assert gone.buttons == ()
    await nothing_sent(stage)
    assert (await stage.job()).state == "cancelled"


async def test_what_was_due_while_the_bot_was_down_for_long_does_not_start_by_itself(stage: Stage) -> None:
    card = await confirmed(stage, more=f" at:{soon()}", wanted="withdraw")
    await stage.settled()
    await stage.stop_bot()
    stage.tamper("UPDATE jobs SET due_at = due_at - 2 * 3600 * 1000, start_at = start_at - 2 * 3600 * 1000")
    await stage.start_bot()
    await stage.thread(card, "It does not start by itself any more")
    await nothing_sent(stage)
    card = await with_button(stage, card, "retime")
    assert (await stage.desk.click(ASTER, card, "retime")).acked
    form = await form_of(stage)
    assert (await stage.desk.submit(form, {"time": None})).form is None
    await stage.thread(card, "1 customer accepted")


async def test_what_was_due_a_moment_ago_starts_when_the_bot_is_back(stage: Stage) -> None:
    card = await confirmed(stage, more=f" at:{soon()}", wanted="withdraw")
    await stage.settled()
    await stage.stop_bot()
    due_now(stage)
    await stage.start_bot()
    await stage.thread(card, "1 customer accepted")


async def test_where_slack_does_not_say_who_may_it_is_tried_again(
    idle_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = idle_stage
    monkeypatch.setattr("bot.service.starts.ASK_AGAIN_S", 0.3)
    await stage.start_bot(who='["S0ONCALL"]')
    card = await confirmed(stage, more=f" at:{soon()}", wanted="withdraw")
    await stage.settled()
    await stage.stop_bot()
    due_now(stage)
    await stage.desk.fail("usergroups.users.list", error="internal_error")
    await stage.start_bot()
    await stage.thread(card, "Slack did not say who may do what")
    await stage.thread(card, "1 customer accepted")


async def test_what_was_confirmed_before_an_outage_is_looked_at_again(stage: Stage) -> None:
    """Between its confirmation and the runner the bot was down for longer than a minute, and rights went."""
    [cid] = await stage.cids(1)
    card = await stage.ask(f"/set-action T-Enable evian3 {cid}")
    await stage.settled()
    await stage.stop_bot()
    stage.tamper(
        "UPDATE jobs SET state = 'confirmed', decided_by = 'U0ASTER', decided_at = created_at, "
        "ready_at = created_at - 61000"
    )
    await stage.start_bot(who='["U0BRAM"]')
    await stage.thread(card, "may not run T-Enable on evian3 any more")
    await nothing_sent(stage)
    assert (await stage.job()).state == "scheduled"


async def test_two_replicas_start_what_is_due_and_count_each_approval_once(
    idle_stage: Stage, postgres: Callable[[], str]
) -> None:
    stage = idle_stage
    stage.database = postgres()
    for _ in range(2):
        await stage.start_bot(more=guarded(BRAM, CLEO, approvals=2))
    card = await confirmed(stage, more=f" at:{soon(5)}")
    clicks = [stage.desk.click(who, card, "approve") for who in (BRAM, CLEO) * 3]
    assert all(reaction.acked for reaction in await asyncio.gather(*clicks))
    await stage.thread(card, "1 customer accepted")
    await stage.settled()
    assert len((await stage.evian3.record()).posts) == 1
    events = await stage.events()
    assert [events.count(e) for e in ("approved", "ready", "sent", "reminded")] == [2, 1, 1, 1]
    thread = [words(m) for m in await stage.thread_of(card)]
    assert len([said for said in thread if "starts now" in said]) == 1
