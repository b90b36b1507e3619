"""Arrival at the wire: accepted, then arriving, then all arrived; or given up, and watched again."""

import asyncio
from typing import Any

from bot.sandbox.cluster import Call, ClusterDesk, moods
from bot.sandbox.desk import Message
from bot.sandbox.workspace.people import ASTER, BRAM
from store.model import CustomerOutcome
from tests.stage import Stage, words

BRISK = "{ every_s = 0.2, give_up_after_s = 3600 }"
SHORT = "{ every_s = 0.2, give_up_after_s = 0.6 }"
FAST = {"timeout_s": 1.2, "settle_s": 1.7}
ALL_THERE = "have arrived. It took"
GIVEN_UP = "not arrived."
CALLED = "<@U0ASTER>:"


async def test_acceptance_and_arrival_are_told_apart(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.evian3.arrive_after(None)
    cids = await stage.cids(4)
    card = await accepted(stage, cids, arrival=BRISK)
    outcome = words(await stage.thread(card, "all 4 customers accepted"))
    assert CALLED not in outcome  # the message that ends the job calls
    assert "Whether they have arrived is watched, and told here." in outcome
    shown = words(await stage.card_saying(card, "0 of 4 arrived"))
    assert "▓▓▓▓▓▓▓▓▓▓ 4 of 4 answered (4 accepted)" in shown
    assert "░░░░░░░░░░ 0 of 4 arrived" in shown
    assert "Accepted, 0 of 4 arrived." in shown
    assert "Watching whether all have arrived" in shown
    await stage.evian3.set_customers(dict.fromkeys(cids[:2], 3))
    half = words(await stage.card_saying(card, "2 of 4 arrived"))
    assert "▓▓▓▓▓░░░░░ 2 of 4 arrived" in half
    assert (await stage.job()).state == "watching"
    await stage.evian3.arrive()
    last = words(await stage.thread(card, ALL_THERE))
    assert f"{CALLED} T-Enable on Evian 3 (evian3), all 4 customers have arrived." in last
    ended = words(await stage.card_saying(card, "All 4 arrived"))
    assert "▓▓▓▓▓▓▓▓▓▓ 4 of 4 arrived" in ended
    assert "Watching" not in ended
    await stage.stop_bot()
    job = await stage.job()
    assert (job.state, job.accepted, job.arrived, job.watch_at) == ("done", 4, 4, None)
    assert {outcome for _, outcome, _ in await stage.outcomes()} == {CustomerOutcome.ARRIVED}
    assert [m.text.count(CALLED) for m in await stage.thread_of(card)] == [0, 0, 1]
    assert await stage.events() == [
        "requested", "confirmed", "sent", "answered", "arrived", "arrived", "done",
    ]  # fmt: skip
    assert len((await stage.evian3.record()).posts) == 1


async def test_one_read_serves_every_job_and_asks_for_few_by_name(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.evian3.arrive_after(None)
    await stage.start_bot(arrival="{ every_s = 0.5, give_up_after_s = 3600 }")
    cids = await stage.cids(9)
    for start in (0, 3, 6):
        card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(cids[start : start + 3])}")
        await stage.confirm(card)
        await stage.thread(card, "all 3 customers accepted")
    before = len((await stage.evian3.record()).gets)
    record = await stage.evian3.until(lambda record: len(record.gets) >= before + 3)
    first, second = record.gets[before + 1 : before + 3]
    assert set(first.cids) == set(second.cids) == set(cids)
    assert second.at - first.at >= 0.45


async def test_many_are_read_all_at_once(idle_stage: Stage) -> None:
    stage = idle_stage
    card = await accepted(stage, await stage.cids(101), arrival=BRISK)
    await stage.thread(card, "all 101 customers have arrived")
    assert {get.cids for get in (await stage.evian3.record()).gets} == {("ALL",)}


async def test_who_moved_on_meanwhile_has_arrived_but_not_who_was_there_before(idle_stage: Stage) -> None:
    stage = idle_stage
    moved, beyond, there = cids = await stage.cids(3)
    await stage.evian3.arrive_after(None)
    await stage.evian3.set_customers({beyond: 4})
    card = await accepted(stage, cids, arrival=BRISK, preview_s=5)
    await stage.evian3.set_customers({moved: 4, there: 3})
    await stage.card_saying(card, "2 of 3 arrived")
    await stage.evian3.set_customers({beyond: 3})  # by the action's own state it does arrive
    await stage.thread(card, "all 3 customers have arrived")


async def test_without_a_preview_the_first_read_stands_for_it(idle_stage: Stage) -> None:
    stage = idle_stage
    moved, beyond = cids = await stage.cids(2)
    await stage.evian3.arrive_after(None)
    await stage.evian3.set_customers({beyond: 4})
    card = await accepted(stage, cids, arrival=BRISK)
    await stage.evian3.until(lambda record: len(record.gets) >= 2)
    await stage.evian3.set_customers({moved: 4})
    await stage.card_saying(card, "1 of 2 arrived")
    arrived = await stage.rows("SELECT cid FROM job_customers WHERE outcome = 6")
    assert [row.cid for row in arrived] == [moved]


async def test_stragglers_are_told_with_their_state_and_watched_again(idle_stage: Stage) -> None:
    stage = idle_stage
    cids = await stage.cids(15)
    await stage.evian3.hold_up(cids[:12])
    card = await accepted(stage, cids, arrival=SHORT)
    told = await stage.thread(card, GIVEN_UP)
    said = words(told)
    assert (
        f":warning: {CALLED} T-Enable on Evian 3 (evian3), 12 of 15 customers accepted have not arr" in said
    )
    assert "• 12 are in PE-Enable" in said
    assert cids[0] in said
    assert "… and 2 more" in said
    assert "Nothing was sent again" in said
    await stage.card_saying(card, "Done: 12 of 15 have not arrived")
    await stage.settled()
    [file] = [file for m in await stage.thread_of(card) for file in m.files]
    assert (
        file.title
        == f"12 customers of job {(await stage.job()).uuid[:8]} that have not arrived, with their state"
    )
    await stage.evian3.hold_up([])
    await stage.evian3.set_customers(dict.fromkeys(cids, 3))
    reactions = await asyncio.gather(*(stage.desk.click(ASTER, told, "watch_again") for _ in range(2)))
    assert all(reaction.acked for reaction in reactions)
    await stage.thread(card, "Watching again")
    await stage.thread(card, "all 15 customers have arrived")
    await stage.desk.click(ASTER, told, "watch_again")
    await stage.private("All that were accepted have arrived by now", thread=card.ts)
    await stage.stop_bot()
    job = await stage.job()
    assert (job.state, job.accepted, job.arrived) == ("done", 15, 15)
    events = await stage.events()
    assert events.count("watch_asked") == 1
    assert events.count("refused_click") == 2
    assert events.count("not_arrived") == 1
    assert len((await stage.evian3.record()).posts) == 1


async def test_a_stranger_cannot_watch_again(idle_stage: Stage) -> None:
    stage = idle_stage
    cids = await stage.cids(1)
    await stage.evian3.hold_up(cids)
    card = await accepted(stage, cids, arrival=SHORT)
    told = await stage.thread(card, "the customer accepted has not arrived")
    await stage.desk.click(BRAM, told, "watch_again")
    await stage.private("Only the person who asked can do this", user=BRAM, thread=card.ts)
    await stage.stop_bot()
    assert (await stage.events())[-1] == "refused_click"
    assert (await stage.job()).state == "done"


async def test_reads_that_fail_are_on_the_card_and_never_end_it_before_its_time(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.evian3.set_mood(moods.server_error(), on=Call.GET)
    card = await accepted(stage, await stage.cids(2), arrival=BRISK)
    shown = words(await stage.card_saying(card, "Internal error"))
    assert "It is tried again, until" in shown
    assert "Accepted, 0 of 2 arrived." in shown
    await stage.evian3.until(lambda record: len(record.gets) >= 4)
    assert (await stage.job()).state == "watching"
    await stage.evian3.set_mood(moods.normal(), on=Call.GET)
    await stage.thread(card, "both customers have arrived")
    assert "Internal error" not in words(await stage.card_saying(card, "All 2 arrived"))


async def test_given_up_without_a_read_it_says_why(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.evian3.set_mood(moods.replying("shouting", "<!channel>"), on=Call.GET)
    card = await accepted(stage, await stage.cids(2), arrival=SHORT)
    said = words(await stage.thread(card, "both customers accepted have not arrived"))
    assert "When last asked: The customers' state could not be read" in said
    assert "<!channel>" not in said
    assert "not on the cluster" not in said


async def test_a_read_slower_than_the_interval_is_left_a_rest(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.evian3.arrive_after(None)
    await stage.evian3.set_mood(moods.slow(0.4), on=Call.GET)
    await accepted(stage, await stage.cids(1), arrival=BRISK)
    record = await stage.evian3.until(lambda record: len(record.gets) >= 3)
    first, second, _ = record.gets[:3]
    assert first.ended_at is not None
    assert second.at - first.ended_at >= 0.19


async def test_a_bot_that_is_stopped_watches_on_after_its_start(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.evian3.arrive_after(None)
    card = await accepted(stage, await stage.cids(2), arrival=BRISK)
    await stage.card_saying(card, "0 of 2 arrived")
    await stage.stop_bot()
    await stage.evian3.arrive()
    await stage.start_bot()
    await stage.thread(card, "both customers have arrived")


async def test_another_cluster_is_never_asked_who_has_arrived(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.evian3.arrive_after(None)
    card = await accepted(stage, await stage.cids(2), arrival=BRISK)
    await stage.stop_bot()
    async with ClusterDesk(stage.host.address, "fiji1") as fiji1:
        await fiji1.set_customers(dict.fromkeys(await stage.cids(2), 3))
        stage.environment["FIJI1_TOKEN"] = stage.variables(stage.folder)["EVIAN3_TOKEN"]
        await stage.start_bot(evian3=stage.host.base_url("fiji1"))
        told = await stage.thread(card, GIVEN_UP)
        assert "evian3 is not configured under the address this was confirmed for" in words(told)
        assert (await fiji1.record()).gets == ()
        await stage.desk.click(ASTER, told, "watch_again")
        await stage.private("so it cannot be asked", thread=card.ts)
    job = await stage.job()
    assert (job.state, job.arrived) == ("done", 0)


async def test_a_cluster_that_was_taken_out_ends_watching_with_words(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.evian3.arrive_after(None)
    card = await accepted(stage, await stage.cids(2), arrival=BRISK)
    await stage.stop_bot()
    stage.tamper("UPDATE jobs SET cluster = 'gone9'")
    await stage.start_bot()
    said = words(await stage.thread(card, GIVEN_UP))
    assert "They are not watched any more: gone9 is not configured" in said
    assert (await stage.job()).state == "done"


async def test_watching_that_is_switched_off_meanwhile_ends_with_words(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.evian3.arrive_after(None)
    card = await accepted(stage, await stage.cids(2), arrival=BRISK)
    await stage.stop_bot()
    await stage.start_bot(arrival="{ watch = false }")
    told = await stage.thread(card, "Watching evian3 was switched off in the configuration.")
    await stage.desk.click(ASTER, told, "watch_again")
    await stage.private("Watching evian3 is switched off", thread=card.ts)
    await stage.card_saying(card, "Done: 2 of 2 have not arrived")


async def test_what_was_unknown_and_is_found_has_arrived_as_well(idle_stage: Stage) -> None:
    stage = idle_stage
    cids = await stage.cids(4)
    await stage.evian3.next_mood(moods.closed(acts=True))
    card = await accepted(stage, cids, arrival=BRISK, chunk_size=2, more="concurrency = 1", **FAST)
    outcome = words(await stage.thread(card, "2 accepted, 2 unknown"))
    assert CALLED in outcome  # something is unknown: it is worth a look
    await stage.thread(card, "so the request counts as accepted, and they have arrived,")
    await stage.thread(card, "all 4 customers have arrived")
    await stage.stop_bot()
    job = await stage.job()
    assert (job.state, job.accepted, job.arrived, job.unknown) == ("done", 4, 4, 0)


async def test_nothing_accepted_nothing_watched(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.evian3.set_mood(moods.forbidden())
    card = await accepted(stage, await stage.cids(2), arrival=BRISK)
    assert CALLED in words(await stage.thread(card, "nothing was done"))
    await stage.card_saying(card, "Failed: refused by the cluster")
    await stage.stop_bot()
    assert (await stage.evian3.record()).gets == ()


async def test_refused_and_arrived_are_told_together(idle_stage: Stage) -> None:
    stage = idle_stage
    card = await accepted(stage, [*await stage.cids(2), "c001d3b0fb0111ef"], arrival=BRISK)
    assert CALLED in words(await stage.thread(card, "2 accepted, 1 refused"))
    said = words(await stage.thread(card, "both customers accepted have arrived"))
    assert "In all: 2 accepted, 1 refused." in said
    await stage.card_saying(card, "Partly failed: 2 accepted, 1 refused, all 2 arrived")


async def test_the_second_bar_moves_while_the_job_is_still_being_sent(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.evian3.set_mood(moods.slow(1.0))
    await stage.evian3.next_mood(moods.normal())
    await stage.start_bot(arrival=BRISK, chunk_size=1, more="concurrency = 1")
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(await stage.cids(2))}")
    await stage.confirm(card)
    shown = words(await stage.card_saying(card, "1 of 2 arrived"))
    assert "1 of 2 answered (1 accepted)" in shown
    assert "Being sent." in shown
    await stage.thread(card, "both customers have arrived")


async def test_switched_off_nothing_is_read_and_the_words_say_so(idle_stage: Stage) -> None:
    stage = idle_stage
    card = await accepted(stage, await stage.cids(2), arrival="{ watch = false }")
    said = words(await stage.thread(card, f"{CALLED} T-Enable on Evian 3 (evian3), both customers accepted"))
    assert "This bot does not check whether they have arrived." in said
    await stage.card_saying(card, "All 2 accepted by the cluster")
    await stage.stop_bot()
    assert (await stage.evian3.record()).gets == ()
    assert (await stage.job()).watch_until is None


async def accepted(stage: Stage, cids: list[str], **settings: Any) -> Message:
    """Start the bot and confirm a job for these customers; the card."""
    await stage.start_bot(**settings)
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(cids)}")
    await stage.confirm(card)
    await stage.thread(card, "T-Enable on Evian 3 (evian3), ")
    return card
