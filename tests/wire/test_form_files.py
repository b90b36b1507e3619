"""Files handed in by the form, at the wire: fetched, read, refused in clear words; large ones, slow ones."""

import asyncio
import csv
import io
import threading
from collections.abc import Sequence
from typing import IO, Any

import pytest

from bot import slack_files, windows
from bot.intake.ids import BadLine
from bot.listeners import forms, patience
from bot.sandbox.desk import Attachment, Form
from bot.sandbox.workspace.people import ASTER, OPS
from bot.slack_files import SlackFiles
from bot.views import files
from bot.views.files import File
from tests.forms import card_after, chosen, listed, opened, said, sheet, told_directly
from tests.stage import Stage


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Downloads wait until it is set; patience has an end at once."""
    gate = asyncio.Event()
    download = SlackFiles._download

    async def slow(self: SlackFiles, url: str, content: IO[bytes]) -> None:
        await gate.wait()
        await download(self, url, content)

    monkeypatch.setattr(SlackFiles, "_download", slow)
    monkeypatch.setattr(forms, "PATIENCE_S", 0.2)
    monkeypatch.setattr(patience, "NOT_BEFORE_S", 0.05)
    return gate


async def refused(stage: Stage, *files: Attachment) -> str:
    """What stands at the file field; nothing was made, and the refusal is on the record."""
    submission = await stage.desk.submit(await opened(stage), chosen(files=list(files)))
    assert submission.form
    assert set(submission.form.errors) == {"files"}
    assert await stage.events() == ["refused_request"]
    assert not await stage.rows("SELECT id FROM jobs")
    return submission.form.errors["files"]


@pytest.mark.parametrize(
    ("file", "answer"),
    [
        (Attachment("ids.csv", b""), "ids.csv: The file is empty"),
        (Attachment("ids.csv", b"PK\x03\x04 xl/workbook"), "an Excel workbook"),
        (Attachment("ids.csv", b"\x89PNG\r\n\x1a\n"), "a picture"),
        (Attachment("ids.csv", b"<!doctype html>"), "a web page"),
        (sheet("=cmd|' /C calc'!A0"), "begins as a spreadsheet formula does"),
        (sheet("customer_id", name="heading.txt"), "a heading and no rows under it"),
        (sheet("x1234", access="access_denied"), "does not let this bot read the file"),
        (sheet("x1234", access="file_not_found"), "does not let this bot read the file"),
    ],
    ids=["empty", "excel", "picture", "page", "formula", "heading", "denied", "unknown"],
)
async def test_what_cannot_be_read_is_refused_in_clear_words(
    stage: Stage, file: Attachment, answer: str
) -> None:
    assert answer in await refused(stage, file)


async def test_each_bad_file_is_named(stage: Stage) -> None:
    said = await refused(stage, Attachment("one.csv", b""), Attachment("two.csv", b"GIF89a"))
    assert "one.csv: The file is empty" in said
    assert "two.csv: The file is a picture" in said


async def test_three_bad_lines_in_words_and_all_of_them_as_a_csv(stage: Stage) -> None:
    [cid] = await stage.cids(1)
    said = await refused(stage, sheet("cid", cid, *(f"no/id {n}" for n in range(7)), "=1+1"))
    assert "line 3, “no/id 0”" in said
    assert "line 5, “no/id 2”" in said
    assert "line 6" not in said
    assert "and 5 more. I send you all 8 as a CSV in a direct message" in said
    message = await stage.desk.until_message("D0ASTER", ASTER, lambda m: bool(m.files))
    content = (await stage.desk.file_content(message.files[0])).decode()
    rows = list(csv.reader(io.StringIO(content)))
    assert rows[0] == ["line", "text", "why"]
    assert [row[0] for row in rows[1:]] == [str(n) for n in range(3, 11)]
    assert rows[-1][1] == "'=1+1"  # inert


async def test_the_csv_of_bad_lines_is_made_while_the_loop_goes_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten files of 50,000 such lines take seconds."""
    made_on: list[threading.Thread] = []
    make = files.bad_lines

    def noted(name: str | None, lines: Sequence[BadLine]) -> File:
        made_on.append(threading.current_thread())
        return make(name, lines)

    monkeypatch.setattr(files, "bad_lines", noted)
    await refused(stage, sheet("cid", *(f"no/id {n}" for n in range(7))))
    await stage.desk.until_message("D0ASTER", ASTER, lambda m: bool(m.files))
    assert made_on
    assert threading.main_thread() not in made_on


@pytest.mark.parametrize(
    ("place", "answer"),
    [("signin", "does not let this bot read the file"), ("nowhere", "The file is not there any more")],
)
async def test_an_answer_that_is_no_file(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, place: str, answer: str
) -> None:
    download = SlackFiles._download

    async def elsewhere(self: SlackFiles, _: str, content: IO[bytes]) -> None:
        await download(self, f"{stage.access.address}/{place}", content)

    monkeypatch.setattr(SlackFiles, "_download", elsewhere)
    assert answer in await refused(stage, sheet("x1234"))


async def test_a_download_that_breaks_off(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slack_files, "WITHIN_S", 0.0001)
    assert "did not hand out the file just now" in await refused(stage, sheet("x1234"))


async def test_a_file_kept_elsewhere_gets_no_token(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    form = await opened(stage)
    asked: list[str] = []

    def own(_: object, address: str) -> bool:
        asked.append(address)
        return False

    monkeypatch.setattr("bot.slack_addresses.SlackAddresses.own", own)
    submission = await stage.desk.submit(form, chosen(files=[sheet("x1234")]))
    assert submission.form
    assert "kept outside Slack" in submission.form.errors["files"]
    assert len(asked) == 1


async def waiting(stage: Stage, **fields: Any) -> Form:
    """The form while its files are being fetched."""
    submission = await stage.desk.submit(await opened(stage), chosen(**fields))
    assert submission.form
    assert submission.reaction
    assert submission.reaction.acked
    assert "Nothing is taken yet" in said(submission.form)
    assert submission.form.submit is None
    assert not await stage.rows("SELECT id FROM jobs")
    return submission.form


async def test_a_slow_download_is_announced_and_then_says_where_the_card_is(
    stage: Stage, gate: asyncio.Event
) -> None:
    ids = await stage.cids(2)
    form = await waiting(stage, files=[sheet(*ids)])
    gate.set()
    await stage.desk.until_form(
        ASTER, lambda f: f.id == form.id and f"The card will be in <#{OPS}>" in said(f)
    )
    await stage.desk.until_message(OPS, ASTER, lambda m: bool(m.buttons))
    assert await listed(stage) == ids


async def test_a_slow_download_that_fails_brings_the_form_back_with_everything_in_it(
    stage: Stage, gate: asyncio.Event
) -> None:
    [cid, other] = await stage.cids(2)
    good = sheet(other, name="good.csv")
    form = await waiting(stage, cids=cid, reason="why", files=[sheet(cid, "no/id"), good])
    gate.set()
    form = await stage.desk.until_form(ASTER, lambda f: f.submit is not None)
    assert "line 2, “no/id”" in said(form)
    assert (form.value("cids"), form.value("reason"), form.value("channel")) == (cid, "why", OPS)
    assert [box["text"]["text"] for box in form.value("kept")] == ["ids.csv", "good.csv"]
    keep = [box["value"] for box in form.value("kept")][1:]
    await card_after(stage, await stage.desk.submit(form, {"kept": keep}))
    assert await listed(stage) == [cid, other]
    assert (await stage.events())[:2] == ["refused_request", "requested"]


async def test_a_slow_submission_whose_window_was_closed_is_answered_directly(
    stage: Stage, gate: asyncio.Event
) -> None:
    form = await waiting(stage, files=[sheet("no/id")])
    await stage.desk.close(form)
    gate.set()
    await told_directly(stage, "line 1, “no/id”")


@pytest.mark.parametrize("fault", [{"status": 503}, {"retry_after": 0}, {"lose_answer": True}])
async def test_the_end_of_a_wait_is_shown_although_slack_fails_at_first(
    stage: Stage, gate: asyncio.Event, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any]
) -> None:
    monkeypatch.setattr(windows, "PAUSE_S", 0.01)
    [cid] = await stage.cids(1)
    form = await waiting(stage, files=[sheet(cid)])
    await stage.desk.fail("views.update", 2, **fault)
    gate.set()
    await stage.desk.until_form(ASTER, lambda f: f.id == form.id and "The card will be in" in said(f))


async def test_a_fault_after_a_wait_is_told_with_a_reference_and_the_form_comes_back(
    stage: Stage, gate: asyncio.Event
) -> None:
    [cid] = await stage.cids(1)
    await waiting(stage, cids=cid, files=[sheet(cid)])
    stage.tamper("ALTER TABLE job_customers RENAME TO gone")
    gate.set()
    form = await stage.desk.until_form(ASTER, lambda f: f.submit is not None)
    assert "did not go through" in said(form)
    assert form.value("cids") == cid
    stage.tamper("ALTER TABLE gone RENAME TO job_customers")


async def test_a_stop_lets_a_slow_submission_end(idle_stage: Stage, gate: asyncio.Event) -> None:
    await idle_stage.start_bot()
    [cid] = await idle_stage.cids(1)
    await waiting(idle_stage, files=[sheet(cid)])
    stopping = asyncio.create_task(idle_stage.stop_bot())
    await idle_stage.desk.until(lambda entry: entry.kind == "socket_closed", 10)
    gate.set()
    await stopping
    assert await listed(idle_stage) == [cid]


async def test_a_slow_store_is_announced_too(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "PATIENCE_S", 0.2)
    [cid] = await stage.cids(1)
    form = await opened(stage)
    with stage.locked_database():
        submission = await stage.desk.submit(form, chosen(cids=cid))
        assert "Nothing is taken yet" in said(submission.form)
    await stage.desk.until_form(ASTER, lambda f: "The card will be in" in said(f))


def many(count: int) -> Attachment:
    """A list of so many made-up customers."""
    return sheet("customer_id", *(f"{n:032x}" for n in range(count)), name="all.csv")


@pytest.mark.parametrize("count", [27_682, 50_000])
async def test_a_production_list_by_csv_is_a_card(idle_stage: Stage, count: int) -> None:
    await idle_stage.start_bot()
    form = await opened(idle_stage)
    file = many(count)
    submission = await idle_stage.desk.submit(form, chosen(files=[file]))
    assert submission.form is None or "Still reading" in said(submission.form)  # where the machine is busy
    card = await idle_stage.desk.until_message(OPS, ASTER, lambda m: bool(m.buttons) and not m.ephemeral)
    assert f"{count:,} from all.csv (column customer_id)" in str(card.blocks)
    assert len(await listed(idle_stage)) == count


async def test_one_more_than_a_job_takes_is_refused(stage: Stage) -> None:
    submission = await stage.desk.submit(await opened(stage), chosen(files=[many(50_001)]))
    assert submission.form
    [(field, why)] = submission.form.errors.items()
    assert field == "files"
    assert "50,001 customers are more than evian3 takes in one job (50,000)" in why
    assert await stage.events() == ["refused_request"]


async def test_more_than_ten_megabytes_are_not_taken_whatever_slack_says_of_the_size(stage: Stage) -> None:
    file = Attachment("ids.csv", b"x1234567\n" * 1_200_000, "text/csv", size=100)
    assert "larger than 10 MB" in await refused(stage, file)
