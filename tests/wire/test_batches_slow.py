"""The form that makes batches, where it takes longer than Slack waits, or several things are wrong."""

from typing import Any

import pytest

from bot.listeners import batch_forms
from bot.sandbox.desk import Attachment, Form
from bot.sandbox.workspace.people import ASTER, BRAM, CLEO, DANA
from tests.forms import told_directly
from tests.stage import Stage, words
from tests.wire.test_batches import ADMIN, csv, make, opened, said

BAD = Attachment("w.csv", b"cid\ne106b3d0fb01\n??\n")


@pytest.fixture
async def stage(idle_stage: Stage) -> Stage:
    """A bot for which Aster administers evian3."""
    await idle_stage.start_bot(more=ADMIN)
    return idle_stage


async def slowly(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, form: Form, *, close: bool, **values: Any
) -> None:
    """Submit the form while the store is slow, and perhaps close the window that asks for patience."""
    filled = {"name": "Wave 1", "size": 2, "file": [csv(await stage.cids(2))], **values}
    with monkeypatch.context() as patch, stage.locked_database():
        patch.setattr(batch_forms, "PATIENCE_S", 0.1)
        left = (await stage.desk.submit(form, filled)).form
        assert left
        assert left.title == "Make batches"
        assert "look at /set-action batches before you make them again" in said(left)
        if close:
            await stage.desk.close(left)


async def test_after_a_wait_the_batches_are_shown(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await slowly(stage, monkeypatch, await opened(stage), close=False)
    form = await stage.desk.until_form(ASTER, lambda form: form.title == "Batches made")
    assert "1 batch of “Wave 1”" in said(form)


async def test_whoever_closed_the_window_is_told_directly(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await slowly(stage, monkeypatch, await opened(stage), close=True)
    told = words(await told_directly(stage, "1 batch of “Wave 1”"))
    [row] = await stage.rows("SELECT code FROM batches")
    assert row.code in told


async def test_mistakes_after_a_wait_come_with_everything_typed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = await opened(stage)
    await slowly(stage, monkeypatch, form, close=False, name="\u200b", size=7, to=[BRAM])
    form = await stage.desk.until_form(ASTER, lambda form: "Please correct this" in said(form))
    assert form.title == "Make batches"
    assert "A name has 1 to 80 characters" in said(form)
    assert (form.value("size"), form.value("to")) == ("7", [BRAM])
    assert [box["text"]["text"] for box in form.value("kept")] == ["wave.csv"]
    await slowly(stage, monkeypatch, form, close=False, name="  ", file=None)
    form = await stage.desk.until_form(ASTER, lambda form: "Please correct this" in said(form))
    shown = await stage.desk.submit(form, {"name": "Wave 2"})
    assert "1 batch of “Wave 2”" in said(shown.form)
    [row] = await stage.rows("SELECT size, assigned_to FROM batches")
    assert tuple(row) == (2, BRAM)


async def test_a_remembered_file_that_is_unticked_is_asked_for(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await slowly(stage, monkeypatch, await opened(stage), close=False, name="  ")
    form = await stage.desk.until_form(ASTER, lambda form: "Please correct this" in said(form))
    left = (await stage.desk.submit(form, {"name": "Wave 1", "kept": []})).form
    assert left
    assert left.errors == {"file": "Attach the list of customers as a CSV."}


async def test_mistakes_are_told_directly_where_the_window_is_closed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await slowly(stage, monkeypatch, await opened(stage), close=True, name="  ", file=[BAD])
    told = words(await told_directly(stage, "A name has 1 to 80 characters"))
    assert "Nothing was made: 1 line holds no customer id" in told
    assert await stage.rows("SELECT id FROM batches") == []


async def test_all_mistakes_are_shown_at_once_and_on_the_record(stage: Stage) -> None:
    left = (await make(stage, [], name="  ", size=60_000, file=[BAD])).form
    assert left
    assert set(left.errors) == {"name", "size", "file"}
    assert await stage.events() == ["refused_request"]


async def test_a_name_is_shown_as_it_reads(stage: Stage) -> None:
    await make(stage, await stage.cids(2), name="Wave\u202e \u200b 1\u2066")
    [row] = await stage.rows("SELECT name FROM batches")
    assert row.name == "Wave 1"


async def test_with_fewer_batches_than_people_it_is_said_who_got_none(stage: Stage) -> None:
    told = said((await make(stage, await stage.cids(4), to=[BRAM, CLEO, DANA, ASTER])).form)
    assert "Assigned to <@U0BRAM>, <@U0CLEO>; they are told." in told
    assert "There are fewer batches than people: <@U0DANA>, <@U0ASTER> got none." in told
