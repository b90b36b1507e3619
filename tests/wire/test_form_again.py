"""The form with something in it already: from a message, from a card being changed, from a job run again."""

import json
from typing import Any

import pytest

from bot.listeners import showing
from bot.sandbox.desk import Attachment, Message
from bot.sandbox.workspace.people import ASTER, BRAM, OPS, RANDOM
from tests.forms import card_after, chosen, form_of, listed, option, said, sheet
from tests.stage import Stage, words


async def shortcut(stage: Stage, message: Message, *, user: str = ASTER) -> None:
    """ "Set action on these"."""
    assert (await stage.desk.message_shortcut(user, message, "set_action_on_these")).acked


async def test_a_messages_ids_and_its_files(stage: Stage) -> None:
    ids = await stage.cids(5)
    text = f"please do `{ids[0]}`, {ids[1]} and these:"
    files = sheet("cid", *ids[2:])
    message = await stage.desk.upload(BRAM, OPS, files, text)
    await shortcut(stage, message)
    form = await form_of(stage)
    assert form.value("cids").split() == ids[:2]
    assert form.value("channel") == OPS
    assert [box["text"]["text"] for box in form.value("kept")] == ["ids.csv"]
    card = await card_after(stage, await stage.desk.submit(form, chosen()))
    assert "5 (2 from the form, 3 from ids.csv (column cid))" in words(card)
    assert await listed(stage) == ids


async def test_a_messages_file_can_be_unticked(stage: Stage) -> None:
    ids = await stage.cids(2)
    await shortcut(stage, await stage.desk.upload(BRAM, OPS, sheet(ids[1]), f"{ids[0]} and"))
    form = await form_of(stage)
    await card_after(stage, await stage.desk.submit(form, chosen(kept=[])))
    assert await listed(stage) == ids[:1]


async def test_a_file_that_payloads_do_not_name_is_asked_for(stage: Stage) -> None:
    [cid] = await stage.cids(1)
    await shortcut(stage, await stage.desk.upload(BRAM, OPS, sheet(cid, access="check_file_info")))
    form = await form_of(stage)
    await card_after(stage, await stage.desk.submit(form, chosen()))
    assert await listed(stage) == [cid]


async def test_more_ids_than_a_field_holds_go_on_in_the_next(stage: Stage) -> None:
    ids = await stage.cids(150)
    await shortcut(stage, await stage.desk.say(BRAM, OPS, " ".join(ids)))
    form = await form_of(stage)
    assert len(form.value("cids").split()) == 90
    card = await card_after(stage, await stage.desk.submit(form, chosen()))
    assert "150 (150 from the form)" in words(card)
    assert await listed(stage) == ids


async def test_what_is_left_out_of_a_message_is_said(stage: Stage) -> None:
    ids = await stage.cids(2)
    text = (
        f"T-Enable on evian3, OPS-12: cid:{ids[0]}, {ids[1]}'s and ab12, b02, c126d3b0\u0435b2 on 10.0.0.12"
    )
    await shortcut(stage, await stage.desk.say(BRAM, OPS, text))
    form = await form_of(stage)
    assert form.value("cids").split() == ids
    assert "not sure that they are customer ids: “OPS-12”, “ab12”, “b02” and 2 more. I send you" in said(form)
    message = await stage.desk.until_message("D0ASTER", ASTER, lambda m: bool(m.files))
    assert message.files[0].title == "5 lines without a customer id in the message"
    content = (await stage.desk.file_content(message.files[0])).decode()
    assert "10.0.0.12" in content
    assert "evian3" not in content


async def test_a_file_that_cannot_even_be_named_leaves_the_ids(stage: Stage) -> None:
    [cid] = await stage.cids(1)
    message = await stage.desk.upload(BRAM, OPS, sheet("x1234567", access="check_file_info"), cid)
    await stage.desk.fail("files.info", error="file_deleted")
    await shortcut(stage, message)
    form = await form_of(stage)
    assert form.value("cids") == cid
    assert "A file of the message is left out. The file is not there any more" in said(form)


async def test_a_file_sent_as_csv_is_a_list_whatever_its_name(stage: Stage) -> None:
    ids = await stage.cids(1)
    message = await stage.desk.upload(BRAM, OPS, sheet(*ids, name="Untitled"), "see")
    await shortcut(stage, message)
    form = await form_of(stage)
    assert [box["text"]["text"] for box in form.value("kept")] == ["Untitled"]


async def test_a_message_without_ids_is_answered_privately(stage: Stage) -> None:
    picture = Attachment("picture.png", b"\x89PNG", "image/png")
    await shortcut(stage, await stage.desk.upload(BRAM, OPS, picture, "good morning"))
    await stage.private(
        "I found no customer id in this message, and no file that ends in .csv, .txt or .tsv."
    )
    assert await stage.desk.form(ASTER) is None


async def test_a_file_in_a_channel_the_bot_is_not_in_cannot_be_read_and_that_is_said(stage: Stage) -> None:
    await shortcut(stage, await stage.desk.upload(BRAM, RANDOM, sheet("x1234567")))
    form = await form_of(stage)
    submission = await stage.desk.submit(form, chosen(channel=OPS))
    assert submission.form
    assert "share it in a channel where the bot is a member" in submission.form.errors["kept"]


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        ({"error": "file_deleted"}, "The file is not there any more"),
        ({"error": "internal_error"}, "did not hand out the file just now"),
        ({"status": 503}, "did not hand out the file just now"),
        ({"lose_answer": True, "times": 2}, "did not hand out the file just now"),
    ],
)
async def test_slack_does_not_tell_where_a_file_is(stage: Stage, error: dict[str, Any], answer: str) -> None:
    await shortcut(stage, await stage.desk.upload(BRAM, OPS, sheet("x1234567")))
    form = await form_of(stage)
    await stage.desk.fail("files.info", **error)
    submission = await stage.desk.submit(form, chosen())
    assert submission.form
    assert answer in submission.form.errors["kept"]
    await stage.desk.close(submission.form)
    await stage.desk.forget_faults()
    # The same where the payload does not even tell the name: then there is no form to open.
    await stage.desk.fail("files.info", **error)
    await shortcut(stage, await stage.desk.upload(BRAM, OPS, sheet("x1234567", access="check_file_info")))
    await stage.private(answer)
    assert await stage.desk.form(ASTER) is None


async def test_edit_brings_everything_back_and_the_new_card_replaces_the_old(stage: Stage) -> None:
    ids = await stage.cids(3)
    old = await stage.ask(f"/set-action T-Enable evian3 {' '.join(ids)} reason: R&D <b>")
    assert (await stage.desk.click(ASTER, old, "edit")).acked
    form = await form_of(stage)
    assert (option(form, "action"), option(form, "cluster")) == ("T-Enable", "evian3")
    assert form.value("cids").split() == ids
    assert (form.value("reason"), form.value("channel")) == ("R&D <b>", OPS)
    submission = await stage.desk.submit(form, {"action": "PE-Enable", "cids": ids[0]})
    assert submission.form is None
    await stage.card_saying(old, "Replaced by a new card when <@U0ASTER> edited it, <!date^")
    await stage.settled()
    rows = await stage.rows(
        "SELECT event, job, detail FROM audit_log WHERE event <> 'previewed' ORDER BY seq"
    )
    assert [row.event for row in rows] == ["requested", "requested", "cancelled"]
    assert json.loads(rows[2].detail) == {"replaced_by": rows[1].job}
    states = await stage.rows("SELECT state, action_name, total FROM jobs ORDER BY id")
    assert [tuple(row) for row in states] == [("cancelled", "T-Enable", 3), ("proposed", "PE-Enable", 1)]


async def test_a_card_too_large_for_the_field_is_remembered_as_itself(stage: Stage) -> None:
    ids = await stage.cids(126)
    old = await stage.ask(f"/set-action T-Enable evian3 {' '.join(ids)}")
    await stage.desk.click(ASTER, old, "edit")
    form = await form_of(stage)
    assert not form.value("cids")
    assert "The 126 customers of the card" in said(form)
    [more] = await stage.cids(1, start=126)
    submission = await stage.desk.submit(form, {"cids": f"{more} {ids[0]}"})
    assert submission.form is None
    await stage.card_saying(old, "Replaced by a new card")
    new = await stage.desk.until_message(OPS, ASTER, lambda m: "127 (" in words(m))
    assert "127 (2 from the form, 125 from card" in words(new)
    assert "1 duplicate dropped" in words(new)
    assert len(await listed(stage)) == 127


async def test_a_card_that_was_confirmed_meanwhile_is_not_replaced(stage: Stage) -> None:
    [cid] = await stage.cids(1)
    old = await stage.ask(f"/set-action T-Enable evian3 {cid}")
    await stage.desk.click(ASTER, old, "edit")
    form = await form_of(stage)
    await stage.confirm(old)
    submission = await stage.desk.submit(form)
    assert submission.form
    assert "was confirmed meanwhile: it is job" in submission.form.errors["action"]
    assert len(await stage.rows("SELECT id FROM jobs")) == 1
    assert "refused_request" in await stage.events()


async def test_an_edit_that_was_abandoned_leaves_the_card(stage: Stage) -> None:
    [cid] = await stage.cids(1)
    card = await stage.ask(f"/set-action T-Enable evian3 {cid}")
    await stage.desk.click(ASTER, card, "edit")
    await stage.desk.close(await form_of(stage))
    await stage.confirm(card)
    await stage.thread(card, "1 customer accepted")


async def test_only_who_asked_may_edit(stage: Stage) -> None:
    [cid] = await stage.cids(1)
    card = await stage.ask(f"/set-action T-Enable evian3 {cid}")
    assert (await stage.desk.click(BRAM, card, "edit")).acked
    await stage.private("Only the person who asked", user=BRAM)
    assert await stage.desk.form(BRAM) is None
    assert "refused_click" in await stage.events()


async def done(stage: Stage, count: int = 2) -> Message:
    """The card of a job that has ended."""
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(await stage.cids(count))} reason: why")
    await stage.confirm(card)
    await stage.thread(card, "accepted")
    await stage.settled()
    return await stage.desk.until_message(
        OPS, ASTER, lambda m: m.ts == card.ts and any(b.action_id == "run_again" for b in m.buttons)
    )


async def test_run_again_makes_a_new_card_and_leaves_the_job(stage: Stage) -> None:
    card = await done(stage)
    assert (await stage.desk.click(ASTER, card, "run_again")).acked
    form = await form_of(stage)
    assert form.value("cids").split() == await stage.cids(2)
    assert form.value("reason") == "why"
    submission = await stage.desk.submit(form, {"action": "PE-Finalize"})
    assert submission.form is None
    await stage.settled()
    states = await stage.rows("SELECT state, action_name FROM jobs ORDER BY id")
    assert [tuple(row) for row in states] == [("done", "T-Enable"), ("proposed", "PE-Finalize")]


async def test_only_who_ran_it_may_run_it_again(stage: Stage) -> None:
    card = await done(stage)
    assert (await stage.desk.click(BRAM, card, "run_again")).acked
    await stage.private("Only the person who ran this", user=BRAM)
    assert (await stage.events())[-1] == "refused_click"


@pytest.mark.parametrize("jobs", [0, 1])
async def test_the_home_tab_has_a_way_in_and_the_newest_jobs(stage: Stage, jobs: int) -> None:
    if jobs:
        await done(stage)
    assert (await stage.desk.open_home(ASTER)).acked
    home = await stage.desk.until_home(ASTER)
    assert ("You have no jobs yet" in said(home)) == (not jobs)
    assert ("T-Enable" in said(home)) == bool(jobs)
    assert (await stage.desk.click(ASTER, home, "open_form")).acked
    form = await form_of(stage)
    [cid] = await stage.cids(1)
    submission = await stage.desk.submit(form, chosen(cids=cid, channel=OPS))
    assert submission.form is None
    await stage.settled()
    assert await listed(stage) == [cid]


async def test_the_messages_tab_changes_nothing_at_home(stage: Stage) -> None:
    assert (await stage.desk.open_home(ASTER, "messages")).acked
    assert await stage.desk.home(ASTER) is None


async def test_a_slow_store_shows_that_it_is_loading_and_then_the_card(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(showing, "AT_ONCE_S", 0.05)
    [cid] = await stage.cids(1)
    card = await stage.ask(f"/set-action T-Enable evian3 {cid}")
    with stage.locked_database():
        assert (await stage.desk.click(ASTER, card, "edit")).acked
        assert "Loading" in said(await stage.desk.form(ASTER))
    form = await stage.desk.until_form(ASTER, lambda form: form.submit is not None)
    assert form.value("cids") == cid


async def test_a_job_that_has_not_ended_is_not_run_again(stage: Stage) -> None:
    card = await done(stage)
    stage.tamper("UPDATE jobs SET state = 'running'")
    assert (await stage.desk.click(ASTER, card, "run_again")).acked
    await stage.private("This job has not ended yet")
    stage.tamper("UPDATE jobs SET state = 'done'")
