"""Pictures over the wire: one in the thread of a larger job, one at home; none where they are off."""

import pytest

from bot.outbox import painter
from bot.outbox.painter import Painter
from bot.sandbox.desk import File, Message
from bot.sandbox.workspace.people import ASTER
from tests.forms import said
from tests.stage import Stage, words

PNG = b"\x89PNG\r\n\x1a\n"


async def run(stage: Stage, number: int) -> Message:
    """A job from card to outcome; the card."""
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(await stage.cids(number))}")
    await stage.confirm(card)
    await stage.thread(card, "It took")
    return card


async def picture(stage: Stage, card: Message) -> File:
    shown = await stage.desk.until_message(
        card.channel, ASTER, lambda m: any(f.name.endswith(".png") for f in m.files), thread=card.ts,
    )  # fmt: skip
    return shown.files[0]


async def test_a_larger_job_gets_a_picture_after_its_words_and_its_owner_one_at_home(
    idle_stage: Stage,
) -> None:
    stage = idle_stage
    await stage.start_bot(pictures_from=5, chunk_size=2)
    assert (await stage.desk.open_home(ASTER)).acked
    card = await run(stage, 5)
    file = await picture(stage, card)
    assert (await stage.desk.file_content(file)).startswith(PNG)
    assert file.alt is not None
    assert file.alt.startswith("3 requests for 5 customers: 5 accepted. The last answer came ")
    thread = await stage.thread_of(card)
    assert ["It took" in words(m) for m in thread].index(True) < [bool(m.files) for m in thread].index(True)
    home = await stage.desk.until_home(ASTER, lambda form: "slack_file" in said(form))
    [image] = [block for block in home.blocks if block["type"] == "image"]
    assert image["alt_text"].startswith("Your last 30 days: 1 job: 1 accepted in full. Most on ")
    assert (await stage.desk.file_content(image["slack_file"]["id"])).startswith(PNG)
    # Opened again within the hour: the same file.
    await run(stage, 1)
    home = await stage.desk.until_home(ASTER, lambda form: said(form).count("ccepted by the cluster") == 2)
    [again] = [block for block in home.blocks if block["type"] == "image"]
    assert again["slack_file"] == image["slack_file"]


async def test_a_picture_comes_right_after_the_last_word(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(pictures_from=1)
    await picture(stage, await run(stage, 1))


@pytest.mark.parametrize(("pictures_from", "number"), [(5, 4), (0, 5), ("false", 5)])
async def test_no_picture_of_a_small_job_or_when_switched_off(
    idle_stage: Stage, pictures_from: object, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def paint(self: Painter, asked: object) -> None:
        raise AssertionError("nothing was to be drawn")

    monkeypatch.setattr(Painter, "paint", paint)
    stage = idle_stage
    await stage.start_bot(pictures_from=pictures_from)
    card = await run(stage, number)
    await stage.settled()
    assert not any(m.files for m in await stage.thread_of(card))


async def test_a_picture_that_cannot_be_drawn_is_a_line_in_the_log(
    idle_stage: Stage, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(painter, "KNOWN", ())
    monkeypatch.setattr(painter, "MODULE", "bot.no_such_module")
    stage = idle_stage
    await stage.start_bot(pictures_from=1)
    card = await run(stage, 1)
    await stage.settled()
    assert not any(m.files for m in await stage.thread_of(card))
    assert "set_action.not_drawn" in capfd.readouterr().out


async def test_a_lost_answer_to_an_upload_makes_no_second_picture(
    idle_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def paint(self: Painter, asked: object) -> bytes:
        return PNG

    monkeypatch.setattr(Painter, "paint", paint)
    stage = idle_stage
    await stage.start_bot(pictures_from=1)
    await stage.desk.fail("files.completeUploadExternal", lose_answer=True)
    card = await run(stage, 1)
    await stage.settled()
    files = [file for message in await stage.thread_of(card) for file in message.files]
    assert len(files) == 1


async def test_drawing_that_takes_too_long_is_ended(capfd: pytest.CaptureFixture[str]) -> None:
    assert await Painter(limit_s=0.01).paint({"draw": "month", "days": ["1 Nov"], "counts": {}}) is None
    assert "TimeoutError" in capfd.readouterr().out


async def test_what_cannot_be_drawn_says_why_in_the_log(capfd: pytest.CaptureFixture[str]) -> None:
    assert await Painter().paint({"draw": "nothing"}) is None
    assert "KeyError: 'nothing'" in capfd.readouterr().out
