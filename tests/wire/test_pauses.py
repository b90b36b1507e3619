"""A cluster that asks us to wait, at the wire: left alone, tried again, in the end given up with words."""

from datetime import timedelta

import pytest

from bot.sandbox.cluster import End, Mood, Post, moods
from bot.sandbox.desk import Message
from store import pauses
from store.model import Pause
from tests.stage import Stage, words

ASKING = [
    pytest.param(moods.rate_limited("1"), "Too many requests", 1.0, id="429"),
    pytest.param(moods.starting(), "TMS bootstrap status(INIT) is not Ready", 0.6, id="not-ready"),
]


@pytest.fixture(autouse=True)
def short_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the cluster does not say how long, six tenths of a second instead of two."""
    monkeypatch.setattr(pauses, "FIRST_S", 0.6)


@pytest.mark.parametrize(("mood", "reason", "least_s"), ASKING)
async def test_a_cluster_that_recovers_is_sent_the_same_once_more(
    idle_stage: Stage, mood: Mood, reason: str, least_s: float
) -> None:
    stage = idle_stage
    await stage.evian3.next_mood(mood)
    await stage.start_bot()
    cids = await stage.cids(2)
    card = await confirmed(stage, cids)
    paused = words(await stage.thread(card, "asks to wait"))
    assert reason in paused
    assert "Nothing was done there" in paused
    assert reason in words(await stage.card_saying(card, "The cluster asks to wait"))
    await stage.thread(card, "both customers accepted")
    await stage.card_saying(card, "2 of 2 answered")
    await stage.stop_bot()
    refused, taken = await posts(stage)
    assert refused.cids == taken.cids == tuple(cids)
    assert taken.at - refused.at >= least_s
    assert "asks to wait" not in words(await stage.card_saying(card, "2 of 2 answered"))
    assert len(await stage.thread_of(card)) == 3  # started, paused, outcome: each once
    job = await stage.job()
    assert (job.state, job.accepted, job.refused, job.unknown) == ("done", 2, 0, 0)
    assert await stage.rows("SELECT * FROM pauses") == []
    assert await stage.events() == [
        "requested", "confirmed", "sent", "answered", "sent", "answered", "done",
    ]  # fmt: skip


@pytest.mark.parametrize(("mood", "reason", "least_s"), ASKING)
async def test_a_cluster_that_never_recovers_is_given_up_with_words(
    idle_stage: Stage, monkeypatch: pytest.MonkeyPatch, mood: Mood, reason: str, least_s: float
) -> None:
    stage = idle_stage
    monkeypatch.setattr(Pause, "GIVEN_UP_AFTER", timedelta(seconds=least_s / 2))
    await stage.evian3.set_mood(mood)
    await stage.start_bot()
    card = await confirmed(stage, await stage.cids(2))
    outcome = words(await stage.thread(card, "nothing was done: both customers refused"))
    assert reason in outcome
    assert "unknown" not in outcome
    await stage.stop_bot()
    assert len(await posts(stage)) == 2
    job = await stage.job()
    assert (job.state, job.accepted, job.refused, job.unknown) == ("done", 0, 2, 0)
    assert {detail for _, _, detail in await stage.outcomes() if detail and reason not in detail} == set()
    assert len(await stage.thread_of(card)) == 3


async def test_a_pause_holds_for_every_job_of_the_cluster_and_one_request_ends_it(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.evian3.next_mood(moods.rate_limited("1"))
    await stage.start_bot(chunk_size=1, more="concurrency = 4")
    first, *others = await stage.cids(6)
    paused = await confirmed(stage, [first])
    await stage.thread(paused, "asks to wait")
    card = await confirmed(stage, others)
    await stage.card_saying(card, "The cluster asks to wait")
    await stage.evian3.set_mood(moods.slow(0.3))
    await stage.thread(card, "all 5 customers accepted")
    asked, probe, *rest = await posts(stage)
    assert probe.at - asked.at >= 1.0
    assert all(post.at - probe.at >= 0.3 for post in rest)  # nothing beside the request that tries it
    assert len(rest) == 5


async def test_a_pause_outlives_the_bot(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.evian3.next_mood(moods.rate_limited("2"))
    await stage.start_bot()
    card = await confirmed(stage, await stage.cids(1))
    await stage.thread(card, "asks to wait")
    await stage.stop_bot()
    await stage.start_bot()
    await stage.thread(card, "1 customer accepted")
    asked, taken = await posts(stage)
    assert taken.at - asked.at >= 2.0


async def test_those_who_do_not_exist_are_left_out_although_the_cluster_paused_in_between(
    idle_stage: Stage,
) -> None:
    stage = idle_stage
    first, second = await stage.cids(2)
    for mood in (moods.starting(), moods.normal(), moods.starting(), moods.normal()):
        await stage.evian3.next_mood(mood)
    await stage.start_bot()
    card = await confirmed(stage, [first, "nobody0001", second])
    await stage.thread(card, "2 accepted, 1 refused")
    await stage.stop_bot()
    whole, others = (first, "nobody0001", second), (first, second)
    assert [post.cids for post in await posts(stage)] == [whole, whole, others, others]
    [chunk] = await stage.rows("SELECT * FROM chunks")
    assert (chunk.state, chunk.attempt, bool(chunk.split)) == ("accepted", 4, True)


async def test_a_cluster_that_waits_is_asked_once_although_the_request_that_tries_it_was_lost(
    idle_stage: Stage,
) -> None:
    """The bot went away while it tried: until that request has had its time, it may still be in flight."""
    stage = idle_stage
    await stage.evian3.next_mood(moods.starting())
    await stage.evian3.next_mood(moods.silent())
    await stage.start_bot(timeout_s=2, settle_s=2.7, chunk_size=1, more="concurrency = 1")
    await confirmed(stage, await stage.cids(2))
    await stage.evian3.until(lambda record: len(record.posts) == 2)
    stage.tamper("UPDATE chunks SET attempt = attempt + 1 WHERE state = 'sending'")  # its sender is gone
    await stage.evian3.until(lambda record: len(record.posts) == 3)
    _, lost, after = await posts(stage)
    assert lost.end is not End.OPEN
    assert after.at - lost.at >= 2.2  # the claim came a moment before


async def confirmed(stage: Stage, cids: list[str]) -> Message:
    """Ask for T-Enable of `cids` and confirm; the card."""
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(cids)}")
    assert (await stage.confirm(card)).acked
    return card


async def posts(stage: Stage) -> tuple[Post, ...]:
    """What evian3 was sent, in order."""
    return (await stage.evian3.record()).posts
