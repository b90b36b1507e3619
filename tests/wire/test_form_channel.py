"""The channel of a card: one without the bot is said at its field, and no card is lost on the way there."""

import pytest

from bot.listeners import forms
from bot.sandbox.desk import Message
from bot.sandbox.workspace.people import ASTER, BRAM, OPS, PRIVATE, RANDOM
from tests.forms import card_after, chosen, form_of, listed, opened, option, said, told_directly
from tests.stage import Stage, can_be_confirmed, words
from tests.wire.test_form_again import shortcut

NOT_THERE = "Set Action is not in that channel"
ON_ITS_WAY = "if it cannot be shown there, I write to you"


async def states(stage: Stage) -> list[str]:
    await stage.settled()
    return [row.state for row in await stage.rows("SELECT state FROM jobs ORDER BY id")]


async def unsaid(stage: Stage) -> None:
    """Slack does not tell where the bot is, until `forget_faults`."""
    await stage.desk.fail("conversations.info", 99, error="internal_error")


async def edited(stage: Stage, card: Message, **values: str) -> None:
    """The card changed so, and taken."""
    assert (await stage.desk.click(ASTER, card, "edit")).acked
    assert (await stage.desk.submit(await form_of(stage), values)).form is None


@pytest.mark.parametrize("channel", [RANDOM, PRIVATE])
async def test_a_channel_without_the_bot_is_said_at_its_field(stage: Stage, channel: str) -> None:
    [cid] = await stage.cids(1)
    submission = await stage.desk.submit(
        await opened(stage), chosen(cids=f"{cid} no/id", channel=channel, reason="why")
    )
    assert submission.form
    assert set(submission.form.errors) == {"channel", "cids"}
    assert NOT_THERE in submission.form.errors["channel"]
    assert submission.form.value("reason") == "why"
    assert await states(stage) == []
    await stage.desk.invite_bot(channel)
    await stage.desk.submit(submission.form, {"cids": cid})
    assert await states(stage) == ["proposed"]


async def test_an_archived_channel_is_said_at_its_field(stage: Stage) -> None:
    form = await opened(stage)
    await stage.desk.archive(OPS)
    submission = await stage.desk.submit(form, chosen(cids=(await stage.cids(1))[0]))
    assert submission.form
    assert "That channel is archived" in submission.form.errors["channel"]


async def test_a_changed_card_stays_while_the_channel_is_chosen(stage: Stage) -> None:
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(await stage.cids(126))}")
    await stage.desk.click(ASTER, card, "edit")
    submission = await stage.desk.submit(await form_of(stage), {"channel": RANDOM})
    assert submission.form
    assert NOT_THERE in submission.form.errors["channel"]
    assert await states(stage) == ["proposed"]
    await stage.confirm(card)
    await stage.thread(card, "all 126 customers accepted")


async def test_a_shortcut_does_not_choose_a_channel_without_the_bot(stage: Stage) -> None:
    [cid] = await stage.cids(1)
    await shortcut(stage, await stage.desk.say(BRAM, RANDOM, cid))
    form = await form_of(stage)
    assert form.value("channel") is None
    assert NOT_THERE in said(form)
    await card_after(stage, await stage.desk.submit(form, chosen(channel=OPS)))
    await shortcut(stage, await stage.desk.say(BRAM, OPS, cid))
    assert (await form_of(stage)).value("channel") == OPS


async def test_nor_does_a_card_that_is_changed_after_the_bot_was_removed(stage: Stage) -> None:
    card = await stage.ask(f"/set-action T-Enable evian3 {(await stage.cids(1))[0]}")
    await stage.desk.click(ASTER, card, "edit")
    await stage.desk.close(await form_of(stage))
    await stage.desk.kick_bot(OPS)
    await stage.desk.click(ASTER, card, "edit")
    assert (await form_of(stage)).value("channel") is None


async def test_where_slack_does_not_say_the_old_card_outlives_one_that_cannot_be_posted(stage: Stage) -> None:
    cids = await stage.cids(3)
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(cids)} reason: why")
    await unsaid(stage)
    await edited(stage, card, channel=RANDOM, cids=cids[0])
    told = await told_directly(stage, "I am not in <#C0RANDOM>")
    assert "The card that you changed is still there, as it was." in words(told)
    assert await states(stage) == ["proposed", "cancelled"]
    await stage.desk.forget_faults()
    # What was typed is not lost either.
    assert (await stage.desk.click(ASTER, told, "run_again")).acked
    form = await form_of(stage)
    assert (option(form, "action"), form.value("cids"), form.value("reason")) == ("T-Enable", cids[0], "why")
    assert NOT_THERE in said(form)
    await stage.desk.submit(form, {"channel": OPS})
    assert await listed(stage) == cids[:1]
    await stage.confirm(card)
    await stage.thread(card, "all 3 customers accepted")


async def test_while_the_new_card_is_on_its_way_the_old_one_is_not_confirmed(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(open_per_user=1)
    [cid, other] = await stage.cids(2)
    card = await stage.ask(f"/set-action T-Enable evian3 {cid}")
    await stage.desk.fail("chat.postMessage", 2, error="internal_error")
    await edited(stage, card, cids=other)
    assert (await stage.confirm(card)).acked
    await stage.private("You have changed this card: a new one takes its place in a moment.")
    new = await stage.desk.until_message(
        OPS, ASTER, lambda m: m.ts != card.ts and can_be_confirmed(m), timeout_s=20
    )
    await stage.card_saying(card, "Replaced by a new card when <@U0ASTER> edited it")
    await stage.confirm(new)
    await stage.thread(new, "1 customer accepted")
    assert await states(stage) == ["cancelled", "done"]
    assert [post.cids for post in (await stage.evian3.record()).posts] == [(other,)]


async def test_a_new_card_that_is_pressed_before_it_is_known_to_be_posted_ends_the_old_one(
    stage: Stage,
) -> None:
    [cid, other] = await stage.cids(2)
    card = await stage.ask(f"/set-action T-Enable evian3 {cid}")
    await edited(stage, card, cids=other)
    new = await stage.desk.until_message(OPS, ASTER, lambda m: m.ts != card.ts and can_be_confirmed(m))
    await stage.card_saying(card, "Replaced by a new card")
    await stage.settled()
    # As a crash leaves it between the post and its record.
    stage.tamper("UPDATE jobs SET state = 'proposed', decided_by = NULL, decided_at = NULL WHERE id = 1")
    stage.tamper("UPDATE jobs SET card_ts = NULL WHERE id = 2")
    await stage.confirm(new)
    await stage.thread(new, "1 customer accepted")
    assert await states(stage) == ["cancelled", "done"]


async def test_a_slow_submission_says_where_the_card_will_be_or_what_is_wrong(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forms, "PATIENCE_S", 0.05)
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(await stage.cids(126))}")
    await stage.desk.click(ASTER, card, "edit")
    form = await form_of(stage)
    with stage.locked_database():
        await stage.desk.submit(form, {"channel": RANDOM, "reason": "typed"})
    form = await stage.desk.until_form(ASTER, lambda form: NOT_THERE in said(form))
    assert form.value("reason") == "typed"
    assert await states(stage) == ["proposed"]
    await unsaid(stage)
    with stage.locked_database():
        await stage.desk.submit(form)
    await stage.desk.until_form(ASTER, lambda form: ON_ITS_WAY in said(form))
    await told_directly(stage, "I am not in <#C0RANDOM>")
    assert await states(stage) == ["proposed", "cancelled"]


async def test_a_card_that_expired_can_be_asked_for_again(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(expire_after_s=1)
    cids = await stage.cids(126)
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(cids)} reason: why")
    expired = await stage.card_saying(card, "Expired")
    assert [(button.label, button.action_id) for button in expired.buttons] == [("Ask again", "run_again")]
    assert (await stage.desk.click(BRAM, expired, "run_again")).acked
    await stage.private("Only the person who ran this", user=BRAM)
    assert (await stage.desk.click(ASTER, expired, "run_again")).acked
    form = await form_of(stage)
    assert form.value("reason") == "why"
    assert "The 126 customers of the card" in said(form)
    assert (await stage.desk.submit(form)).form is None
    assert await listed(stage) == cids
