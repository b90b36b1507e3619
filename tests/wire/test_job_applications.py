"""The applications of a job's customers at the wire: read on demand, with their age, honest when cut."""

import csv
import io

import pytest

from bot.sandbox.cluster import Call, moods
from bot.sandbox.desk import Form
from bot.sandbox.workspace.people import ASTER
from bot.service import applications
from tests.forms import said
from tests.stage import Stage
from tests.wire.test_job_detail import detail, job_of, offers, turned

DPP = {"app_name": "dpp", "status": "Ready"}
WIDS = {"app_name": "wids", "status": "unknown-Failed to track ack"}
AIRMATCH = {"app_name": "airmatch", "status": "Failure", "reason": "Device config missing"}


async def asked(stage: Stage, *, number: int = 3) -> Form:
    """The modal of a job of so many customers."""
    await job_of(stage, await stage.cids(number), "accepted")
    return await detail(stage)


async def reads(stage: Stage) -> int:
    return sum(get.what == "appstatus" for get in (await stage.evian3.record()).gets)


async def test_counted_by_application_with_what_failed_and_kept_for_a_while(stage: Stage) -> None:
    cids = await stage.cids(3)
    await stage.evian3.set_apps(cids[0], [DPP, WIDS, AIRMATCH])
    form = await asked(stage)
    await stage.evian3.arrive()
    form = await turned(stage, form, "job_applications", "3 customers read")
    text = said(form)
    assert "airmatch  2 Ready, 1 Failure" in text
    assert "dpp       3 Ready" in text
    assert "wids      2 Ready, 1 unknown" in text
    assert f"{cids[0]}  airmatch: Failure, Device config missing" in text
    assert f"{cids[0]}  wids: unknown-Failed to track ack" in text
    assert await reads(stage) == 1
    form = await turned(stage, form, "job_overview", "*Action*")
    form = await turned(stage, form, "job_applications", "3 customers read")
    assert await reads(stage) == 1, "it was read not long ago"
    await stage.evian3.set_apps(cids[0], [DPP])
    form = await turned(stage, form, "job_read_applications", "dpp  ")
    form = await stage.desk.until_form(ASTER, lambda now: "Failure" not in said(now))
    assert await reads(stage) == 2
    assert "job_applications_csv" not in offers(form)


async def test_what_failed_comes_as_a_file(stage: Stage) -> None:
    cids = await stage.cids(3)
    for cid in cids:
        await stage.evian3.set_apps(cid, [AIRMATCH, WIDS])
    form = await turned(stage, await asked(stage), "job_applications", "6 applications")
    await turned(stage, form, "job_applications_csv", "in your direct messages with me")
    [file] = await stage.desk.files(f"D{ASTER[1:]}", ASTER)
    rows = list(csv.DictReader(io.StringIO((await stage.desk.file_content(file)).decode())))
    assert [(row["customer_id"], row["application"]) for row in rows] == [
        (cid, app) for cid in cids for app in ("airmatch", "wids")
    ]
    assert rows[0]["reason"] == "Device config missing"


async def test_a_slow_cluster_is_waited_for_and_does_not_overwrite_what_is_looked_at_since(
    stage: Stage,
) -> None:
    form = await asked(stage)
    await stage.evian3.set_mood(moods.slow(0.6), on=Call.GET)
    form = await turned(stage, form, "job_applications", "Reading the applications of 3 customers")
    form = await turned(stage, form, "job_timeline", "Asked for by")
    await stage.evian3.until(lambda record: bool(record.gets) and record.gets[-1].status is not None)
    await turned(stage, form, "job_applications", "3 customers read")
    assert await reads(stage) == 1


@pytest.mark.parametrize(
    ("mood", "words"),
    [
        (moods.server_error(), "could not be read"),
        (moods.wrong_token(), "Invalid access token"),
        (moods.json_list(), "could not be read"),
        (moods.truncated(), "The connection broke"),
        (moods.replying("html", "<html>no</html>", content_type="text/html"), "could not be read"),
    ],
    ids=["500", "401", "list", "truncated", "html"],
)
async def test_a_cluster_that_cannot_be_read_is_said_so(stage: Stage, mood: moods.Mood, words: str) -> None:
    form = await asked(stage)
    await stage.evian3.set_mood(mood, on=Call.GET)
    form = await turned(stage, form, "job_applications", words)
    assert "Only 0 of 3 customers were read." in said(form)
    await stage.evian3.set_mood(moods.normal(), on=Call.GET)
    await turned(stage, form, "job_read_applications", "3 customers read")


async def test_what_takes_too_long_is_shown_as_far_as_it_came(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(applications, "WITHIN_S", 0.8)
    monkeypatch.setattr(applications, "AT_ONCE", 1)
    form = await asked(stage, number=200)
    await stage.evian3.next_mood(moods.normal(), on=Call.GET)
    await stage.evian3.next_mood(moods.silent(), on=Call.GET)
    form = await turned(stage, form, "job_applications", "of 200 customers were read")
    assert "Only 181 of 200 customers were read. Not all of them were read within 0.8 s." in said(form)
