"""How the end of a job is told: a mention as the requester likes, a direct message, a line in a channel."""

import pytest

from bot.sandbox.cluster import mood
from bot.sandbox.desk import Message
from bot.sandbox.workspace.people import ASTER, OLD, OPS, RANDOM
from tests.stage import Stage, words
from tests.wire.test_unknown import ONCE, another, unknown

MENTION = "<@U0ASTER>"
UNKNOWN = "c000d3b0fb0111efb2cdda09530d43d0"


async def choose(stage: Stage, notify: str) -> None:
    """Say at home how one wants to hear of it."""
    assert (await stage.desk.open_home(ASTER)).acked
    home = await stage.desk.until_home(ASTER)
    assert (await stage.desk.choose(home, "notify", notify)).acked


async def run(stage: Stage, cids: list[str]) -> Message:
    """Run a job to its end; the message that tells the outcome."""
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(cids)}")
    await stage.confirm(card)
    found = await stage.thread(card, "It took")
    await stage.settled()
    return found


@pytest.mark.parametrize(
    ("notify", "good", "bad", "direct"),
    [
        ("mention", True, True, 0),
        ("direct", True, True, 2),
        ("failure", False, True, 0),
        ("never", False, False, 0),
    ],
)
async def test_a_mention_as_chosen(stage: Stage, notify: str, good: bool, bad: bool, direct: int) -> None:
    await choose(stage, notify)
    cids = await stage.cids(2)
    assert (MENTION in (await run(stage, cids)).text) == good
    assert (MENTION in (await run(stage, [UNKNOWN])).text) == bad
    assert len(await stage.desk.direct_messages(ASTER)) == direct


async def test_a_direct_message_says_how_it_ended_and_leads_to_the_thread(stage: Stage) -> None:
    await choose(stage, "direct")
    card_of = await run(stage, await stage.cids(2))
    [told] = await stage.desk.direct_messages(ASTER)
    assert "T-Enable on Evian 3 (evian3), 2 customers: all 2 accepted by the cluster." in told.text
    assert card_of.thread is not None
    assert f"archives/{OPS}/p{card_of.thread.replace('.', '')}" in told.text
    assert MENTION not in words(told)


async def test_a_direct_message_whose_answer_is_lost_is_not_said_twice(stage: Stage) -> None:
    await choose(stage, "direct")
    [cid] = await stage.cids(1)
    card = await stage.ask(f"/set-action T-Enable evian3 {cid}")
    await stage.evian3.next_mood(mood.slow(0.3))
    await stage.confirm(card)
    await stage.thread(card, "is confirmed")
    await stage.desk.fail("chat.postMessage", lose_answer=True, times=2)
    await stage.thread(card, "It took")
    await stage.settled()
    assert len(await stage.desk.direct_messages(ASTER)) == 1


async def test_a_channel_gets_one_line_for_each_job(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(more=f'announce_channel = "{RANDOM}"')
    await stage.desk.invite_bot(RANDOM)
    await run(stage, await stage.cids(2))
    await run(stage, [UNKNOWN])
    lines = [m for m in await stage.desk.messages(RANDOM, ASTER) if "T-Enable on Evian 3" in m.text]
    good, bad = lines
    assert "all 2 accepted by the cluster" in good.text
    assert "refused by the cluster" in bad.text
    assert all(line.thread is None and "<@" not in words(line) for line in lines)


@pytest.mark.parametrize("channel", [OLD, "C0NOWHERE"])
async def test_a_channel_that_takes_nothing_is_a_line_in_the_log(
    idle_stage: Stage, channel: str, capfd: pytest.CaptureFixture[str]
) -> None:
    stage = idle_stage
    await stage.start_bot(more=f'announce_channel = "{channel}"')
    await run(stage, await stage.cids(2))
    said = capfd.readouterr()
    assert (said.out + said.err).count("set_action.not_told_aside") == 1
    assert len(await stage.rows("SELECT id FROM outbox")) == 0


async def lines_in(stage: Stage, channel: str) -> list[str]:
    """What the channel was told of jobs."""
    return [m.text for m in await stage.desk.messages(channel, ASTER) if "T-Enable on Evian 3" in m.text]


async def test_a_line_comes_at_the_end_and_again_only_when_something_has_changed(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.evian3.arrive_after(None)
    await stage.desk.invite_bot(RANDOM)
    card = await unknown(stage, 2, arrival=ONCE, more=f'announce_channel = "{RANDOM}"')
    first = await stage.thread(card, "2 customers not, or not yet")
    await stage.settled()
    told = await lines_in(stage, RANDOM)
    assert [": outcome unknown." in line for line in told] == [True]
    await stage.desk.click(ASTER, first, "check_again")
    second = await another(stage, card, "2 customers not, or not yet", than=first)
    await stage.settled()
    assert await lines_in(stage, RANDOM) == told
    await stage.evian3.arrive()
    await stage.desk.click(ASTER, second, "check_again")
    await stage.desk.until_message(RANDOM, ASTER, lambda m: "all 2 accepted by the cluster" in m.text)


async def test_a_channel_that_is_slow_holds_up_no_thread(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(more=f'announce_channel = "{RANDOM}"')
    await stage.desk.invite_bot(RANDOM)
    [cid] = await stage.cids(1)
    await stage.evian3.next_mood(mood.slow(0.3))
    card = await stage.ask(f"/set-action T-Enable evian3 {cid}")
    await stage.confirm(card)
    await stage.thread(card, "is confirmed")
    await stage.desk.fail("chat.postMessage", retry_after=2)
    await stage.card_saying(card, "ccepted")
    await stage.thread(card, "It took")
    await stage.desk.until_message(RANDOM, ASTER, lambda m: "T-Enable" in m.text)
