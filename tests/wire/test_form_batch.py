"""A batch chosen in the form: offered to who is to run it, kept by Edit and Run again, checked in the end."""

import re
from typing import Any

import pytest

from bot.sandbox.desk import Message
from bot.sandbox.workspace.people import ASTER, BRAM, OPS
from tests.forms import card_after, chosen, form_of, listed, opened, option, said, sheet
from tests.stage import Stage, can_be_confirmed, words
from tests.wire.test_batches import ADMIN, made


@pytest.fixture
async def stage(idle_stage: Stage) -> Stage:
    """A bot for which Aster administers evian3."""
    await idle_stage.start_bot(more=ADMIN)
    return idle_stage


async def test_one_is_offered_ones_own_batches_and_nobody_elses(stage: Stage) -> None:
    [mine, brams, _] = await made(stage, await stage.cids(6), to=[ASTER, BRAM])
    await stage.desk.close(await form_of(stage))
    form = await opened(stage)
    assert f"{mine.code}: 2 on Evian 3, part 1 of 3, Wave 1" in said(form)
    assert brams.code not in said(form)


async def test_without_batches_there_is_no_such_field(stage: Stage) -> None:
    assert '"batch"' not in said(await opened(stage, user=BRAM))


async def test_it_becomes_a_card_with_other_ids_beside_it_and_a_job_of_the_batch(stage: Stage) -> None:
    cids = await stage.cids(5)
    [batch, *_] = await made(stage, cids[:4], to=[ASTER])
    await stage.desk.close(await form_of(stage))
    submission = await stage.desk.submit(
        await opened(stage), chosen(batch=batch.code, cids=f"{cids[4]} {cids[0]}")
    )
    card = await card_after(stage, submission)
    assert f"3 (2 from the form, 1 from batch `{batch.code}`, 1 duplicate dropped)" in words(card)
    assert f"Batch {batch.code}: Wave 1" in words(card)
    assert await listed(stage) == [cids[4], cids[0], cids[1]]
    await stage.confirm(card)
    await stage.thread(card, "all 3 customers accepted")
    [job] = await stage.rows("SELECT batch_id FROM batch_jobs")
    assert job.batch_id == batch.id


async def test_edit_and_run_again_keep_the_batch(stage: Stage) -> None:
    cids = await stage.cids(4)
    [batch, _] = await made(stage, cids, to=[ASTER])
    await stage.desk.close(await form_of(stage))
    old = await stage.ask(f"/set-action T-Enable batch:{batch.code}")
    await stage.desk.click(ASTER, old, "edit")
    form = await form_of(stage)
    assert (option(form, "batch"), form.value("cids")) == (batch.code, None)
    await stage.desk.submit(form, {"action": "PE-Enable"})
    card = await stage.desk.until_message(
        OPS, ASTER, lambda m: "PE-Enable for 2" in words(m) and can_be_confirmed(m)
    )
    assert f"2 (2 from batch `{batch.code}`)" in words(card)
    await stage.card_saying(old, "Replaced by a new card")
    await stage.confirm(card)
    await stage.thread(card, "both customers accepted")
    done = await stage.card_saying(card, "2 of 2 answered")
    await stage.desk.click(ASTER, done, "run_again")
    assert option(await form_of(stage), "batch") == batch.code


async def combined(stage: Stage, batch: Any, **values: Any) -> Message:
    """A card of a batch and something beside it."""
    await stage.desk.close(await form_of(stage))
    return await card_after(
        stage, await stage.desk.submit(await opened(stage), chosen(batch=batch.code, **values))
    )


async def newest(stage: Stage, wanted: str) -> Message:
    return await stage.desk.until_message(OPS, ASTER, lambda m: wanted in words(m) and can_be_confirmed(m))


async def test_edit_has_the_batch_and_beside_it_only_the_others(stage: Stage) -> None:
    cids = await stage.cids(4)
    [batch] = await made(stage, cids[:2], to=[ASTER])
    card = await combined(stage, batch, cids=f"{cids[2]} {cids[3]} {cids[0]}")
    await stage.desk.click(ASTER, card, "edit")
    form = await form_of(stage)
    assert (option(form, "batch"), form.value("cids").split()) == (batch.code, cids[2:])
    await stage.desk.submit(form, {"cids": cids[3]})
    card = await newest(stage, f"3 (1 from the form, 2 from batch `{batch.code}`)")
    assert await listed(stage) == [cids[3], *cids[:2]]
    await stage.confirm(card)
    await stage.thread(card, "all 3 customers accepted")
    await stage.desk.click(ASTER, await stage.card_saying(card, "3 of 3 answered"), "run_again")
    form = await form_of(stage)
    assert (option(form, "batch"), form.value("cids")) == (batch.code, cids[3])
    await stage.desk.submit(form, {"batch": None, "reason": "once more"})
    await newest(stage, "once more")
    assert await listed(stage) == [cids[3]]


async def test_others_too_many_for_the_field_are_remembered_without_the_batch(stage: Stage) -> None:
    cids = await stage.cids(200)
    [batch] = await made(stage, cids[:100], size=100, to=[ASTER])
    card = await combined(stage, batch, files=[sheet("cid", *cids[100:])])
    await stage.desk.click(ASTER, card, "edit")
    form = await form_of(stage)
    [box] = form.value("kept")
    assert box["text"]["text"] == "The 100 customers of the card, besides its batch"
    await stage.desk.submit(form, {"reason": "unchanged"})
    card = await newest(stage, "unchanged")
    assert re.search(rf"200 \(100 from card `\w+`, 100 from batch `{batch.code}`\)", words(card))
    await stage.desk.click(ASTER, card, "edit")
    await stage.desk.submit(await form_of(stage), {"batch": None, "reason": "cleared"})
    await newest(stage, "cleared")
    assert await listed(stage) == cids[100:]


async def test_what_is_left_of_a_batch_is_not_the_batch_again(stage: Stage) -> None:
    cids = await stage.cids(2)
    [batch] = await made(stage, [*cids, "nobody000001"], size=3, to=[ASTER])
    await stage.desk.close(await form_of(stage))
    card = await stage.ask(f"/set-action T-Enable batch:{batch.code}")
    await stage.confirm(card)
    await stage.card_saying(card, "3 of 3 answered")
    stage.tamper("DELETE FROM job_customers WHERE cid = 'nobody000001'")  # as in a job of the refused only
    await stage.desk.click(ASTER, await stage.card_saying(card, "3 of 3 answered"), "run_again")
    form = await form_of(stage)
    assert (option(form, "batch"), form.value("cids").split()) == (None, cids)


async def test_its_cluster_must_be_chosen_and_it_must_still_be_ones_own(stage: Stage) -> None:
    [batch, _] = await made(stage, await stage.cids(4), to=[BRAM])
    form = await opened(stage, user=BRAM)
    values = chosen(batch=batch.code, cluster="fiji1")
    wrong = (await stage.desk.submit(form, values)).form
    assert wrong
    assert wrong.errors == {"cluster": f"Batch {batch.code} is for evian3; choose that cluster."}
    stage.tamper("UPDATE batches SET assigned_to = 'U0CLEO'")
    taken = (await stage.desk.submit(wrong, chosen(batch=batch.code))).form
    assert taken
    assert f"Batch {batch.code} is assigned to somebody else" in taken.errors["batch"]
    assert await stage.rows("SELECT id FROM jobs") == []
    assert (await stage.events()).count("refused_request") == 2
    assert not [m for m in await stage.desk.messages(OPS, BRAM) if m.buttons]
