"""Being told to stop, at the worst moments: what was taken is finished, what is not finished is kept."""

import asyncio
import threading
from collections.abc import Sequence

import pytest
from sqlalchemy import Connection
from structlog.testing import capture_logs

from bot.outbox import courier, drawing
from bot.outbox.drawing import Facts, Words
from bot.rosters import Rosters
from bot.sandbox.cluster import mood
from bot.sandbox.workspace.people import BRAM
from bot.views.message import Message
from store import chunks, short
from store.model import Chunk, Operator
from tests.stage import Stage, words
from tests.waiting import confirmed, guarded


async def test_a_click_under_way_is_acknowledged_before_the_connections_close(stage: Stage) -> None:
    """Committed but not acknowledged, the user would be told it failed although the job exists."""
    [cid] = await stage.cids(1)
    card = await stage.ask(f"/set-action T-Enable evian3 {cid}")
    with stage.locked_database():
        clicking = asyncio.create_task(stage.confirm(card))
        await stage.desk.until(lambda e: e.kind == "envelope" and e.details["type"] == "interactive")
        stopping = asyncio.create_task(stage.stop_bot())
        await asyncio.sleep(0.1)
        assert not stopping.done()
    reaction = await clicking
    await stopping
    assert reaction.acked
    assert (await stage.job()).state != "proposed"


async def test_a_post_under_way_ends_and_is_told_before_the_stop(stage: Stage) -> None:
    await stage.evian3.next_mood(mood.slow(0.5))
    [cid] = await stage.cids(1)
    card = await stage.ask(f"/set-action T-Enable evian3 {cid}")
    await stage.confirm(card)
    await stage.evian3.until(lambda record: len(record.posts) == 1)
    await stage.stop_bot()
    job = await stage.job()
    assert (job.state, job.accepted, job.unknown) == ("done", 1, 0)
    assert "accepted" in words((await stage.thread_of(card))[-1])
    assert await stage.rows("SELECT * FROM outbox") == []


async def test_no_chunk_is_begun_after_the_stop(idle_stage: Stage) -> None:
    """What was not sent waits for the next start, and is then sent once."""
    stage = idle_stage
    await stage.start_bot(chunk_size=1, more="concurrency = 1")
    await stage.evian3.set_mood(mood.slow(0.3))
    cids = await stage.cids(4)
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(cids)}")
    await stage.confirm(card)
    await stage.evian3.until(lambda record: len(record.posts) == 1)
    await stage.stop_bot()
    assert len((await stage.evian3.record()).posts) == 1
    await stage.start_bot()
    await stage.thread(card, "all 4 customers accepted")
    posts = (await stage.evian3.record()).posts
    assert sorted(cid for post in posts for cid in post.cids) == sorted(cids)


async def test_a_chunk_claimed_at_the_very_moment_of_the_stop_is_under_way_too(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed, go_on = threading.Event(), threading.Event()
    original = chunks.claim

    def claim(conn: Connection, cluster: str) -> Chunk | None:
        if chunk := original(conn, cluster):
            claimed.set()
            assert go_on.wait(10)
        return chunk

    monkeypatch.setattr(chunks, "claim", claim)
    monkeypatch.setattr(short, "FEW", 0)  # as where chunks are larger: on a thread, while the loop goes on
    [cid] = await stage.cids(1)
    await stage.evian3.set_mood(mood.slow(0.3))
    await stage.confirm(await stage.ask(f"/set-action T-Enable evian3 {cid}"))
    assert await asyncio.to_thread(claimed.wait, 10)
    stopping = asyncio.create_task(stage.stop_bot())
    await stage.desk.until(lambda e: e.kind == "socket_closed" and e.details["open"] == 0)
    go_on.set()
    await stopping
    job = await stage.job()
    assert (job.state, job.accepted, job.unknown) == ("done", 1, 0)
    assert len((await stage.evian3.record()).posts) == 1


async def test_a_message_that_cannot_be_drawn_does_not_hammer_nor_hold_up_others(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await stage.cids(2)
    poisoned = await stage.ask(f"/set-action T-Enable evian3 {first}")
    good, tries = drawing.draw, []

    def draw(facts: Facts, words: Words) -> Message:
        if facts.job.card_ts == poisoned.ts:
            tries.append(facts.item.id)
            raise KeyError("a mistake in the code")
        return good(facts, words)

    monkeypatch.setattr(courier, "REST_S", 0.2)
    with pytest.MonkeyPatch.context() as patch, capture_logs() as logs:
        patch.setattr(drawing, "draw", draw)
        await stage.confirm(poisoned)
        other = await stage.ask(f"/set-action T-Enable evian3 {second}")
        await stage.confirm(other)
        await stage.thread(other, "accepted")
        await asyncio.sleep(0.3)
    assert 1 <= len(tries) < 20
    assert "set_action.unexpected" in [entry["event"] for entry in logs]
    await stage.thread(poisoned, "accepted")


async def test_approvers_who_are_being_called_as_it_stops_are_told_before(
    idle_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = idle_stage
    asked, answer = asyncio.Event(), asyncio.Event()
    absent = Rosters.absent

    async def slow(self: Rosters, asker: Operator, who: Sequence[str], channel: str) -> Sequence[str]:
        asked.set()
        await answer.wait()
        return await absent(self, asker, who, channel)

    monkeypatch.setattr(Rosters, "absent", slow)
    await stage.start_bot(more=guarded(BRAM))
    card = await confirmed(stage)
    await asked.wait()
    stopping = asyncio.create_task(stage.stop_bot())
    await stage.desk.until(lambda entry: entry.kind == "socket_closed" and entry.details["open"] == 0)
    answer.set()
    await stopping
    assert await stage.rows("SELECT note FROM outbox") == []
    assert any(f"<@{BRAM}>" in words(message) for message in await stage.thread_of(card))
