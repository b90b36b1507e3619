"""Four eyes at the wire: who asked and who approves are two people, or three, and nothing is sent before."""

import asyncio
import json

import pytest

from bot.sandbox.workspace.people import ASTER, BRAM, CLEO, ONCALL, OPS, PRIVATE
from tests.forms import form_of
from tests.stage import Stage, told, words
from tests.waiting import confirmed, due_now, guarded, nothing_sent, soon, told_once, with_button


async def test_somebody_else_approves_on_the_same_card_and_then_it_is_sent(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(more=guarded(BRAM))
    card = await confirmed(stage, count=3)
    called = await stage.thread(card, "needs one approval")
    assert "<@U0BRAM>" in words(called)
    assert "There will be no other reminder." in words(called)
    assert "Waits for the approval of somebody else" in words(card)
    assert "0 of 1 given" in words(card)
    dialog = card.button("approve").confirm
    assert dialog is not None
    assert "T-Enable will be sent to Evian 3 (evian3) for 3 customers." in str(dialog)
    await nothing_sent(stage)
    assert (await stage.desk.click(BRAM, card, "approve")).acked
    await stage.thread(card, "all 3 customers accepted")
    await stage.settled()
    done = await stage.card_saying(card, "Approved by <@U0BRAM>")
    assert "Confirmed by <@U0ASTER>" in words(done)
    assert len((await stage.evian3.record()).posts) == 1
    assert [e for e in await stage.events() if e not in ("sent", "answered")] == [
        "requested", "confirmed", "reminded", "approved", "ready", "done",
    ]  # fmt: skip
    [row] = await stage.rows("SELECT * FROM approvals")
    assert (row.person, row.team_id, row.user_id, row.decision) == (BRAM, "T0SANDBOX", BRAM, "approved")
    assert row.digest == (await stage.job()).digest
    assert json.loads((await stage.rows("SELECT detail FROM audit_log WHERE event = 'ready'"))[0].detail)[
        "approved"
    ] == ["T0SANDBOX/U0BRAM"]


async def test_whoever_asked_does_not_count_and_nor_does_anybody_without_the_right(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(more=guarded(ASTER, BRAM))
    card = await confirmed(stage)
    assert (await stage.desk.click(ASTER, card, "approve")).acked
    await stage.private("You asked for this yourself")
    assert (await stage.desk.click(ASTER, card, "deny")).acked
    assert (await stage.desk.click(CLEO, card, "approve")).acked
    refused = await stage.private("No rule lets you approve T-Enable on evian3", user=CLEO)
    assert "Ask <@U0BRAM>" in words(refused)
    assert (await stage.desk.click(CLEO, card, "deny")).acked
    assert (await stage.job()).state == "awaiting"
    assert (await stage.events()).count("refused_click") == 4
    await nothing_sent(stage)


async def test_two_approvals_take_two_people_however_often_one_presses(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(more=guarded(BRAM, CLEO, approvals=2))
    card = await confirmed(stage)
    reactions = await asyncio.gather(*(stage.desk.click(BRAM, card, "approve") for _ in range(3)))
    assert all(reaction.acked for reaction in reactions)
    await stage.private("You have approved this already", user=BRAM)
    await told_once(stage, card, "1 of 2. It takes another person still.")
    await nothing_sent(stage)
    assert (await stage.job()).state == "awaiting"
    assert (await stage.desk.click(CLEO, await stage.card_saying(card, "1 of 2 given"), "approve")).acked
    await stage.thread(card, "1 customer accepted")
    assert (await stage.events()).count("approved") == 2


@pytest.mark.parametrize("foreign", [{"team": "T0OTHER"}, {"enterprise": "E0GRID"}, {"same": True}])
async def test_one_person_of_a_grid_is_one_person_in_every_workspace(
    idle_stage: Stage, foreign: dict[str, str]
) -> None:
    """The requester, and an approver, come again by another workspace: the same user id, or the Grid's."""
    stage = idle_stage
    await stage.start_bot(more=guarded(ASTER, BRAM, CLEO, approvals=2))
    card = await confirmed(stage)
    assert (await stage.desk.click(BRAM, card, "approve")).acked

    def from_elsewhere(payload: dict[str, object]) -> dict[str, object]:
        team = {"id": foreign.get("team", "T0SANDBOX"), "domain": "elsewhere"}
        enterprise = {"id": foreign["enterprise"], "name": "grid"} if "enterprise" in foreign else None
        return {**payload, "team": team, "enterprise": enterprise}

    with told("block_action", from_elsewhere):
        for person, words_of_it in ((ASTER, "You asked for this yourself"), (BRAM, "approved this already")):
            assert (await stage.desk.click(person, card, "approve")).acked
            await stage.private(words_of_it, user=person)
    assert (await stage.job()).state == "awaiting"
    await nothing_sent(stage)


async def test_a_denial_has_a_reason_and_ends_it(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(more=guarded(BRAM))
    card = await confirmed(stage)
    assert (await stage.desk.click(BRAM, card, "deny")).acked
    form = await form_of(stage, BRAM)
    left = (await stage.desk.submit(form, {"reason": "  \u200b "})).form
    assert left is not None
    assert "why not; who asked will read it" in left.errors["reason"]
    assert (await stage.desk.submit(left, {"reason": "wrong wave <!channel>"})).form is None
    said = await stage.thread(card, "denies")
    assert "“wrong wave &lt;!channel&gt;” Nothing was sent." in words(said)
    denied = await stage.card_saying(card, "Denied by <@U0BRAM>")
    assert "Why not: wrong wave <!channel>" in words(denied)
    assert denied.buttons == ()
    assert (await stage.desk.click(BRAM, card, "approve")).acked
    await stage.private("This was denied already", user=BRAM)
    await nothing_sent(stage)
    assert (await stage.job()).state == "denied"
    assert "denied" in await stage.events()


async def test_what_nobody_approves_expires_after_reminders_that_say_when_the_next_one_comes(
    idle_stage: Stage,
) -> None:
    stage = idle_stage
    await stage.start_bot(more=guarded(BRAM, expire=1.2, remind="[0.3, 0.6, 5]"))
    card = await confirmed(stage)
    first = await stage.thread(card, "needs one approval")
    assert "The next reminder comes <!date^" in words(first)
    await stage.thread(card, "There will be no other reminder.")
    await stage.thread(card, "nobody approved")
    lapsed = await stage.card_saying(card, "nobody approved it in time")
    assert lapsed.buttons == ()
    await stage.settled()
    thread = [words(m) for m in await stage.thread_of(card)]
    assert len([said for said in thread if "Still waiting" in said]) == 2
    assert (await stage.desk.click(BRAM, card, "approve")).acked
    await stage.private("Nobody approved this in time", user=BRAM)
    await nothing_sent(stage)
    assert (await stage.job()).state == "expired"
    assert (await stage.events()).count("expired") == 1


async def test_an_approver_outside_the_channel_decides_by_direct_message(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.desk.invite_bot(PRIVATE)
    await stage.start_bot(more=guarded(BRAM, CLEO, approvals=2))
    [cid] = await stage.cids(1)
    card = await stage.ask(f"/set-action T-Enable evian3 {cid} reason: wave 7", channel=PRIVATE)
    assert (await stage.confirm(card)).acked
    await stage.thread(card, "needs 2 approvals")
    await stage.desk.open_home(CLEO, "messages")
    copy = await stage.desk.until_message("D0CLEO", CLEO, lambda m: bool(m.buttons))
    assert "T-Enable for 1 customer on Evian 3 (evian3)" in words(copy)
    assert "Why: wave 7" in words(copy)
    assert "<#G0SECRET>" in words(copy)
    assert await stage.desk.direct_messages(BRAM) == []  # who is in the channel sees the card
    assert (await stage.desk.click(CLEO, copy, "approve")).acked
    await stage.desk.until_message("D0CLEO", CLEO, lambda m: m.ts == copy.ts and "1 of 2 given" in words(m))
    card = await with_button(stage, await stage.card_saying(card, "1 of 2 given"), "approve")
    assert (await stage.desk.click(BRAM, card, "approve")).acked
    gone = await stage.desk.until_message("D0CLEO", CLEO, lambda m: m.ts == copy.ts and not m.buttons)
    assert "It has begun" in words(gone)
    await stage.thread(card, "1 customer accepted")


async def test_where_slack_does_not_say_who_somebody_is_nothing_is_counted(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(more=guarded(BRAM))
    card = await confirmed(stage)
    await stage.desk.fail("users.info", error="internal_error")
    assert (await stage.desk.click(BRAM, card, "approve")).acked
    await stage.private("Slack did not say", user=BRAM)
    await nothing_sent(stage)
    assert (await stage.desk.click(BRAM, card, "approve")).acked
    await stage.thread(card, "1 customer accepted")


@pytest.mark.parametrize("right", ["approve", "request"])
async def test_a_right_taken_away_before_the_start_counts(idle_stage: Stage, right: str) -> None:
    """The bot is down between the approval and the start, and comes back with other rules."""
    stage = idle_stage
    await stage.start_bot(more=guarded(BRAM, CLEO))
    card = await confirmed(stage, more=f" at:{soon()}")
    assert (await stage.desk.click(BRAM, card, "approve")).acked
    await stage.card_saying(card, "Nothing is sent before")
    await stage.settled()
    await stage.stop_bot()
    due_now(stage)
    if right == "approve":
        await stage.start_bot(more=guarded(CLEO))
        await stage.thread(card, "does not count any more")
        await nothing_sent(stage)
        assert (await stage.job()).state == "awaiting"
        again = await with_button(stage, card, "approve")
        assert (await stage.desk.click(CLEO, again, "approve")).acked
    else:
        await stage.start_bot(more=guarded(BRAM, admins=(CLEO,)), who='["U0BRAM"]')
        held = await stage.thread(card, "may not run T-Enable on evian3 any more")
        assert "waits until an administrator" in words(held)
        await nothing_sent(stage)
        card = await with_button(stage, card, "override")
        assert (await stage.desk.click(CLEO, card, "override")).acked
        form = await form_of(stage, CLEO)
        assert (await stage.desk.submit(form, {"reason": "agreed by phone"})).form is None
        await stage.thread(card, "in spite of the missing right of who asked")
    await stage.thread(card, "1 customer accepted")


async def test_a_group_is_mentioned_as_a_group(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(more=guarded(BRAM, ONCALL))
    card = await confirmed(stage)
    called = await stage.thread(card, "needs one approval")
    assert f"<@U0BRAM> <!subteam^{ONCALL}>" in words(called)


async def test_everybody_may_approve_and_nobody_is_mentioned(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(more=guarded("*"))
    card = await confirmed(stage)
    assert "Whoever may approve" in words(await stage.thread(card, "needs one approval"))
    assert (await stage.desk.click(ASTER, card, "approve")).acked
    await stage.private("You asked for this yourself")
    assert (await stage.desk.click(CLEO, card, "approve")).acked
    await stage.thread(card, "1 customer accepted")


async def test_what_nobody_else_could_approve_cannot_be_asked_for(idle_stage: Stage) -> None:
    await idle_stage.start_bot(more=guarded(ASTER))
    reaction = await idle_stage.desk.command(ASTER, OPS, "/set-action T-Enable evian3 e106b3d0fb01")
    assert reaction.message is not None
    assert "needs the approval of somebody else, and the rules let too few" in words(reaction.message)
    assert await idle_stage.events() == ["refused_request"]


async def test_a_job_that_waits_is_cancelled_by_who_asked_by_approvers_and_by_nobody_else(
    idle_stage: Stage,
) -> None:
    stage = idle_stage
    await stage.start_bot(more=guarded(BRAM))
    for who, allowed in ((CLEO, False), (BRAM, True), (ASTER, True)):
        card = await confirmed(stage)
        assert (await stage.desk.click(who, card, "withdraw")).acked
        if allowed:
            await stage.card_saying(card, f"Cancelled by <@{who}>")
            await stage.thread(card, "before it starts. Nothing was sent.")
        else:
            await stage.private("Only who asked, approvers and administrators", user=who)
    await nothing_sent(stage)
    assert [row.state for row in await stage.rows("SELECT state FROM jobs ORDER BY id")] == [
        "awaiting", "cancelled", "cancelled",
    ]  # fmt: skip
