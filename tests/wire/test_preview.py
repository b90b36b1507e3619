"""What a card says before anyone confirms it; what is confirmed is exactly what was shown."""

import asyncio
import csv
import io
import json
import re
from functools import partial

import pytest

from bot.sandbox.cluster import Call, moods
from bot.sandbox.desk import Message
from bot.sandbox.workspace.people import ASTER, BRAM, OPS
from tests.forms import form_of
from tests.stage import Stage, can_be_confirmed, words

READ = {"preview_s": 5}
BUTTONS = ("confirm", "cancel", "include_there", "leave_out_there", "read_again", "customers_csv")


@pytest.fixture
async def stage(idle_stage: Stage) -> Stage:
    """With cards that are filled in, as by default."""
    await idle_stage.start_bot(**READ)
    return idle_stage


async def mixed(stage: Stage) -> tuple[list[str], str]:
    """Eleven customers: 6 in PE-Enable, 2 in Tran-Begin, 2 there already, 1 that does not exist."""
    cids = await stage.cids(10)
    states = dict.fromkeys(cids, 2) | dict.fromkeys(cids[6:8], 1) | dict.fromkeys(cids[8:], 3)
    await stage.evian3.set_customers(states)
    asked = [*cids[:5], "nobody000001", *cids[5:]]
    return asked, f"/set-action T-Enable evian3 {' '.join(asked)}"


def _names(cid: str, message: Message) -> bool:
    return not message.ephemeral and cid in words(message)


def offered(card: Message) -> set[str]:
    return {button.action_id for button in card.buttons}


async def card_when(stage: Stage, line: str, wanted: str) -> Message:
    """The card a command brings, once it says so."""
    reaction = await stage.desk.command(ASTER, OPS, line)
    assert reaction.acked
    return await stage.desk.until_message(OPS, ASTER, lambda m: not m.ephemeral and wanted in words(m))


async def test_the_card_counts_who_is_where_and_who_is_left_out(stage: Stage) -> None:
    _, line = await mixed(stage)
    said = words(await stage.ask(line))
    assert re.search(r"\*On Evian 3 \(evian3\), read at <!date\^\d+\^{time}\|[-: \d]+ UTC>:\*", said)
    assert "• 2 are in Tran-Begin :warning: T-Enable is meant to follow PE-Enable" in said
    assert "• 6 are in PE-Enable\n" in said
    assert "• 2 are in T-Enable already: left out" in said
    assert "• 1 does not exist there: left out" in said
    assert "*8 customers of 11 will be sent.*" in said
    assert "T-Enable will be sent to Evian 3 (evian3) for 8 customers." in said


@pytest.mark.parametrize(
    ("action", "warned"),
    [
        ("Tran-Begin", ["PE-Enable", "T-Enable", "PE-Finalize", "PE-Direct"]),
        ("PE-Direct", ["PE-Enable", "T-Enable", "PE-Finalize"]),
    ],
)
async def test_going_backwards_is_warned_about_where_an_action_begins(
    stage: Stage, action: str, warned: list[str]
) -> None:
    cids = await stage.cids(6)
    await stage.evian3.set_customers(dict(zip(cids, range(6), strict=True)))
    card = await stage.ask(f"/set-action {action} evian3 {' '.join(cids)}")
    against = rf"• 1 is in (\S+) :warning: {action} is not meant to follow it"
    assert re.findall(against, words(card)) == warned
    assert words(card).count(":warning:") == len(warned)
    assert "*5 customers of 6 will be sent.*" in words(card), "a warning is no refusal"


async def test_only_those_who_are_to_be_sent_are_sent_and_the_rest_is_said(stage: Stage) -> None:
    asked, line = await mixed(stage)
    card = await stage.ask(line)
    await stage.confirm(card)
    said = words(await stage.thread(card, "all 8 customers accepted"))
    assert "refused" not in said
    record = await stage.evian3.record()
    assert [post.cids for post in record.posts] == [tuple(asked[:5] + asked[6:9])]
    assert len(record.gets) == 1
    done = await stage.card_saying(card, "8 of 8 answered")
    assert "Left out, as the card said: 2 already in T-Enable, 1 not on the cluster." in words(done)
    outcomes = [outcome for _, outcome, _ in await stage.outcomes()]
    assert outcomes == [1, 1, 1, 1, 1, 5, 1, 1, 1, 4, 4]
    [confirmed] = await stage.rows("SELECT detail FROM audit_log WHERE event = 'confirmed'")
    detail = json.loads(confirmed.detail)
    assert (detail["customers"], detail["left_out"], len(detail["digest"])) == (8, 3, 16)


async def test_chunks_are_cut_of_those_who_are_sent(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(**READ, chunk_size=3, more="concurrency = 1")
    asked, line = await mixed(stage)
    card = await stage.ask(line)
    await stage.confirm(card)
    await stage.thread(card, "all 8 customers accepted")
    sent = asked[:5] + asked[6:9]
    posts = [post.cids for post in (await stage.evian3.record()).posts]
    assert posts == [tuple(sent[:3]), tuple(sent[3:6]), tuple(sent[6:])]


async def test_those_there_already_are_sent_too_if_asked_and_left_out_again(stage: Stage) -> None:
    asked, line = await mixed(stage)
    card = await stage.ask(line)
    await stage.desk.click(ASTER, card, "include_there")
    more = await stage.card_saying(card, "• 2 are in T-Enable already: sent again, as you asked")
    assert "*10 customers of 11 will be sent.*" in words(more)
    await stage.desk.click(ASTER, more, "leave_out_there")
    fewer = await stage.card_saying(card, "*8 customers of 11 will be sent.*")
    await stage.desk.click(ASTER, fewer, "include_there")
    again = await stage.card_saying(card, "*10 customers of 11 will be sent.*")
    await stage.confirm(again)
    await stage.thread(card, "all 10 customers accepted")
    [post] = (await stage.evian3.record()).posts
    assert set(post.cids) == set(asked) - {"nobody000001"}
    changes = await stage.rows("SELECT actor, detail FROM audit_log WHERE event = 'changed' ORDER BY seq")
    assert [json.loads(row.detail)["already_there"] for row in changes] == [
        "sent too",
        "left out",
        "sent too",
    ]
    assert {row.actor for row in changes} == {"T0SANDBOX/U0ASTER"}


async def test_what_was_shown_is_confirmed_and_nothing_else(stage: Stage) -> None:
    _, line = await mixed(stage)
    old = await stage.ask(line)
    await stage.desk.click(ASTER, old, "include_there")
    await stage.card_saying(old, "*10 customers of 11 will be sent.*")
    reaction = await stage.confirm(old)  # the button as it was drawn before
    assert reaction.acked
    await stage.private("This card has changed since you looked at it. Nothing was sent.")
    assert (await stage.job()).state == "proposed"
    assert (await stage.evian3.record()).posts == ()
    assert "refused_click" in await stage.events()


async def test_there_is_nothing_to_confirm_where_nothing_would_be_sent(stage: Stage) -> None:
    cids = await stage.cids(3)
    await stage.evian3.set_customers(dict.fromkeys(cids[:2], 3))
    line = f"/set-action T-Enable evian3 {' '.join(cids[:2])} nobody000001"
    card = await card_when(stage, line, "*So there is nothing to send.*")
    assert offered(card) == {"include_there", "customers_csv", "read_again", "edit", "cancel"}
    assert "There is nothing to confirm. Press *Edit* to change the list. This card expires <!date" in words(
        card
    )
    forged = await stage.job()
    assert forged.state == "proposed"
    await stage.desk.click(ASTER, card, "include_there")
    await stage.confirm(await stage.card_saying(card, "*2 customers of 3 will be sent.*"))
    await stage.thread(card, "both customers accepted")


@pytest.mark.parametrize(
    ("mood", "why"),
    [
        (moods.server_error(), "The customers' state could not be read."),
        (moods.silent(), "The cluster did not tell its customers' state within 0.6 s."),
        (moods.truncated(), "The customers' state could not be read."),
        (moods.wrong_token(), "Invalid access token"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
async def test_a_cluster_that_cannot_be_read_may_be_confirmed_knowing_that(
    idle_stage: Stage, mood: moods.Mood, why: str
) -> None:
    stage = idle_stage
    await stage.start_bot(preview_s=0.6)
    await stage.evian3.next_mood(mood, on=Call.GET)
    [cid] = await stage.cids(1)
    card = await stage.ask(f"/set-action T-Enable evian3 {cid}")
    said = words(card)
    assert why in said
    assert "it is not known which of these customers exist" in said
    assert "the cluster refuses the request, names them, and I send the others again without them" in said
    asked = card.button("confirm").confirm
    assert asked
    assert "could not tell which of them exist" in asked["text"]["text"]
    assert len(asked["text"]["text"]) <= 300
    await stage.confirm(card)
    await stage.thread(card, "1 customer accepted")


async def test_a_card_is_there_before_it_is_filled_in_and_cannot_be_confirmed_until_then(
    idle_stage: Stage,
) -> None:
    stage = idle_stage
    await stage.start_bot(**READ)
    await stage.evian3.next_mood(moods.slow(1.0), on=Call.GET)
    [cid] = await stage.cids(1)
    early = await card_when(stage, f"/set-action T-Enable evian3 {cid}", "in which state they are now")
    assert offered(early) == {"edit", "cancel"}
    await stage.confirm(await stage.card_saying(early, "*1 customer will be sent.*"))
    await stage.thread(early, "1 customer accepted")


async def test_it_can_be_read_again(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(**READ)
    await stage.evian3.next_mood(moods.server_error(), on=Call.GET)
    _, line = await mixed(stage)
    card = await stage.ask(line)
    assert "read_again" in offered(card)
    await stage.desk.click(ASTER, card, "read_again")
    filled = await stage.card_saying(card, "*8 customers of 11 will be sent.*")
    await stage.confirm(card)  # as it was: for all eleven
    await stage.private("This card has changed since you looked at it.")
    await stage.confirm(filled)
    await stage.thread(card, "all 8 customers accepted")


async def test_what_was_read_can_be_read_again_and_is_confirmed_as_it_is_then(stage: Stage) -> None:
    asked, line = await mixed(stage)
    card = await stage.ask(line)
    await stage.desk.click(ASTER, card, "include_there")
    card = await stage.card_saying(card, "*10 customers of 11 will be sent.*")
    await stage.evian3.set_customers({asked[0]: 1})
    await stage.evian3.next_mood(moods.slow(0.4), on=Call.GET)
    for _ in range(2):
        assert (await stage.desk.click(ASTER, card, "read_again")).acked
    await stage.confirm(card)
    await stage.private("state is being read just now")
    await stage.desk.click(ASTER, card, "leave_out_there")  # as it was drawn before
    await stage.private("state is not known yet")
    filled = await stage.card_saying(card, "• 3 are in Tran-Begin")
    await stage.confirm(card)
    await stage.private("This card has changed since you looked at it.")
    await stage.confirm(filled)
    await stage.thread(card, "all 10 customers accepted")
    record = await stage.evian3.record()
    assert (len(record.posts), len(record.gets)) == (1, 2)


async def test_read_again_with_the_same_result_what_was_shown_still_counts(stage: Stage) -> None:
    _, line = await mixed(stage)
    card = await stage.ask(line)
    await stage.desk.click(ASTER, card, "include_there")
    card = await stage.card_saying(card, "*10 customers of 11 will be sent.*")
    await stage.desk.click(ASTER, card, "read_again")
    await stage.evian3.until(lambda seen: len(seen.gets) == 2)
    async with asyncio.timeout(5):
        while (await stage.job()).digest is None:  # noqa: ASYNC110 - rows ring no event here
            await asyncio.sleep(0.02)  # what was read is not written down yet
    await stage.settled()
    await stage.card_saying(card, "sent again, as you asked")
    await stage.confirm(card)
    await stage.thread(card, "all 10 customers accepted")


async def test_an_edit_keeps_that_those_already_there_are_sent_too(stage: Stage) -> None:
    cids = await stage.cids(2)
    await stage.evian3.set_customers({cids[0]: 2, cids[1]: 3})
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(cids)}")
    await stage.desk.click(ASTER, card, "include_there")
    card = await stage.card_saying(card, "*2 customers will be sent")
    await stage.desk.click(ASTER, card, "edit")
    await stage.desk.submit(await form_of(stage), {"reason": "ticket"})
    card = await stage.desk.until_message(
        OPS, ASTER, lambda m: "Why: ticket" in words(m) and can_be_confirmed(m)
    )
    assert "• 1 is in T-Enable already: sent again, as you asked" in words(card)
    await stage.desk.click(ASTER, card, "edit")
    await stage.desk.submit(await form_of(stage), {"action": "PE-Enable"})
    card = await stage.desk.until_message(
        OPS, ASTER, lambda m: "PE-Enable for 2" in words(m) and can_be_confirmed(m)
    )
    assert "• 1 is in PE-Enable already: left out" in words(card), "it was said of another action"


async def test_everybody_asked_for_twice_is_one_file(stage: Stage) -> None:
    _, line = await mixed(stage)
    card = await stage.ask(line)
    await asyncio.gather(*(stage.desk.click(ASTER, card, "customers_csv") for _ in range(2)))
    await stage.settled()
    await stage.desk.click(ASTER, card, "customers_csv")
    await stage.settled()
    assert [len(m.files) for m in await stage.thread_of(card)] == [1]
    await stage.desk.click(ASTER, card, "include_there")
    await stage.desk.click(ASTER, await stage.card_saying(card, "*10 customers of 11"), "customers_csv")
    await stage.settled()
    assert [len(m.files) for m in await stage.thread_of(card)] == [1, 1], "another list is another file"


async def test_everybody_is_one_click_away_as_a_file(stage: Stage) -> None:
    asked, line = await mixed(stage)
    card = await stage.ask(line)
    await stage.desk.click(ASTER, card, "customers_csv")
    shared = await stage.desk.until(lambda e: e.kind == "file_shared")
    assert shared.details["thread"] == card.ts
    content = (await stage.desk.file_content(shared.details["file"])).decode()
    header, *rows = csv.reader(io.StringIO(content, newline=""))
    assert header == ["customer_id", "state", "what will be done"]
    assert [row[0] for row in rows] == asked
    assert rows[5] == ["nobody000001", "", "left out: does not exist"]
    assert rows[10] == [asked[10], "T-Enable", "left out: already there"]
    assert rows[0] == [asked[0], "PE-Enable", "will be sent"]
    assert can_be_confirmed(await stage.card_saying(card, "will be sent"))


@pytest.mark.parametrize("button", ["include_there", "customers_csv", "cancel"])
async def test_only_who_asked_may_press(stage: Stage, button: str) -> None:
    _, line = await mixed(stage)
    card = await stage.ask(line)
    await stage.desk.click(BRAM, card, button)
    await stage.private("Only the person who asked", user=BRAM)
    job = await stage.job()
    assert (job.state, job.already_there) == ("proposed", 2)
    assert "refused_click" in await stage.events()


async def test_one_read_fills_in_every_card_that_waits(stage: Stage) -> None:
    await stage.evian3.next_mood(moods.slow(0.5), on=Call.GET)
    cids = await stage.cids(6)
    await asyncio.gather(
        *(stage.desk.command(ASTER, OPS, f"/set-action T-Enable evian3 {cid}") for cid in cids)
    )
    for cid in cids:
        card = await stage.desk.until_message(OPS, ASTER, partial(_names, cid))
        assert can_be_confirmed(await stage.card_saying(card, "will be sent"))
    assert len((await stage.evian3.record()).gets) < len(cids)


async def test_a_bot_that_starts_again_fills_in_what_waits(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(**READ, timeout_s=9, settle_s=12)
    await stage.evian3.set_mood(moods.silent(), on=Call.GET)
    [cid] = await stage.cids(1)
    early = await card_when(stage, f"/set-action T-Enable evian3 {cid}", "in which state they are now")
    await stage.stop_bot()
    await stage.evian3.set_mood(moods.normal(), on=Call.GET)
    await stage.start_bot()
    assert can_be_confirmed(await stage.card_saying(early, "*1 customer will be sent.*"))


async def test_a_cluster_under_another_address_fills_in_nothing(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(**READ, timeout_s=9, settle_s=12)
    await stage.evian3.set_mood(moods.silent(), on=Call.GET)
    [cid] = await stage.cids(1)
    early = await card_when(stage, f"/set-action T-Enable evian3 {cid}", "in which state they are now")
    await stage.stop_bot()
    stage.tamper("UPDATE jobs SET base_url = 'https://elsewhere.example'")
    await stage.evian3.set_mood(moods.normal(), on=Call.GET)
    await stage.start_bot()
    said = words(await stage.card_saying(early, "The address of evian3 was changed"))
    assert "exist there: left out" not in said


async def test_decided_while_it_is_read_it_stays_decided(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(**READ)
    await stage.evian3.next_mood(moods.slow(0.6), on=Call.GET)
    [cid] = await stage.cids(1)
    early = await card_when(stage, f"/set-action T-Enable evian3 {cid}", "in which state they are now")
    await stage.desk.click(ASTER, early, "cancel")
    await stage.card_saying(early, "Cancelled by")
    await stage.evian3.until(lambda seen: bool(seen.gets) and seen.gets[0].status == 200)
    await stage.settled()
    job = await stage.job()
    assert (job.state, job.preview) == ("cancelled", "pending")
    assert "previewed" not in await stage.events()
