"""The circuit breaker at the wire: a cluster that only fails is left alone, its people are told once."""

import asyncio

from bot.sandbox.cluster import moods
from bot.sandbox.desk import Message
from bot.sandbox.workspace.people import ASTER, BRAM
from tests.stage import Stage, words

MORE = """
concurrency = 1
breaker = {{ failures = 3, pause_s = {pause_s} }}

[[policy]]
who = ["U0BRAM"]
may = ["admin"]
actions = ["*"]
clusters = ["evian3"]
"""


async def two_jobs(stage: Stage, *, pause_s: float) -> tuple[Message, Message]:
    """Two jobs of three chunks each on a cluster that answers nothing but errors."""
    await stage.start_bot(more=MORE.format(pause_s=pause_s), chunk_size=1)
    await stage.evian3.set_mood(moods.server_error())
    cards = [
        await stage.ask(f"/set-action T-Enable evian3 {' '.join(await stage.cids(3, start))}")
        for start in (0, 3)
    ]
    for card in cards:
        await stage.confirm(card)
    for card in cards:
        await stage.thread(card, "is left alone")
    return cards[0], cards[1]


async def posts(stage: Stage) -> int:
    return len((await stage.evian3.record()).posts)


async def test_what_only_fails_is_left_alone_and_lifted_by_time(idle_stage: Stage) -> None:
    stage = idle_stage
    first, second = await two_jobs(stage, pause_s=1.5)
    sent = await posts(stage)
    assert sent <= 5  # three of two jobs, or a few more of the first alone
    said = words(await stage.thread(first, "is left alone"))
    assert "requests in a row failed" in said
    assert "one request is tried" in said
    await stage.card_saying(first, "The cluster is left alone")
    await stage.evian3.set_mood(moods.normal())
    await stage.thread(second, "accepted")
    for card in (first, second):
        told = [m for m in await stage.thread_of(card) if "is left alone" in words(m)]
        assert len(told) == 1
    events = await stage.events()
    assert events.count("paused") == 1
    assert events.count("pause_lifted") == 1


async def test_one_request_is_tried_and_the_pause_begins_anew(idle_stage: Stage) -> None:
    stage = idle_stage
    await two_jobs(stage, pause_s=0.3)
    sent = await posts(stage)
    await stage.evian3.until(lambda record: len(record.posts) > sent)
    for _ in range(200):
        if (await stage.events()).count("paused") >= 2:
            break
        await asyncio.sleep(0.02)
    [pause] = await stage.rows("SELECT * FROM pauses")
    assert pause.tries >= 2
    assert pause.breaker


async def test_an_administrator_lifts_it_and_nobody_else(idle_stage: Stage) -> None:
    stage = idle_stage
    first, _ = await two_jobs(stage, pause_s=600)
    notice = await stage.thread(first, "is left alone")
    sent = await posts(stage)
    await stage.desk.click(ASTER, notice, "resume_cluster")
    await stage.private("No rule makes you an administrator of evian3", thread=first.ts)
    assert await posts(stage) == sent
    await stage.evian3.set_mood(moods.normal())
    await stage.desk.click(BRAM, notice, "resume_cluster")
    await stage.evian3.until(lambda record: len(record.posts) == 6)
    await stage.desk.click(BRAM, notice, "resume_cluster")
    await stage.private("not left alone any more", user=BRAM, thread=first.ts)
    rows = await stage.rows("SELECT actor FROM audit_log WHERE event = 'pause_lifted'")
    assert [row.actor for row in rows] == ["T0SANDBOX/U0BRAM"]
