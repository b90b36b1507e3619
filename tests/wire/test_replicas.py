"""Two equal replicas on one PostgreSQL: one job each time, whoever heard of it."""

import asyncio
from collections.abc import Callable
from itertools import pairwise

import pytest

from bot import loops
from bot.sandbox.cluster import End, Post, moods
from bot.sandbox.desk import Message
from bot.sandbox.workspace.people import ASTER, OPS
from bot.turns.postgres import PostgresTurns
from tests.stage import Stage, words


@pytest.fixture
def shared_stage(idle_stage: Stage, postgres: Callable[[], str]) -> Stage:
    """A stage whose bots share one PostgreSQL; no bot yet."""
    idle_stage.database = postgres()
    return idle_stage


@pytest.fixture
async def replicas(shared_stage: Stage) -> Stage:
    """Two bots on one PostgreSQL."""
    await shared_stage.start_bot()
    await shared_stage.start_bot()
    return shared_stage


async def test_jobs_confirmed_through_two_replicas_run_once_each(replicas: Stage) -> None:
    cids = await replicas.cids(6)
    cards = [await replicas.ask(f"/set-action T-Enable evian3 {cid}") for cid in cids]
    for card in cards:
        await replicas.confirm(card)
    for card in cards:
        await replicas.thread(card, "1 customer accepted")
    record = await replicas.evian3.record()
    assert sorted(post.cids[0] for post in record.posts) == sorted(cids)
    jobs = await replicas.rows("SELECT state, accepted FROM jobs")
    assert [tuple(job) for job in jobs] == [("done", 1)] * 6


async def test_a_replica_goes_on_with_what_a_stopped_one_left(replicas: Stage) -> None:
    [cid] = await replicas.cids(1)
    await replicas.stop_bot()
    card = await replicas.ask(f"/set-action T-Enable evian3 {cid}")
    await replicas.confirm(card)
    await replicas.thread(card, "1 customer accepted")


async def test_a_click_redelivered_to_the_other_replica_makes_one_job(replicas: Stage) -> None:
    stage = replicas
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(await stage.cids(2))}")
    reaction = await stage.confirm(card)
    for _ in range(4):  # as many as there are sockets
        assert (await stage.desk.redeliver(reaction)).acked
    await stage.thread(card, "both customers accepted")
    await stage.stop_bots()
    journal = await stage.desk.journal()
    sockets = {
        e.details["socket"]
        for e in journal
        if e.kind == "envelope" and e.details["envelope_id"] == reaction.envelope_id
    }
    assert len(sockets) > 2  # a replica has two, so both heard of it
    assert len(await posts(stage)) == 1
    assert (await stage.events()).count("confirmed") == 1
    assert len(await stage.thread_of(card)) == 2


async def test_a_double_click_that_reaches_both_replicas_at_once_makes_one_job(replicas: Stage) -> None:
    stage = replicas
    cards = [await stage.ask(f"/set-action T-Enable evian3 {cid}") for cid in await stage.cids(5)]
    presses = [stage.desk.click(ASTER, card, "confirm") for card in cards for _ in range(4)]
    reactions = await asyncio.gather(*presses)  # envelopes go to the four sockets in turn
    assert all(reaction.acked for reaction in reactions)
    for card in cards:
        await stage.thread(card, "1 customer accepted")
    await stage.settled()
    assert len(await posts(stage)) == len(cards)
    events = await stage.events()
    assert (events.count("confirmed"), events.count("refused_click")) == (5, 15)
    threads = [await stage.thread_of(card) for card in cards]
    assert [len(thread) for thread in threads] == [2] * 5


async def test_a_command_redelivered_to_the_other_replica_brings_one_card(replicas: Stage) -> None:
    stage = replicas
    [cid] = await stage.cids(1)
    reaction = await stage.desk.command(ASTER, OPS, f"/set-action T-Enable evian3 {cid}")
    for _ in range(4):
        assert (await stage.desk.redeliver(reaction)).acked
    await stage.settled()
    assert len([m for m in await stage.desk.messages(OPS, ASTER) if m.buttons]) == 1
    await stage.job()


async def test_the_sending_replica_hears_at_once_of_what_was_confirmed_on_the_other(
    shared_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one replica has the turn, with nobody looking by itself: only the bell can tell it."""
    stage = shared_stage
    monkeypatch.setattr(PostgresTurns, "sweep_s", 60.0)
    monkeypatch.setattr(loops, "TAKEN_S", 60.0)
    await stage.start_bot(chunk_size=1, timeout_s=60, settle_s=81, more="concurrency = 8")
    await stage.evian3.next_mood(moods.silent())
    first, *others = await stage.cids(5)
    await confirmed(stage, [first])
    await stage.evian3.until(lambda record: len(record.posts) == 1)  # the first replica has the turn
    await stage.start_bot()
    cards = [await stage.ask(f"/set-action T-Enable evian3 {cid}") for cid in others]
    for card in cards:
        await stage.confirm(card)
    record = await stage.evian3.until(lambda record: len(record.posts) == 5)
    assert record.posts[0].end is End.OPEN  # all that while the first hung


async def test_both_together_send_no_more_at_once_than_the_cluster_takes(shared_stage: Stage) -> None:
    stage, held_s = shared_stage, 0.15
    await stage.evian3.set_mood(moods.slow(held_s))
    for _ in range(2):
        await stage.start_bot(chunk_size=1, more="concurrency = 2")
    cids = await stage.cids(16)
    cards = [
        await stage.ask(f"/set-action T-Enable evian3 {' '.join(cids[start : start + 4])}")
        for start in range(0, 16, 4)
    ]
    await asyncio.gather(*(stage.confirm(card) for card in cards))
    for card in cards:
        await stage.thread(card, "all 4 customers accepted")
    came = [post.at for post in await posts(stage)]
    assert len(came) == 16
    assert all(third - first > 0.95 * held_s for first, third in zip(came, came[2:], strict=False))


async def test_cards_and_threads_are_told_once(replicas: Stage) -> None:
    stage = replicas
    cards = [await stage.ask(f"/set-action T-Enable evian3 {cid}") for cid in await stage.cids(6)]
    await asyncio.gather(*(stage.confirm(card) for card in cards))
    for card in cards:
        await stage.thread(card, "1 customer accepted")
        await stage.card_saying(card, "1 of 1 answered")
    await stage.settled()
    await stage.stop_bots()
    for card in cards:
        started, outcome = await stage.thread_of(card)
        assert "is confirmed" in words(started)
        assert "<@U0ASTER>" in words(outcome)
    assert len([m for m in await stage.desk.messages(OPS, ASTER) if not m.ephemeral]) == 6
    posted = [
        e.details["arguments"]["metadata"]["event_payload"]["item"]
        for e in await stage.desk.journal()
        if e.kind == "api" and e.details["method"] == "chat.postMessage"
    ]
    assert len(posted) == len(set(posted)) == 18


async def test_a_replica_stopped_in_the_middle_of_a_job_leaves_the_rest_to_the_other(
    shared_stage: Stage,
) -> None:
    stage = shared_stage
    await stage.evian3.set_mood(moods.slow(0.2))
    await stage.start_bot(chunk_size=1, more="concurrency = 2")
    cids = await stage.cids(10)
    card = await confirmed(stage, cids)
    await stage.evian3.until(lambda record: len(record.posts) == 3)
    await stage.start_bot()
    await stage.stop_bot()  # the one that was sending
    assert (await stage.job()).state == "running"
    await stage.thread(card, "all 10 customers accepted")
    await stage.card_saying(card, "10 of 10 answered")
    went = await posts(stage)
    assert sorted(cid for post in went for cid in post.cids) == sorted(cids)
    came = [post.at for post in went]
    assert (
        max(later - sooner for sooner, later in pairwise(came)) < 3.0
    )  # handed over: nobody had to find it dead
    await stage.settled()
    assert len(await stage.thread_of(card)) == 2


async def test_an_unknown_outcome_is_read_once_over_both(shared_stage: Stage) -> None:
    stage = shared_stage
    await stage.evian3.next_mood(moods.closed(acts=True))
    for _ in range(2):
        await stage.start_bot(timeout_s=2.0, settle_s=3.0)
    card = await confirmed(stage, await stage.cids(2))
    await stage.thread(card, "checked. The cluster has both customers")
    await stage.stop_bots()
    assert len((await stage.evian3.record()).gets) == 1
    assert len(await posts(stage)) == 1
    assert len(await stage.thread_of(card)) == 3


async def confirmed(stage: Stage, cids: list[str]) -> Message:
    """Ask for T-Enable of `cids` and confirm; the card."""
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(cids)}")
    assert (await stage.confirm(card)).acked
    return card


async def posts(stage: Stage) -> tuple[Post, ...]:
    """What evian3 was sent, in order of arrival."""
    return (await stage.evian3.record()).posts
