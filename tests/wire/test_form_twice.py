"""A form whose acknowledgement was lost stays open: what submitting it again comes to."""

import time

import pytest

from bot.sandbox.desk import Form, Message
from bot.sandbox.workspace import forms
from bot.sandbox.workspace.errors import invalid
from bot.sandbox.workspace.people import ASTER, OPS
from tests.forms import chosen, listed, opened
from tests.stage import Stage, can_be_confirmed
from tests.wire.test_batches import ADMIN, csv
from tests.wire.test_batches import opened as batch_form


def lost(*_: object) -> None:
    raise invalid("lost", ["on its way to Slack"])


async def submitted_unheard(stage: Stage, cids: list[str], run_at: int | None = None) -> Form:
    """The form, taken by the bot; its person was told to try again."""
    form = await opened(stage)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forms, "carry_out", lost)
        submission = await stage.desk.submit(form, chosen(cids="\n".join(cids), reason="why", run_at=run_at))
    assert submission.form
    assert submission.form.complaint
    await stage.settled()
    return submission.form


async def card_of(stage: Stage) -> Message:
    return await stage.desk.until_message(OPS, ASTER, can_be_confirmed)


async def states(stage: Stage) -> list[str]:
    return [row.state for row in await stage.rows("SELECT state FROM jobs ORDER BY id")]


async def test_the_same_once_more_is_the_same_card(stage: Stage) -> None:
    form = await submitted_unheard(stage, await stage.cids(2))
    assert (await stage.desk.submit(form)).form is None
    assert await states(stage) == ["proposed"]


async def test_what_was_changed_meanwhile_is_a_new_card_in_place_of_the_first(stage: Stage) -> None:
    ids = await stage.cids(3)
    form = await submitted_unheard(stage, ids[:2])
    submission = await stage.desk.submit(form, {"cids": ids[2]})
    assert submission.form is None
    await stage.settled()
    assert await states(stage) == ["cancelled", "proposed"]
    assert await listed(stage) == ids[2:]
    assert submission.reaction
    await stage.settled()
    await stage.stop_bot()
    await stage.start_bot()  # which has forgotten what was delivered
    await stage.desk.redeliver(submission.reaction)
    assert await states(stage) == ["cancelled", "proposed"]


@pytest.mark.parametrize("before", [None, 2 * 3_600])
async def test_another_time_is_a_new_card_too(stage: Stage, before: int | None) -> None:
    """The first would start when it is confirmed, or at its own time."""
    now = int(time.time())
    form = await submitted_unheard(stage, await stage.cids(1), run_at=before and now + before)
    assert (await stage.desk.submit(form, {"run_at": now + 4 * 3_600})).form is None
    await stage.settled()
    assert await states(stage) == ["cancelled", "proposed"]
    *_, last = await stage.rows("SELECT start_at FROM jobs ORDER BY id")
    assert last.start_at // 60_000 == (now + 4 * 3_600) // 60


async def test_a_card_confirmed_meanwhile_is_not_changed(stage: Stage) -> None:
    ids = await stage.cids(2)
    form = await submitted_unheard(stage, ids[:1])
    card = await card_of(stage)
    await stage.confirm(card)
    submission = await stage.desk.submit(form, {"cids": ids[1]})
    assert submission.form
    assert "was confirmed meanwhile: it is job" in submission.form.errors["action"]
    assert len(await states(stage)) == 1


async def test_the_same_after_its_card_was_put_away_is_not_answered_by_silence(stage: Stage) -> None:
    form = await submitted_unheard(stage, await stage.cids(1))
    await stage.desk.click(ASTER, await card_of(stage), "cancel")
    submission = await stage.desk.submit(form)
    assert submission.form
    assert "its card was put away since" in submission.form.errors["action"]
    assert await states(stage) == ["cancelled"]


async def test_the_form_of_batches_changed_meanwhile_does_not_pretend(idle_stage: Stage) -> None:
    await idle_stage.start_bot(more=ADMIN)
    ids = await idle_stage.cids(4)
    form = await batch_form(idle_stage)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forms, "carry_out", lost)
        heard = await idle_stage.desk.submit(form, {"name": "Wave 1", "size": 2, "file": [csv(ids)]})
    assert heard.form
    made = await idle_stage.rows("SELECT code FROM batches")
    assert len(made) == 2
    changed = await idle_stage.desk.submit(heard.form, {"name": "Wave 2"})
    assert changed.form
    assert "has made 2 batches of “Wave 1” already" in changed.form.errors["name"]
    as_before = await idle_stage.desk.submit(changed.form, {"name": "Wave 1"})
    assert as_before.form
    assert as_before.form.title == "Batches made"
    assert await idle_stage.rows("SELECT code FROM batches") == made
