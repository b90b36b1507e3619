"""A batch chosen in the form: offered to who is to run it, kept by Edit and Run again, checked in the end."""

import pytest

from bot.sandbox.workspace.people import ASTER, BRAM, OPS
from tests.forms import card_after, chosen, form_of, listed, opened, option, said
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
    await stage.card_saying(old, "Cancelled")
    await stage.confirm(card)
    await stage.thread(card, "both customers accepted")
    done = await stage.card_saying(card, "2 of 2 answered")
    await stage.desk.click(ASTER, done, "run_again")
    assert option(await form_of(stage), "batch") == batch.code


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
