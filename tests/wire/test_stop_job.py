"""Stopping a job at the wire: nothing further is sent, what is in flight is told truthfully, done follows."""

import asyncio

import pytest

from bot.sandbox.cluster import moods
from bot.sandbox.desk import Message
from bot.sandbox.desk_line import PATIENCE_S
from bot.sandbox.workspace.people import ASTER, BRAM
from store.model import CustomerOutcome
from tests.stage import Stage, words

ONE_BY_ONE = {"chunk_size": 2, "more": "concurrency = 1"}
ADMIN = """concurrency = 1

[[policy]]
who = ["U0BRAM"]
may = ["admin"]
actions = ["*"]
clusters = ["evian3"]
"""


async def confirmed(stage: Stage, cids: list[str]) -> Message:
    """A job of these customers."""
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(cids)}")
    assert (await stage.confirm(card)).acked
    return card


async def in_flight(stage: Stage, number: int) -> None:
    """Once so many POSTs have reached the cluster."""
    await stage.evian3.until(lambda record: len(record.posts) == number)


async def stop(stage: Stage, card: Message, user: str = ASTER) -> None:
    shown = await stage.card_saying(card, "Confirmed by")
    assert (await stage.desk.click(user, shown, "stop_job")).acked


async def until_done(stage: Stage) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while (await stage.job()).state != "done":
            pass  # each turn asks the database anew


async def test_half_way_no_further_chunk_is_sent_and_what_is_in_flight_is_told(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(**ONE_BY_ONE)
    cids = await stage.cids(7)
    await stage.evian3.next_mood(moods.normal())
    await stage.evian3.next_mood(moods.slow(0.8))
    card = await confirmed(stage, cids)
    await in_flight(stage, 2)
    await stop(stage, card)
    told = await stage.thread(card, "has stopped this job")
    assert "So far: 2 accepted, 3 never sent." in words(told)
    assert "2 customers are in flight" in words(told)
    outcome = await stage.thread(card, "stopped by <@U0ASTER>: 4 accepted, 3 never sent, of 7 customers.")
    assert ":octagonal_sign:" in words(outcome)
    shown = await stage.card_saying(card, "Stopped: 4 accepted, 3 never sent.")
    assert "Stopped by <@U0ASTER>" in words(shown)
    assert [button.label for button in shown.buttons if button.action_id == "stop_job"] == []
    await until_done(stage)
    await stage.stop_bot()
    posts = (await stage.evian3.record()).posts
    assert [list(post.cids) for post in posts] == [cids[:2], cids[2:4]]
    job = await stage.job()
    assert (job.accepted, job.refused, job.unknown, job.cancelled, job.open_chunks) == (4, 0, 0, 3, 0)
    accepted, cancelled = CustomerOutcome.ACCEPTED, CustomerOutcome.CANCELLED
    assert [outcome for _, outcome, _ in await stage.outcomes()] == [accepted] * 4 + [cancelled] * 3
    assert await stage.events() == [
        "requested", "confirmed", "sent", "answered", "sent", "stopped", "answered", "done",
    ]  # fmt: skip


async def test_before_it_starts_nothing_is_sent(idle_stage: Stage) -> None:
    """A paused cluster keeps a job waiting; stopped then, it ends without a request."""
    stage = idle_stage
    await stage.evian3.next_mood(moods.rate_limited("60"))
    await stage.start_bot(**ONE_BY_ONE)
    first, second = await stage.cids(1), await stage.cids(3, start=1)
    await confirmed(stage, first)
    await in_flight(stage, 1)
    card = await confirmed(stage, second)
    await stop(stage, card)
    await stage.thread(card, "stopped by <@U0ASTER> before anything was sent.")
    await stage.card_saying(card, "Stopped before anything was sent.")
    assert len((await stage.evian3.record()).posts) == 1
    [_, job] = await stage.rows("SELECT * FROM jobs ORDER BY id")
    assert (job.state, job.cancelled, job.accepted) == ("done", 3, 0)


async def test_a_chunk_the_cluster_put_off_is_not_sent_after_the_stop(idle_stage: Stage) -> None:
    """429 after the stop: nothing was done, and it is not tried again."""
    stage = idle_stage
    await stage.evian3.next_mood(moods.rate_limited("1").model_copy(update={"after_s": 0.8}))
    await stage.start_bot(**ONE_BY_ONE)
    card = await confirmed(stage, await stage.cids(3))
    await in_flight(stage, 1)
    await stop(stage, card)
    await stage.thread(card, "stopped by <@U0ASTER> before anything was sent.")
    await until_done(stage)
    job = await stage.job()
    assert (job.cancelled, job.open_chunks) == (3, 0)
    details = [detail for _, _, detail in await stage.outcomes()]
    assert details[0] == details[1]
    assert "the cluster did nothing" in str(details[0])
    assert details[2] is None
    assert len((await stage.evian3.record()).posts) == 1


async def test_what_is_in_flight_and_never_answered_is_unknown_and_checked(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.evian3.next_mood(moods.silent())
    await stage.start_bot(timeout_s=1.2, settle_s=1.7, **ONE_BY_ONE)
    card = await confirmed(stage, await stage.cids(4))
    await in_flight(stage, 1)
    await stop(stage, card)
    await stage.thread(card, "stopped by <@U0ASTER>: 2 unknown, 2 never sent, of 4 customers.")
    await stage.thread(card, "although its answer never came")
    await until_done(stage)
    job = await stage.job()
    assert (job.accepted, job.unknown, job.cancelled) == (2, 0, 2)
    assert len((await stage.evian3.record()).posts) == 1


async def test_unknown_customers_about_to_be_sent_again_are_unknown_still(idle_stage: Stage) -> None:
    """They were sent once: to call them never sent would be a lie."""
    stage = idle_stage
    await stage.evian3.next_mood(moods.closed(acts=False), times=2)
    await stage.start_bot(timeout_s=1.2, settle_s=1.7, **ONE_BY_ONE)
    card = await confirmed(stage, await stage.cids(4))
    read = await stage.thread(card, "not, or not yet")
    await stage.evian3.next_mood(moods.slow(0.8))
    await stage.desk.click(ASTER, read, "send_rest")
    await in_flight(stage, 3)
    await stage.settled()
    shown = await stage.card_saying(card, "Being sent")
    assert (await stage.desk.click(ASTER, shown, "stop_job")).acked
    told = await stage.thread(card, "stopped by <@U0ASTER>: 2 accepted, 2 unknown, of 4 customers.")
    assert "never sent" not in words(told)
    await stage.desk.click(ASTER, read, "send_rest")
    await stage.private("This job was stopped, so nothing more of it is sent", thread=card.ts)
    job = await stage.job()
    assert (job.accepted, job.unknown, job.cancelled, job.state) == (2, 2, 0, "watching")
    assert len((await stage.evian3.record()).posts) == 3


async def test_only_who_asked_approvers_and_administrators_may(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.evian3.set_mood(moods.slow(0.8))
    await stage.start_bot(**ONE_BY_ONE)
    card = await confirmed(stage, await stage.cids(4))
    await in_flight(stage, 1)
    await stop(stage, card, BRAM)
    told = await stage.private("Only the person who asked, approvers and administrators", user=BRAM)
    assert "<@U0ASTER>" in words(told)
    assert "refused_click" in await stage.events()
    await stage.thread(card, "all 4 customers accepted")


@pytest.mark.parametrize("right", ["admin", "approve"])
async def test_whoever_may_stops_somebody_elses_job_once(idle_stage: Stage, right: str) -> None:
    stage = idle_stage
    await stage.evian3.set_mood(moods.slow(0.8))
    await stage.start_bot(chunk_size=2, more=ADMIN.replace("admin", right))
    card = await confirmed(stage, await stage.cids(4))
    await in_flight(stage, 1)
    shown = await stage.card_saying(card, "Confirmed by")
    clicks = (stage.desk.click(user, shown, "stop_job") for user in (BRAM, ASTER))
    assert all(reaction.acked for reaction in await asyncio.gather(*clicks))
    await stage.card_saying(card, "2 accepted, 2 never sent")
    events = await stage.events()
    assert (events.count("stopped"), events.count("refused_click")) == (1, 1)
    assert len((await stage.evian3.record()).posts) == 1


async def test_after_it_has_ended_there_is_nothing_to_stop(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.evian3.next_mood(moods.slow(0.5))
    await stage.start_bot()
    card = await confirmed(stage, await stage.cids(2))
    shown = await stage.card_saying(card, "Confirmed by")
    await stage.thread(card, "both customers accepted")
    assert (await stage.desk.click(ASTER, shown, "stop_job")).acked
    await stage.private("This job has ended already")
    assert (await stage.job()).stopped_by is None
