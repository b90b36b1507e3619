"""One job in full at the wire: opened, turned, read by those who may; retried, sent again, followed."""

import csv
import io

import pytest

from bot.listeners import showing
from bot.sandbox.cluster import moods
from bot.sandbox.desk import Form, Message
from bot.sandbox.workspace.people import ASTER, BRAM, OPS
from tests.forms import listed, option, said
from tests.stage import Stage, words

AUDIT = """
[[policy]]
who = ["U0BRAM"]
may = ["audit"]
actions = ["*"]
clusters = ["evian3"]
"""
LOST = {"timeout_s": 1.2, "settle_s": 1.7}


async def job_of(stage: Stage, cids: list[str], outcome: str, action: str = "T-Enable") -> Message:
    """The card of a job that ended so."""
    card = await stage.ask(f"/set-action {action} evian3 {' '.join(cids)}")
    assert (await stage.confirm(card)).acked
    await stage.thread(card, outcome)
    return card


async def opened(stage: Stage, line: str, user: str = ASTER) -> Form:
    """The modal a command brings."""
    reaction = await stage.desk.command(user, OPS, line)
    assert reaction.acked
    assert reaction.message is None, reaction.message
    return await stage.desk.until_form(user, lambda form: (form.title or "").startswith("Job "))


async def detail(stage: Stage, user: str = ASTER) -> Form:
    """The newest job's modal."""
    [*_, job] = await stage.rows("SELECT uuid FROM jobs ORDER BY id")
    return await opened(stage, f"/my-jobs {job.uuid[:8]}", user)


async def turned(stage: Stage, form: Form, button: str, wanted: str) -> Form:
    """The modal after a press, once it says so."""
    assert (await stage.desk.click(form.user, form, button)).acked
    return await stage.desk.until_form(form.user, lambda now: now.id == form.id and wanted in said(now))


def offers(form: Form) -> set[str]:
    """The ids of a modal's buttons."""
    elements = [e for block in form.blocks if block["type"] == "actions" for e in block["elements"]]
    return {str(element["action_id"]) for element in elements}


async def newest_card(stage: Stage, wanted: str) -> Message:
    """The card that says so and can be confirmed."""
    return await stage.desk.until_message(
        OPS, ASTER, lambda m: wanted in words(m) and any(b.action_id == "confirm" for b in m.buttons)
    )


async def test_by_command_it_says_how_it_stands_and_turns_to_its_parts(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(chunk_size=2, more="concurrency = 1")
    cids = await stage.cids(4)
    card = await job_of(stage, [*cids, "e106b3d0fb01"], "4 accepted, 1 refused")
    form = await detail(stage)
    text = said(form)
    assert "Partly failed: 4 accepted, 1 refused" in text
    assert "Evian 3 (evian3)" in text
    assert f"/archives/{OPS}/p{card.ts.replace('.', '')}|Open the thread>" in text
    assert {"job_retry_refused", "job_next_action", "job_csv"} < offers(form)
    assert not {"stop_job", "job_send_unknown", "job_send_never_sent"} & offers(form)
    timeline = await turned(stage, form, "job_timeline", "Asked for by <@U0ASTER>: 5 customers")
    assert "Confirmed by <@U0ASTER>: 5 customers to be sent" in said(timeline)
    assert "3 requests with 5 customers in all: 2 accepted, 1 refused" in said(timeline)
    assert "Ended: 4 accepted, 1 refused" in said(timeline)
    requests = await turned(
        stage, timeline, "job_requests", "*Request 3*, 1 customer: refused, HTTP 200 after"
    )
    assert "those CIDs ['e106b3d0fb01'] do not exist" in said(requests)
    people = await turned(stage, requests, "job_customers", "Numbers 1 to 5 of the list of 5 customers.")
    assert all(cid in said(people) for cid in cids)
    menu = people.blocks[3]["elements"][0]
    value = next(o["value"] for o in menu["options"] if o["text"]["text"] == "Refused: 1")
    assert (await stage.desk.choose(people, "job_outcome", value)).acked
    only = await stage.desk.until_form(ASTER, lambda now: "Numbers 5 to 5" in said(now))
    assert "does not exist on the cluster" in said(only)
    assert cids[0] not in said(only)


async def test_customers_page_there_and_back(stage: Stage) -> None:
    cids = await stage.cids(45)
    await job_of(stage, cids, "all 45 customers accepted")
    form = await turned(stage, await detail(stage), "job_customers", "Numbers 1 to 20")
    assert "job_back" not in offers(form)
    form = await turned(stage, form, "job_further", "Numbers 21 to 40")
    form = await turned(stage, form, "job_further", "Numbers 41 to 45")
    assert "job_further" not in offers(form)
    form = await turned(stage, form, "job_back", "Numbers 21 to 40")
    form = await turned(stage, form, "job_back", "Numbers 1 to 20")
    assert "job_back" not in offers(form)


async def test_a_button_of_the_thread_opens_it_and_a_slow_database_is_waited_for(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(showing, "AT_ONCE_S", 0)
    card = await job_of(stage, await stage.cids(1), "1 customer accepted")
    told = await stage.thread(card, "1 customer accepted")
    assert (await stage.desk.click(ASTER, told, "job_detail")).acked
    form = await stage.desk.until_form(ASTER, lambda form: "Accepted by the cluster" in said(form))
    assert (form.title or "").startswith("Job ")


async def test_a_stranger_sees_nothing_and_that_is_on_the_record(stage: Stage) -> None:
    card = await job_of(stage, await stage.cids(1), "1 customer accepted")
    told = await stage.thread(card, "1 customer accepted")
    [job] = await stage.rows("SELECT uuid FROM jobs")
    reaction = await stage.desk.command(BRAM, OPS, f"/my-jobs {job.uuid[:8]}")
    assert reaction.message is not None
    assert "None of your jobs has an id that begins with" in words(reaction.message)
    assert (await stage.desk.click(BRAM, told, "job_detail")).acked
    await stage.private("Only the person who asked, and people who audit evian3", user=BRAM, thread=card.ts)
    assert await stage.desk.form(BRAM) is None
    assert "refused_click" in await stage.events()


async def test_whoever_audits_reads_and_does_nothing(stage: Stage) -> None:
    await stage.stop_bot()
    await stage.start_bot(more=AUDIT)
    await job_of(stage, [*await stage.cids(1), "e106b3d0fb01"], "1 accepted, 1 refused")
    form = await detail(stage, BRAM)
    assert "by your right to audit" in said(form)
    assert offers(form) == {
        "job_overview", "job_timeline", "job_requests", "job_customers", "job_applications", "job_csv",
    }  # fmt: skip
    await stage.stop_bot()
    await stage.start_bot(more="")
    gone = await turned(stage, form, "job_customers", "Only the person who asked")
    assert offers(gone) == set()


async def test_retry_the_refused_is_a_new_job_of_the_first(stage: Stage) -> None:
    [known, other] = await stage.cids(2)
    await stage.evian3.next_mood(moods.forbidden())
    first = await job_of(stage, [known, other], "nothing was done")
    form = await turned(stage, await detail(stage), "job_retry_refused", "A new card is on its way")
    [parent, _] = await stage.rows("SELECT * FROM jobs ORDER BY id")
    card = await newest_card(stage, f"2 refused of job `{parent.uuid[:8]}`")
    assert "edit" not in [button.action_id for button in card.buttons]
    assert len((await stage.evian3.record()).posts) == 1
    await stage.confirm(card)
    await stage.thread(card, "both customers accepted")
    posts = (await stage.evian3.record()).posts
    assert [list(post.cids) for post in posts] == [[known, other]] * 2
    [_, child] = await stage.rows("SELECT * FROM jobs ORDER BY id")
    assert (child.parent_id, child.channel_id) == (parent.id, first.channel)
    form = await opened(stage, f"/my-jobs {parent.uuid[:8]}")
    assert "sends 2 customers of these again: all 2 accepted" in said(form)
    assert "Sends again what job" in said(await opened(stage, f"/my-jobs {child.uuid[:8]}"))
    form = await opened(stage, f"/my-jobs {parent.uuid[:8]}")
    await turned(stage, form, "job_timeline", f"sends 2 customers again in job `{child.uuid[:8]}`")


async def test_the_unknown_are_sent_again_by_one_job_only_and_only_once_settled(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.evian3.next_mood(moods.closed(acts=False))
    await stage.start_bot(**LOST)
    cids = await stage.cids(2)
    first = await job_of(stage, cids, "it is not known")
    form = await detail(stage)
    form = await turned(stage, form, "job_send_unknown", "was not read since these were sent")
    read = await stage.thread(first, "not, or not yet")
    form = await turned(stage, form, "job_send_unknown", "A new card is on its way")
    one = await newest_card(stage, "2 unknown of job")
    assert "their answer never came" in words(one)
    await stage.desk.click(ASTER, form, "job_send_unknown")
    two = await stage.desk.until_message(
        OPS, ASTER, lambda m: m.ts != one.ts and "2 unknown of job" in words(m) and bool(m.buttons)
    )
    await stage.confirm(one)
    await stage.thread(one, "both customers accepted")
    await stage.confirm(two)
    await stage.private("These were given to job")
    await stage.desk.click(ASTER, read, "send_rest")
    await stage.private("These are sent again by job", thread=first.ts)
    assert [list(post.cids) for post in (await stage.evian3.record()).posts] == [cids] * 2


async def test_a_card_of_unknown_customers_that_were_sent_again_by_their_own_job_cannot_be_confirmed(
    idle_stage: Stage,
) -> None:
    stage = idle_stage
    await stage.evian3.next_mood(moods.closed(acts=False))
    await stage.start_bot(**LOST)
    first = await job_of(stage, await stage.cids(2), "it is not known")
    read = await stage.thread(first, "not, or not yet")
    await turned(stage, await detail(stage), "job_send_unknown", "A new card is on its way")
    card = await newest_card(stage, "2 unknown of job")
    await stage.desk.click(ASTER, read, "send_rest")
    await stage.thread(first, "both customers accepted")
    await stage.confirm(card)
    await stage.private("2 of these were accepted meanwhile")
    assert len((await stage.evian3.record()).posts) == 2


async def test_never_sent_customers_of_a_stopped_job_are_offered(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(chunk_size=1, more="concurrency = 1")
    await stage.evian3.next_mood(moods.slow(0.6))
    cids = await stage.cids(3)
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(cids)}")
    await stage.confirm(card)
    await stage.evian3.until(lambda record: len(record.posts) == 1)
    form = await detail(stage)
    assert "stop_job" in offers(form)
    await turned(stage, form, "stop_job", "Stopped")
    await stage.thread(card, "1 accepted, 2 never sent")
    form = await detail(stage)
    await turned(stage, form, "job_send_never_sent", "A new card is on its way")
    again = await newest_card(stage, "2 never sent of job")
    assert await listed(stage) == cids[1:]
    await stage.confirm(again)
    await stage.thread(again, "both customers accepted")


async def test_the_next_action_on_those_it_accepted(stage: Stage) -> None:
    cids = await stage.cids(2)
    await job_of(stage, [*cids, "e106b3d0fb01"], "2 accepted, 1 refused", "PE-Enable")
    form = await detail(stage)
    assert "Run T-Enable on the 2 accepted" in said(form)
    assert (await stage.desk.click(ASTER, form, "job_next_action")).acked
    asked = await stage.desk.until_form(ASTER, lambda form: form.callback_id == "set_action_form")
    assert (option(asked, "action"), option(asked, "cluster")) == ("T-Enable", "evian3")
    assert asked.value("cids").split() == cids


async def test_the_next_action_on_more_than_the_text_field_holds(stage: Stage) -> None:
    cids = await stage.cids(120)
    await stage.evian3.next_mood(moods.normal())
    await job_of(stage, [*cids, "e106b3d0fb01"], "120 accepted, 1 refused", "PE-Enable")
    await stage.desk.click(ASTER, await detail(stage), "job_next_action")
    asked = await stage.desk.until_form(ASTER, lambda form: form.callback_id == "set_action_form")
    assert "The 120 customers accepted" in said(asked)
    assert (await stage.desk.submit(asked)).form is None
    await newest_card(stage, "T-Enable for 120 customers")
    assert await listed(stage) == cids


async def test_everybody_as_a_file_privately(stage: Stage) -> None:
    cids = await stage.cids(2)
    await job_of(stage, [*cids, "e106b3d0fb01"], "2 accepted, 1 refused")
    await turned(stage, await detail(stage), "job_csv", "The file is in your direct messages with me")
    [file] = await stage.desk.files(f"D{ASTER[1:]}", ASTER)
    rows = list(csv.DictReader(io.StringIO((await stage.desk.file_content(file)).decode())))
    assert [row["customer_id"] for row in rows] == [*cids, "e106b3d0fb01"]
    assert [row["outcome"] for row in rows] == ["accepted", "accepted", "refused"]
    assert rows[2]["reason"] == "does not exist on the cluster"
    assert all(row["sent_at_utc"] and row["http_status"] == "200" for row in rows)


async def test_a_file_slack_does_not_take_is_told(stage: Stage) -> None:
    await job_of(stage, await stage.cids(1), "1 customer accepted")
    form = await detail(stage)
    await stage.desk.fail("files.getUploadURLExternal", error="internal_error")
    await turned(stage, form, "job_csv", "Slack did not take the file")
