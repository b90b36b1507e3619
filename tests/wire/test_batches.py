"""Batches at the wire: made and assigned by forms, listed, run by their code, and what is refused."""

import re
from time import process_time
from typing import Any

import pytest

from bot.sandbox.desk import Attachment, Entry, Message, Submission
from bot.sandbox.desk import Form as Shown
from bot.sandbox.workspace.people import ASTER, BRAM, CLEO, ONCALL, OPS
from tests.forms import form_of
from tests.stage import Stage, words

CODE = r"[0-9A-HJKMNP-TV-Z]{6}"
ADMIN = '[[policy]]\nwho = ["U0ASTER"]\nmay = ["admin"]\nactions = ["*"]\nclusters = ["evian3"]\n'


@pytest.fixture
async def stage(idle_stage: Stage) -> Stage:
    """A bot for which Aster administers evian3."""
    await idle_stage.start_bot(more=ADMIN)
    return idle_stage


async def list_of(stage: Stage, line: str = "/set-action batches", *, user: str = ASTER) -> Message:
    """What the command answers, which only this person sees."""
    reaction = await stage.desk.command(user, OPS, line)
    assert reaction.message is not None, "nothing was answered"
    assert reaction.message.ephemeral
    return reaction.message


def codes(message: Message) -> list[str]:
    """The codes of a page, from top to bottom."""
    return re.findall(rf"`({CODE})`", words(message))


def csv(cids: list[str], name: str = "wave.csv") -> Attachment:
    return Attachment(name, "\r\n".join(["customer_id", *cids]).encode())


async def opened(stage: Stage) -> Shown:
    """The empty form."""
    page = await list_of(stage)
    assert (await stage.desk.click(ASTER, page, "batches_make")).acked
    return await form_of(stage)


async def make(stage: Stage, cids: list[str], **values: Any) -> Submission:
    """Fill the form in and submit it."""
    form = await opened(stage)
    return await stage.desk.submit(form, {"name": "Wave 1", "size": 2, "file": [csv(cids)], **values})


async def made(stage: Stage, cids: list[str], **values: Any) -> list[Any]:
    """The rows of the batches that one submission made."""
    submission = await make(stage, cids, **values)
    assert submission.form is not None
    assert submission.form.title == "Batches made", submission.form.errors
    return list(await stage.rows("SELECT * FROM batches ORDER BY part"))


def said(form: Shown | None) -> str:
    assert form is not None
    return "\n".join(str(block) for block in form.blocks)


async def test_without_batches_it_says_so_and_only_who_administers_may_make_some(stage: Stage) -> None:
    page = await list_of(stage)
    assert "No batch is assigned to you" in words(page)
    assert [button.label for button in page.buttons] == ["Make batches"]
    assert (await list_of(stage, user=BRAM)).buttons == ()


async def test_a_list_is_cut_and_given_to_people_in_turn(stage: Stage) -> None:
    cids = await stage.cids(5)
    submission = await make(stage, [*cids, cids[0]], to=[BRAM, CLEO])
    told = said(submission.form)
    assert "3 batches of “Wave 1”" in told
    assert "5 customers in all" in told
    assert "Each has 2 customers, the last one 1." in told
    assert "1 duplicate in the file counted once" in told
    rows = await stage.rows("SELECT * FROM batches ORDER BY part")
    assert [(row.part, row.parts, row.size, row.assigned_to) for row in rows] == [
        (1, 3, 2, BRAM), (2, 3, 2, CLEO), (3, 3, 1, BRAM),
    ]  # fmt: skip
    kept = await stage.rows(
        "SELECT cid FROM batch_customers JOIN batches ON id = batch_id ORDER BY part, position"
    )
    assert [row.cid for row in kept] == cids
    events = [event for event in await stage.events() if "batch" in event]
    assert events == ["batches_made", "batch_assigned", "batch_assigned"]
    assert codes(await list_of(stage, user=BRAM)) == [rows[0].code, rows[2].code]
    assert codes(await list_of(stage)) == [row.code for row in rows], "who made them sees them all"


async def test_a_submission_delivered_twice_makes_them_once(stage: Stage) -> None:
    form = await opened(stage)
    values: dict[str, Any] = {"name": "Wave 1", "size": 2, "file": [csv(await stage.cids(4))]}
    submission = await stage.desk.submit(form, values)
    assert submission.reaction is not None
    assert (await stage.desk.redeliver(submission.reaction)).acked
    await stage.stop_bot()
    await stage.start_bot()  # which has forgotten what was delivered
    assert (await stage.desk.redeliver(submission.reaction)).acked
    assert len(await stage.rows("SELECT id FROM batches")) == 2
    assert (await stage.events()).count("batches_made") == 1


@pytest.mark.parametrize(
    ("changes", "field", "why"),
    [
        ({"size": 50_001}, "size", "1 to 50,000 customers"),
        ({"file": [Attachment("w.csv", b"")]}, "file", "The file is empty"),
        ({"file": [Attachment("w.csv", b"cid\ne106b3d0fb01\n??\n")]}, "file", "line 3, “??”"),
        ({"file": [Attachment("w.csv", b"\x89PNG\r\n\x1a\n")]}, "file", "a picture"),
        ({"name": "   "}, "name", "A name has 1 to 80 characters"),
        ({"name": "\u200b\u202e"}, "name", "A name has 1 to 80 characters that can be seen"),
    ],
)
async def test_a_mistake_is_shown_at_its_field_and_nothing_typed_is_lost(
    stage: Stage, changes: dict[str, Any], field: str, why: str
) -> None:
    submission = await make(stage, ["e106b3d0fb01"], **{"to": [BRAM], **changes})
    assert submission.form is not None
    assert list(submission.form.errors) == [field]
    assert why in submission.form.errors[field]
    assert submission.form.value("to") == [BRAM]
    assert await stage.rows("SELECT id FROM batches") == []
    again = await stage.desk.submit(
        submission.form, {"name": "Wave 2", "size": 1, "file": [csv(["e106b3d0fb01"])]}
    )
    assert "1 batch of “Wave 2”" in said(again.form)


async def test_a_file_that_cannot_be_read_is_a_mistake_at_its_field(stage: Stage) -> None:
    gone = Attachment("w.csv", b"e106b3d0fb01\n", access="file_not_found")
    submission = await make(stage, [], file=[gone])
    assert submission.form is not None
    assert list(submission.form.errors) == ["file"]


async def test_a_production_list_is_cut_while_slack_waits(stage: Stage) -> None:
    begun = process_time()  # not the clock on the wall: the machine may be busy with something else
    submission = await make(stage, [f"{i:032x}" for i in range(27_682)], size=21)
    assert process_time() - begun < 2.5
    assert submission.reaction is not None
    assert submission.reaction.acked
    await stage.desk.until_form(ASTER, lambda form: "1,319 batches of “Wave 1”" in said(form))
    [row] = await stage.rows("SELECT count(*) AS number FROM batch_customers")
    assert row.number == 27_682


async def test_a_batch_is_run_by_its_code_and_knows_its_jobs(stage: Stage) -> None:
    cids = await stage.cids(3)
    [first, _] = await made(stage, cids, to=[BRAM])
    card = await stage.ask(f"/set-action T-Enable batch:{first.code} reason: plan 7", user=BRAM)
    assert f"Batch {first.code}: Wave 1, part 1 of 2" in words(card)
    assert "Why: plan 7" in words(card)
    await stage.confirm(card, user=BRAM)
    await stage.card_saying(card, "all 2 accepted")
    assert [cid for cid, _, _ in await stage.outcomes()] == cids[:2]
    [job] = await stage.rows("SELECT * FROM jobs")
    page = words(await list_of(stage, user=BRAM))
    assert "Last: T-Enable" in page
    assert "all 2 accepted by the cluster" in page
    assert "No job has run on it yet" in page, "the other one"
    full = words(await list_of(stage, f"/set-action batches {first.code.lower()}", user=BRAM))
    assert job.uuid[:8] in full
    assert cids[0] in full
    assert "Wave 1*, part 1 of 2" in full


async def test_look_alikes_and_the_batchs_own_cluster_are_understood(stage: Stage) -> None:
    await made(stage, await stage.cids(2), to=[BRAM])
    stage.tamper("UPDATE batches SET code = '10AB01'")
    card = await stage.ask("/set-action evian3 T-Enable batch: `iOabol`", user=BRAM)
    assert "Batch 10AB01" in words(card)


async def test_only_whose_batch_it_is_or_who_administers_may_run_it(stage: Stage) -> None:
    [batch] = await made(stage, await stage.cids(2), to=[BRAM])
    refused = words(await list_of(stage, f"/set-action T-Enable batch:{batch.code}", user=CLEO))
    assert "assigned to somebody else" in refused
    assert f"Ask <@{BRAM}> or <@{ASTER}>" in refused
    assert (await stage.events())[-1] == "refused_request"
    assert await stage.rows("SELECT id FROM jobs") == []
    assert "no batch" in words(await list_of(stage, f"/set-action batches {batch.code}", user=CLEO))
    await stage.ask(f"/set-action T-Enable batch:{batch.code}")  # Aster administers the cluster


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("T-Enable batch:7Q2KX4", "There is no batch 7Q2KX4 here"),
        ("T-Enable fiji1 batch:{code}", "is for evian3, not fiji1"),
        ("T-Enable batch:{code} e106b3d0fb01", "nothing can be added"),
        ("batch:{code} T-Enabel", "did you mean T-Enable?"),
        ("T-Enable batch:{code} batch:7Q2KX4", "More than one batch"),
        ("T-Enable batch:short", "is not the code of a batch"),
        ("T-Enable PE-Enable batch:{code}", "More than one action"),
        ("T-Enable batch:{code} reason:", "nothing after “reason:”"),
        ("batches whatever", "is not the code of a batch"),
    ],
)
async def test_what_cannot_be_run_is_refused_in_words_and_on_the_record(
    stage: Stage, line: str, why: str
) -> None:
    [batch] = await made(stage, await stage.cids(2), to=[ASTER])
    assert why in words(await list_of(stage, f"/set-action {line.format(code=batch.code)}"))
    assert (await stage.events())[-1] == "refused_request"
    assert await stage.rows("SELECT id FROM jobs") == []


async def test_an_administrator_assigns_a_batch_to_somebody_else(stage: Stage) -> None:
    [batch] = await made(stage, await stage.cids(2))
    assert (await stage.desk.click(ASTER, await list_of(stage), "batch_assign")).acked
    form = await form_of(stage)
    assert f"Batch {batch.code}: Wave 1" in said(form)
    submission = await stage.desk.submit(form, {"to": BRAM})
    assert f"assigned to <@{BRAM}> now" in said(submission.form)
    assert codes(await list_of(stage, user=BRAM)) == [batch.code]
    assert (await stage.events())[-1] == "batch_assigned"


async def test_of_two_who_assign_at_once_the_second_is_told(stage: Stage) -> None:
    await made(stage, await stage.cids(2))
    await stage.desk.click(ASTER, await list_of(stage), "batch_assign")
    form = await form_of(stage)
    stage.tamper("UPDATE batches SET assigned_to = 'U0CLEO'")
    submission = await stage.desk.submit(form, {"to": BRAM})
    assert submission.form is not None
    assert "has just assigned" in submission.form.errors["to"]
    [row] = await stage.rows("SELECT assigned_to FROM batches")
    assert row.assigned_to == CLEO


async def test_the_list_is_turned_page_by_page(stage: Stage) -> None:
    rows = await made(stage, [f"e106b3d0{i:04x}" for i in range(23)], to=[BRAM])
    there = [row.code for row in rows]
    first = await list_of(stage, user=BRAM)
    assert codes(first) == there[:10]
    await stage.desk.click(BRAM, first, "batches_older")
    second = await stage.desk.until_message(OPS, BRAM, lambda m: m.ts == first.ts and codes(m) == there[10:])
    assert [button.label for button in second.buttons] == ["Newer"]
    await stage.desk.click(BRAM, second, "batches_newer")
    await stage.desk.until_message(OPS, BRAM, lambda m: m.ts == first.ts and codes(m) == there[:10])


async def test_who_does_not_administer_cannot_make_any(idle_stage: Stage) -> None:
    await idle_stage.start_bot(more=ADMIN)
    page = await list_of(idle_stage)
    await idle_stage.stop_bot()
    await idle_stage.start_bot(more="")  # the rule is gone, the button still there
    await idle_stage.desk.click(ASTER, page, "batches_make")
    await idle_stage.private("you cannot make batches")
    assert (await idle_stage.events())[-1] == "refused_request"
    assert await idle_stage.desk.form(ASTER) is None


async def direct(stage: Stage, user: str) -> list[str]:
    """What the bot told this person directly, once it has told everything."""
    await stage.settled()
    return [words(message) for message in await stage.desk.direct_messages(user)]


async def test_people_are_told_once_what_is_theirs(stage: Stage) -> None:
    rows = await made(stage, [f"e106b3d0{i:04x}" for i in range(26)], to=[BRAM, CLEO, ASTER], size=1)
    [told] = await direct(stage, BRAM)
    assert f"<@{ASTER}> assigned you 9 batches of “Wave 1” on Evian 3 (evian3)" in told
    assert re.findall(rf"• `({CODE})`", told) == [row.code for row in rows if row.assigned_to == BRAM]
    assert f"`/set-action ACTION batch:{rows[0].code}`" in told
    assert len(await direct(stage, CLEO)) == 1


async def test_of_many_batches_the_first_ten_are_named(stage: Stage) -> None:
    await made(stage, [f"e106b3d0{i:04x}" for i in range(24)], to=[BRAM])
    [told] = await direct(stage, BRAM)
    assert len(re.findall(rf"• `({CODE})`", told)) == 10
    assert "and 2 more; `/set-action batches` lists them all" in told


async def test_who_is_assigned_a_batch_later_is_told_and_who_keeps_it_is_not(stage: Stage) -> None:
    [batch] = await made(stage, await stage.cids(2))
    for _ in range(2):
        await stage.desk.click(ASTER, await list_of(stage), "batch_assign")
        form = await stage.desk.until_form(
            ASTER, lambda form: form.title == "Assign a batch" and bool(form.submit)
        )
        submission = await stage.desk.submit(form, {"to": BRAM})
    assert submission.reaction is not None
    await stage.stop_bot()
    await stage.start_bot()  # which has forgotten what was delivered
    await stage.desk.redeliver(submission.reaction)
    [told] = await direct(stage, BRAM)
    assert (
        f"assigned you 1 batch of “Wave 1” on Evian 3 (evian3):\n• `{batch.code}`, part 1 of 1, 2 customers"
        in told
    )


async def test_a_word_that_slack_took_without_saying_so_is_not_said_twice(stage: Stage) -> None:
    await stage.desk.fail("chat.postMessage", lose_answer=True)
    await made(stage, await stage.cids(2), to=[BRAM])
    assert len(await direct(stage, BRAM)) == 1
    assert [entry.details["lost"] for entry in await stage.desk.journal() if posted(entry)] == [True]


def posted(entry: Entry) -> bool:
    return entry.kind == "api" and entry.details["method"] == "chat.postMessage"


async def test_what_waits_to_be_said_survives_a_restart(stage: Stage) -> None:
    await stage.desk.fail("chat.postMessage", retry_after=3600)
    await made(stage, await stage.cids(2), to=[BRAM])
    await stage.desk.until(lambda entry: posted(entry) and entry.details["status"] == 429)
    await stage.stop_bot()
    stage.tamper("UPDATE outbox SET due_at = 0")
    await stage.start_bot()
    assert len(await direct(stage, BRAM)) == 1


async def test_a_card_of_a_batch_that_went_to_somebody_else_cannot_be_confirmed(stage: Stage) -> None:
    [batch] = await made(stage, await stage.cids(2), to=[BRAM])
    card = await stage.ask(f"/set-action T-Enable batch:{batch.code}", user=BRAM)
    stage.tamper("UPDATE batches SET assigned_to = 'U0CLEO'")
    await stage.confirm(card, user=BRAM)
    await stage.private("is assigned to somebody else", user=BRAM)
    assert (await stage.job()).state == "proposed"
    assert (await stage.events())[-1] == "refused_click"


async def test_an_administrator_by_a_group_confirms_somebody_elses_batch(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(more=ADMIN.replace(ASTER, ONCALL))
    [batch] = await made(stage, await stage.cids(2), to=[BRAM])
    card = await stage.ask(f"/set-action T-Enable batch:{batch.code}")
    await stage.confirm(card)
    await stage.thread(card, "both customers accepted")


async def test_whoever_loses_a_batch_is_told_and_whose_it_is_now(stage: Stage) -> None:
    [batch] = await made(stage, await stage.cids(2), to=[BRAM])
    people: list[str | None] = [CLEO, None]
    for to in people:
        await stage.desk.click(ASTER, await list_of(stage), "batch_assign")
        form = await stage.desk.until_form(
            ASTER, lambda form: form.title == "Assign a batch" and bool(form.submit)
        )
        await stage.desk.submit(form, {"to": to})
        await stage.settled()
    told = (await direct(stage, BRAM))[-1]
    assert f"<@{ASTER}> took batch `{batch.code}` of “Wave 1” on Evian 3 (evian3) off your list" in told
    assert f"now for <@{CLEO}>" in told
    assert "now for nobody yet" in (await direct(stage, CLEO))[-1]
    assert [len(await direct(stage, user)) for user in (BRAM, CLEO, ASTER)] == [2, 2, 0]


async def test_who_may_ask_for_nothing_there_can_be_given_a_batch_but_it_is_said(idle_stage: Stage) -> None:
    await idle_stage.start_bot(more=ADMIN, who=f'["{ASTER}", "{BRAM}"]')
    submission = await make(idle_stage, await idle_stage.cids(4), to=[BRAM, CLEO])
    assert f"No rule of this bot lets <@{CLEO}> ask for any action there" in said(submission.form)
    assert submission.form is not None
    await idle_stage.desk.close(submission.form)
    [first, _] = await idle_stage.rows("SELECT * FROM batches ORDER BY part")
    page = await list_of(idle_stage, f"/set-action batches {first.code}")
    await idle_stage.desk.click(ASTER, page, "batch_assign")
    form = await form_of(idle_stage)
    submission = await idle_stage.desk.submit(form, {"to": CLEO})
    assert f"No rule of this bot lets <@{CLEO}> ask" in said(submission.form)
    [first, _] = await idle_stage.rows("SELECT * FROM batches ORDER BY part")
    assert first.assigned_to == CLEO


async def test_a_lists_doubtful_first_line_is_told(stage: Stage) -> None:
    file = Attachment("w.csv", b"Kunde\ne106b3d0fb01\n")
    assert "line 1, “Kunde”, taken as a heading" in said((await make(stage, [], file=[file])).form)
