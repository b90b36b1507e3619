"""The bot killed (SIGKILL) at the worst moments: nothing lost, nothing sent and nothing said twice."""

from asyncio.subprocess import Process
from collections.abc import Callable
from itertools import pairwise

from bot.sandbox.cluster import Post, moods
from bot.sandbox.desk import Entry, Message
from bot.sandbox.workspace.people import ASTER, OPS
from tests.process import bot_process
from tests.stage import Stage, words


async def test_posts_of_a_killed_bot_count_while_they_can_change_something(idle_stage: Stage) -> None:
    stage, held_s = idle_stage, 0.3
    stage.settings |= {"timeout_s": 60, "settle_s": 81, "chunk_size": 1, "more": "concurrency = 3"}
    await stage.evian3.set_mood(moods.silent(acts=True))
    hung, later = await stage.cids(2), await stage.cids(4, start=2)
    async with bot_process(stage) as process:
        await confirmed(stage, hung)
        await stage.evian3.until(lambda record: [post.acted for post in record.posts] == [True] * 2)
        await killed(process)
    await stage.evian3.set_mood(moods.slow(held_s))
    await stage.start_bot()
    card = await confirmed(stage, later)
    await stage.thread(card, "all 4 customers accepted")
    went = (await posts(stage))[2:]
    assert sorted(post.cids[0] for post in went) == sorted(later)
    assert all(second.at - one.at > 0.95 * held_s for one, second in pairwise(went))


async def test_with_as_many_hanging_as_it_takes_nothing_is_sent_until_they_settle(idle_stage: Stage) -> None:
    stage, settle_s = idle_stage, 2.0
    stage.settings |= {"timeout_s": 1.5, "settle_s": settle_s, "chunk_size": 1, "more": "concurrency = 2"}
    await stage.evian3.set_mood(moods.silent(acts=False))
    cids = await stage.cids(4)
    async with bot_process(stage) as process:
        card = await confirmed(stage, cids)
        await stage.evian3.until(lambda record: len(record.posts) == 2)
        await killed(process)
    await stage.evian3.set_mood(moods.normal())
    await stage.start_bot()
    await stage.thread(card, "2 accepted, 2 unknown")
    one, _, *went = await posts(stage)
    assert [post.cids[0] for post in went] == cids[2:]
    assert all(post.at - one.at >= settle_s - 0.3 for post in went)


async def test_a_card_posted_just_before_the_kill_is_found_again(idle_stage: Stage) -> None:
    stage = idle_stage
    [cid] = await stage.cids(1)
    async with bot_process(stage) as process:
        await stage.desk.fail("chat.postMessage", lose_answer=True)
        assert (await stage.desk.command(ASTER, OPS, f"/set-action T-Enable evian3 {cid}")).acked
        await stage.desk.until(lost("chat.postMessage"))
        await killed(process)
    assert (await stage.job()).card_ts is None
    await stage.start_bot()
    await stage.settled()
    [card] = [message for message in await stage.desk.messages(OPS, ASTER) if message.buttons]
    assert (await stage.job()).card_ts == card.ts
    await stage.confirm(card)
    await stage.thread(card, "1 customer accepted")
    assert len(await stage.thread_of(card)) == 2


async def test_a_job_id_posted_just_before_the_kill_is_not_said_again(idle_stage: Stage) -> None:
    stage = idle_stage
    async with bot_process(stage) as process:
        card = await stage.ask(f"/set-action T-Enable evian3 {(await stage.cids(1))[0]}")
        await stage.settled()
        await stage.desk.fail("chat.postMessage", lose_answer=True)
        await stage.confirm(card)
        await stage.desk.until(lost("chat.postMessage"))
        await killed(process)
    await stage.start_bot()
    await told_once(stage, card, "is confirmed", "<@U0ASTER>")


async def test_an_outcome_posted_just_before_the_kill_is_not_said_again(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.evian3.next_mood(moods.slow(0.5))
    async with bot_process(stage) as process:
        card = await confirmed(stage, await stage.cids(1))
        await stage.thread(card, "is confirmed")
        await stage.desk.fail("chat.postMessage", lose_answer=True)
        await stage.desk.until(lost("chat.postMessage"))
        await killed(process)
    assert (await stage.job()).state == "done"
    await stage.start_bot()
    await told_once(stage, card, "is confirmed", "1 customer accepted")
    await stage.card_saying(card, "1 of 1 answered")


async def test_a_file_shared_just_before_the_kill_is_not_shared_again(idle_stage: Stage) -> None:
    stage = idle_stage
    async with bot_process(stage) as process:
        card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(f'nobody{n:02}' for n in range(11))}")
        await stage.desk.fail("files.completeUploadExternal", lose_answer=True)
        await stage.confirm(card)
        await stage.desk.until(lost("files.completeUploadExternal"))
        await killed(process)
    await stage.start_bot()
    await told_once(stage, card, "is confirmed", "all 11 customers refused", "")  # the file says nothing
    assert len(await stage.desk.files(OPS, ASTER, card.ts)) == 1


async def test_what_slack_does_not_have_is_said_after_the_kill(idle_stage: Stage) -> None:
    """Doubt alone must not silence: posting was begun, but Slack never got it."""
    stage = idle_stage
    async with bot_process(stage) as process:
        card = await stage.ask(f"/set-action T-Enable evian3 {(await stage.cids(1))[0]}")
        await stage.settled()
        await stage.desk.fail("chat.postMessage", status=500)
        await stage.confirm(card)
        await stage.desk.until(lambda e: e.kind == "api" and e.details["status"] == 500)
        await killed(process)
    await stage.start_bot()
    await told_once(stage, card, "is confirmed", "<@U0ASTER>")


async def told_once(stage: Stage, card: Message, *wanted: str) -> None:
    """Exactly these messages are in the thread, in this order, once nothing waits to be told."""
    await stage.thread(card, wanted[1])
    await stage.settled()
    said = [words(message) for message in await stage.thread_of(card)]
    assert len(said) == len(wanted), said
    assert all(wish in line for wish, line in zip(wanted, said, strict=True))
    assert len([m for m in await stage.desk.messages(card.channel, ASTER) if not m.ephemeral]) == 1


async def killed(process: Process) -> None:
    """Gone, without a last word."""
    process.kill()
    await process.wait()


async def confirmed(stage: Stage, cids: list[str]) -> Message:
    """Ask for T-Enable of `cids` and confirm; the card."""
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(cids)}")
    assert (await stage.confirm(card)).acked
    return card


async def posts(stage: Stage) -> tuple[Post, ...]:
    """What evian3 was sent, in order."""
    return (await stage.evian3.record()).posts


def lost(method: str) -> Callable[[Entry], bool]:
    """Slack carried out a call, and the bot does not know."""
    return lambda e: e.kind == "api" and e.details["method"] == method and e.details["lost"]
