"""Sending at the wire: chunks, fairness, the guard around a POST, and what a stopped or killed bot leaves."""

import asyncio
import csv

import pytest
from sqlalchemy import Connection

from bot import app
from bot.cluster import Answer
from bot.runner import record as recording
from bot.runner import sender
from bot.runner.lane import Lane
from bot.runner.lane import Post as SentPost
from bot.sandbox.cluster import ClusterDesk, End, Post, moods
from bot.sandbox.desk import Message
from bot.sandbox.desk_line import PATIENCE_S
from bot.sandbox.workspace.people import ASTER
from bot.turns.embedded import EmbeddedTurns
from store.errors import StoreError
from store.model import Job
from tests.process import bot_process
from tests.stage import TOKEN, Stage, words

FAST = {"timeout_s": 1.2, "settle_s": 2.4}


async def test_a_large_job_goes_out_in_chunks_never_more_than_allowed_at_once(idle_stage: Stage) -> None:
    stage, held_s = idle_stage, 0.2
    cids = [f"customer{number:04}" for number in range(1_000)]
    await stage.evian3.set_customers(dict.fromkeys(cids, 2))
    await stage.evian3.set_mood(moods.slow(held_s))
    await stage.evian3.next_mood(moods.slow(2), times=3)
    await stage.start_bot(chunk_size=150, more="concurrency = 3")
    card = await confirmed(stage, cids)
    await stage.evian3.until(lambda record: [post.end for post in record.posts] == [End.OPEN] * 3)
    await stage.thread(card, "all 1,000 customers accepted")
    posts = await posts_of(stage)
    assert sorted(len(post.cids) for post in posts) == [100, *[150] * 6]
    assert [cid for post in sorted(posts, key=lambda post: post.cids) for cid in post.cids] == cids
    came = sorted(post.at for post in posts)  # each is in flight for at least `held_s` after it came
    assert all(fourth - first > 0.95 * held_s for first, fourth in zip(came, came[3:], strict=False))
    assert len(await mentions(stage, card)) == 1


async def test_a_small_job_overtakes_a_large_one(idle_stage: Stage) -> None:
    stage = idle_stage
    *many, one = await stage.cids(9)
    await stage.start_bot(chunk_size=2, more="concurrency = 1")
    large = await stage.ask(f"/set-action T-Enable evian3 {' '.join(many)}")
    small = await stage.ask(f"/set-action T-Enable evian3 {one}")
    await stage.evian3.next_mood(moods.slow(0.3))
    await stage.confirm(large)
    await stage.evian3.until(lambda record: len(record.posts) == 1)
    await stage.confirm(small)
    await stage.thread(large, "all 8 customers accepted")
    assert [post.cids for post in await posts_of(stage)][:2] == [tuple(many[:2]), (one,)]


async def test_two_clusters_do_not_wait_for_each_other(idle_stage: Stage) -> None:
    stage = idle_stage
    stage.environment["FIJI1_TOKEN"] = TOKEN
    await stage.start_bot(more="concurrency = 1")
    await stage.evian3.set_mood(moods.slow(15))
    await confirmed(stage, await stage.cids(1))
    await stage.evian3.until(lambda record: len(record.posts) == 1)
    async with ClusterDesk(stage.host.address, "fiji1") as fiji1:
        [there] = list(await fiji1.customers())[:1]
        other = await stage.ask(f"/set-action T-Enable fiji1 {there}")
        await stage.confirm(other)
        await fiji1.until(lambda record: record.finished == 1)
    assert [post.end for post in await posts_of(stage)] == [End.OPEN]
    await stage.thread(other, "1 customer accepted")


async def test_chunks_that_end_differently_are_told_in_one_message(idle_stage: Stage) -> None:
    stage = idle_stage
    for mood in (moods.closed(acts=True), moods.forbidden(), moods.normal()):
        await stage.evian3.next_mood(mood)
    await stage.start_bot(**FAST, chunk_size=2, more="concurrency = 1")
    card = await confirmed(stage, await stage.cids(6))
    outcome = words(await stage.thread(card, "<@U0ASTER>"))
    assert "2 accepted, 2 refused, 2 unknown, of 6 customers" in outcome
    assert "HTTP 403: RBAC: access denied" in outcome
    assert "The connection broke before a complete answer came" in outcome
    # At its time, although other chunks ended in between.
    found = await stage.thread(card, "checked.")
    assert "4 accepted, 2 refused" in words(found)
    await stage.stop_bot()
    assert len(await mentions(stage, card)) == 2
    chunks = await stage.rows("SELECT state, http_status FROM chunks ORDER BY number")
    assert [tuple(chunk) for chunk in chunks] == [("unknown", None), ("refused", 403), ("accepted", 200)]
    assert len(await posts_of(stage)) == 3


@pytest.mark.parametrize("number", [10, 11])
async def test_a_long_list_of_refused_customers_comes_as_a_file(idle_stage: Stage, number: int) -> None:
    stage = idle_stage
    await stage.start_bot()
    nobody = [f"nobody{n:04}" for n in range(number)]
    card = await confirmed(stage, [*nobody, *await stage.cids(1)])
    await stage.thread(card, f"1 accepted, {number} refused")
    await stage.stop_bot()
    files = await stage.desk.files(card.channel, ASTER, card.ts)
    if number <= 10:
        assert files == []
        return
    [file] = files
    assert file.name.endswith(".csv")
    rows = list(csv.reader((await stage.desk.file_content(file)).decode().splitlines()))
    assert rows[1:] == [[cid, "refused", "does not exist on the cluster"] for cid in nobody]


async def test_nothing_is_sent_to_another_address_than_was_confirmed(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(more="concurrency = 1")
    await stage.evian3.next_mood(moods.slow(0.3))
    first, second = await stage.cids(2)
    await confirmed(stage, [first])
    await stage.evian3.until(lambda record: len(record.posts) == 1)
    card = await confirmed(stage, [second])
    await stage.stop_bot()
    await stage.start_bot(evian3=stage.host.base_url("fiji1"))
    outcome = words(await stage.thread(card, "<@U0ASTER>"))
    assert "nothing was done: 1 customer refused" in outcome
    assert "The address of evian3 was changed after this was confirmed. Nothing was sent." in outcome
    assert "could not be reached" not in outcome
    async with ClusterDesk(stage.host.address, "fiji1") as fiji1:
        assert (await fiji1.record()).posts == ()
    assert [post.cids for post in await posts_of(stage)] == [(first,)]
    assert (await stage.events()).count("sent") == 1


async def test_a_killed_bot_leaves_an_unknown_chunk_that_is_read_back(idle_stage: Stage) -> None:
    stage = idle_stage
    stage.settings |= {"timeout_s": 0.9, "settle_s": 2.5}
    await stage.evian3.set_mood(moods.silent(acts=True))
    async with bot_process(stage) as process:
        card = await confirmed(stage, await stage.cids(2))
        await stage.evian3.until(lambda record: any(post.acted for post in record.posts))
        process.kill()
        await process.wait()
    assert (await stage.rows("SELECT state FROM chunks"))[0].state == "sending"
    await stage.start_bot()
    outcome = words(await stage.thread(card, "it is not known what became of both customers"))
    assert "The bot was interrupted while sending" in outcome
    await stage.thread(card, "checked. The cluster has both customers")
    [post] = await posts_of(stage)
    [get] = (await stage.evian3.record()).gets
    assert get.at - post.at >= 0.9
    job = await stage.job()
    assert (job.state, job.accepted, job.unknown) == ("done", 2, 0)


async def test_a_bot_told_to_stop_hears_the_answer_and_tells_it(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.evian3.set_mood(moods.slow(0.6))
    async with bot_process(stage) as process:
        card = await confirmed(stage, await stage.cids(2))
        await stage.evian3.until(lambda record: len(record.posts) == 1)
        process.terminate()
        assert await process.wait() == 0
    said = [words(message) for message in await stage.thread_of(card)]
    assert len(said) == 2
    assert "is confirmed" in said[0]
    assert "both customers accepted" in said[1]
    assert (await stage.job()).state == "done"
    assert "2 of 2 answered" in words(await stage.card_saying(card, "2 of 2"))


async def test_an_idle_bot_stops_at_once(idle_stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "DRAIN_S", 600.0)  # whatever it waited for, it would be for a minute
    await idle_stage.start_bot()
    async with asyncio.timeout(PATIENCE_S):
        await idle_stage.stop_bot()


async def test_a_late_answer_to_an_attempt_that_is_no_longer_ours_changes_nothing(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.evian3.set_mood(moods.slow(0.3))
    await stage.start_bot(**FAST)
    card = await confirmed(stage, await stage.cids(2))
    await stage.evian3.until(lambda record: len(record.posts) == 1)
    stage.tamper("UPDATE chunks SET attempt = attempt + 1")  # as if somebody else had taken it up
    await stage.thread(card, "The bot was interrupted while sending")
    await stage.thread(card, "checked. The cluster has both customers")
    [chunk] = await stage.rows("SELECT * FROM chunks")
    assert (chunk.state, chunk.attempt, chunk.http_status) == ("unknown", 2, None)
    assert len(await posts_of(stage)) == 1
    job = await stage.job()
    assert (job.state, job.accepted, job.unknown) == ("done", 2, 0)


async def confirmed(stage: Stage, cids: list[str]) -> Message:
    """Ask for T-Enable of `cids` and confirm; the card."""
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(cids)}")
    assert (await stage.confirm(card)).acked
    return card


async def posts_of(stage: Stage) -> tuple[Post, ...]:
    """What evian3 was sent, in order of arrival."""
    return (await stage.evian3.record()).posts


async def mentions(stage: Stage, card: Message) -> list[Message]:
    """The thread's messages that mention the requester."""
    return [message for message in await stage.thread_of(card) if "<@U0ASTER>" in words(message)]


async def test_what_waits_for_a_cluster_that_was_taken_out_is_told_so(idle_stage: Stage) -> None:
    """Confirmed, then the bot comes back without that cluster: nobody waits in silence."""
    stage = idle_stage
    await stage.start_bot()
    [cid] = await stage.cids(1)
    card = await stage.ask(f"/set-action t evian3 {cid}")
    unpressed = await stage.ask(f"/set-action t evian3 {cid}")
    await stage.settled()
    await stage.stop_bot()
    stage.tamper("UPDATE jobs SET cluster = 'gone9'")
    stage.tamper("UPDATE jobs SET state = 'confirmed' WHERE id = 1")
    await stage.start_bot()
    outcome = await stage.thread(card, "gone9 was taken out of the configuration")
    assert "Nothing was sent" in words(outcome)
    await stage.confirm(unpressed)
    await stage.private("gone9 is not configured here any more. Nothing was sent.")
    assert not (await stage.evian3.record()).posts


async def test_who_loses_the_turn_half_way_claims_nothing_more(
    idle_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a freeze: what is `sending` now is another's, and must not be taken for an orphan's."""
    stage, turned_away, lost = idle_stage, 0, False

    async def take(self: EmbeddedTurns, name: str) -> bool:
        nonlocal turned_away
        turned_away += lost and name == "cluster:evian3"
        return not lost or name != "cluster:evian3"

    await stage.start_bot(chunk_size=1, more="concurrency = 1")
    monkeypatch.setattr(EmbeddedTurns, "take", take)
    await stage.evian3.next_mood(moods.slow(0.3))
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(await stage.cids(3))}")
    await stage.confirm(card)
    await stage.evian3.until(lambda record: len(record.posts) == 1)
    lost = True
    await stage.evian3.until(lambda record: record.finished == 1)
    async with asyncio.timeout(5):
        while turned_away < 2:  # it has tried again
            await stage.evian3.record()
    assert len(await posts_of(stage)) == 1
    lost = False
    await stage.thread(card, "all 3 customers accepted")


async def test_an_answer_that_cannot_be_stored_keeps_no_other_from_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused, tried = (await stage.cids(2))[0], asyncio.Event()
    original = recording.record

    def record(conn: Connection, lane: Lane, post: SentPost, answer: Answer) -> Job | None:
        if refused in post.cids:
            tried.set()
            raise StoreError("a damaged page")
        return original(conn, lane, post, answer)

    monkeypatch.setattr(sender, "record", record)
    first, second = await stage.cids(2)
    held_up = await confirmed(stage, [first])
    await asyncio.wait_for(tried.wait(), 10)
    await stage.thread(await confirmed(stage, [second]), "accepted")
    monkeypatch.undo()  # it is mended, and nothing is lost
    await stage.thread(held_up, "accepted")
