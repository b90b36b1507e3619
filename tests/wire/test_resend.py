""" "Send the rest" at the wire: only after a settled read, only the unknown ones, once, and on the record."""

import asyncio

import pytest

from bot.runner import checker
from bot.sandbox.cluster import Call, Post, moods
from bot.sandbox.desk import Message
from bot.sandbox.desk_line import PATIENCE_S
from bot.sandbox.workspace.people import ASTER, BRAM
from tests.stage import Stage, words

FAST = {"timeout_s": 1.2, "settle_s": 2.4}  # between the two the outcome must have been told
NOT_YET = "not, or not yet"


async def test_the_rest_is_sent_again_through_the_same_guard_and_told(idle_stage: Stage) -> None:
    stage = idle_stage
    first, *others = cids = await stage.cids(4)
    card = await unknown(stage, cids)
    assert "send_rest" not in buttons(await stage.thread(card, "it is not known"))
    await stage.evian3.set_customers({first: 3})  # this one was done after all
    read = await stage.thread(card, f"3 customers {NOT_YET}")
    sure = read.button("send_rest").confirm
    assert sure is not None
    assert "will be sent to Evian 3 (evian3) again for 3 customers" in str(sure)
    reaction = await stage.desk.click(ASTER, read, "send_rest")
    assert reaction.acked
    await stage.thread(card, "<@U0ASTER> sends 3 customers again")
    await stage.thread(card, "all 4 customers accepted")
    await stage.card_saying(card, "4 of 4 answered")
    await stage.stop_bot()
    lost, again = await posts(stage)
    assert (lost.cids, again.cids) == (tuple(cids), tuple(others))
    [get] = (await stage.evian3.record()).gets
    assert lost.at + 1.0 <= get.at <= again.at
    said = [words(message) for message in await stage.thread_of(card)]
    wanted = [
        "is confirmed",
        "it is not known",
        "checked.",
        "sends 3 customers again",
        "4 customers accepted",
    ]
    assert len(said) == len(wanted)
    assert all(wish in line for wish, line in zip(wanted, said, strict=True))
    job = await stage.job()
    assert (job.state, job.accepted, job.refused, job.unknown) == ("done", 4, 0, 0)
    assert await stage.events() == [
        "requested", "confirmed", "sent", "answered", "checked", "sent_again", "sent", "answered", "done",
    ]  # fmt: skip
    [actor] = [r.actor for r in await stage.rows("SELECT actor FROM audit_log WHERE event = 'sent_again'")]
    assert actor == "T0SANDBOX/U0ASTER"


async def test_a_chunk_of_which_everything_was_found_is_not_posted_again(idle_stage: Stage) -> None:
    stage = idle_stage
    one, two, three, four = cids = await stage.cids(4)
    await stage.evian3.next_mood(moods.closed(acts=False), times=2)
    await stage.start_bot(**FAST, chunk_size=2, more="concurrency = 1")
    card = await confirmed(stage, cids)
    await stage.thread(card, "it is not known")
    await stage.evian3.set_customers({one: 3, two: 3})
    read = await stage.thread(card, f"2 customers {NOT_YET}")
    await stage.desk.click(ASTER, read, "send_rest")
    await stage.thread(card, "all 4 customers accepted")
    await stage.stop_bot()
    assert [post.cids for post in await posts(stage)] == [(one, two), (three, four), (three, four)]
    job = await stage.job()
    assert (job.state, job.accepted, job.unknown, job.open_chunks) == ("done", 4, 0, 0)


async def test_pressed_twice_at_once_it_is_sent_once(idle_stage: Stage) -> None:
    stage = idle_stage
    card = await unknown(stage, await stage.cids(2))
    read = await stage.thread(card, NOT_YET)
    await stage.evian3.set_mood(moods.slow(0.3))
    reactions = await asyncio.gather(*(stage.desk.click(ASTER, read, "send_rest") for _ in range(2)))
    assert all(reaction.acked for reaction in reactions)
    await stage.private("This job is being sent just now", thread=card.ts)
    await stage.thread(card, "both customers accepted")
    await stage.desk.redeliver(reactions[0])
    await stage.desk.click(ASTER, read, "send_rest")
    await stage.private("Nothing about this job is unknown any more", thread=card.ts)
    await stage.stop_bot()
    assert len(await posts(stage)) == 2
    assert (await stage.events()).count("sent_again") == 1


async def test_a_stranger_cannot_send_the_rest(idle_stage: Stage) -> None:
    stage = idle_stage
    card = await unknown(stage, await stage.cids(1))
    read = await stage.thread(card, NOT_YET)
    await stage.desk.click(BRAM, read, "send_rest")
    told = await stage.private("Only the person who asked can do this", user=BRAM, thread=card.ts)
    assert "<@U0ASTER>" in words(told)
    await stage.stop_bot()
    assert "refused_click" in await stage.events()
    assert len(await posts(stage)) == 1


async def test_whoever_lost_the_right_meanwhile_cannot_send_the_rest(idle_stage: Stage) -> None:
    stage = idle_stage
    card = await unknown(stage, await stage.cids(1))
    read = await stage.thread(card, NOT_YET)
    await stage.stop_bot()
    await stage.start_bot(who='["U0BRAM"]')
    await stage.desk.click(ASTER, read, "send_rest")
    await stage.private("Nothing was sent", thread=card.ts)
    await stage.stop_bot()
    assert "refused_click" in await stage.events()
    assert len(await posts(stage)) == 1


async def test_a_read_before_all_had_their_time_does_not_allow_it(idle_stage: Stage) -> None:
    """The state was read for an earlier attempt; what was sent after that has not had its time."""
    stage = idle_stage
    card = await unknown(stage, await stage.cids(2))
    read = await stage.thread(card, NOT_YET)
    await stage.evian3.next_mood(moods.closed(acts=False))
    await stage.desk.click(ASTER, read, "send_rest")
    again = await another(stage, card, "it is not known", than=read)
    assert "send_rest" not in buttons(again)
    await stage.desk.click(ASTER, read, "send_rest")
    await stage.private("The cluster's state was not read since these were sent", thread=card.ts)
    assert len(await posts(stage)) == 2
    await another(stage, card, NOT_YET, than=again)
    await stage.desk.click(ASTER, read, "send_rest")
    await stage.thread(card, "both customers accepted")
    assert len(await posts(stage)) == 3


async def test_check_again_before_the_time_shows_no_button_to_send(idle_stage: Stage) -> None:
    """A person's impatience does not make a read a settled one."""
    stage = idle_stage
    card = await unknown(stage, await stage.cids(2))
    read = await stage.thread(card, NOT_YET)
    await stage.evian3.next_mood(moods.closed(acts=False))
    await stage.desk.click(ASTER, read, "send_rest")
    again = await another(stage, card, "it is not known", than=read)
    await stage.desk.click(ASTER, read, "check_again")
    early = await another(stage, card, NOT_YET, than=again)
    record = await stage.evian3.record()
    assert (
        record.gets[-1].at - record.posts[-1].at < FAST["settle_s"]
    )  # as it must be for this to say anything
    assert "send_rest" not in buttons(early)
    await stage.desk.click(ASTER, read, "send_rest")
    await stage.private("The cluster's state was not read since these were sent", thread=card.ts)
    assert len(await posts(stage)) == 2


async def test_a_read_that_fails_proves_nothing_and_allows_nothing(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.evian3.set_mood(moods.server_error(), on=Call.GET)
    card = await unknown(stage, await stage.cids(1))
    told = await stage.thread(card, "state could not be read")
    assert "send_rest" not in buttons(told)


async def test_sent_again_while_the_cluster_is_being_asked_nothing_false_is_told(idle_stage: Stage) -> None:
    stage = idle_stage
    card = await unknown(stage, await stage.cids(2))
    read = await stage.thread(card, NOT_YET)
    await stage.evian3.set_mood(moods.slow(0.4), on=Call.GET)
    await stage.desk.click(ASTER, read, "check_again")
    await stage.evian3.until(lambda record: len(record.gets) == 2)
    await stage.desk.click(ASTER, read, "send_rest")
    await stage.thread(card, "both customers accepted")
    await stage.evian3.until(lambda record: record.gets[-1].end.value == "answered")
    await stage.stop_bot()
    assert len([m for m in await stage.thread_of(card) if "checked." in words(m)]) == 1
    assert len(await posts(stage)) == 2
    assert (await stage.job()).state == "done"


async def test_auto_sends_what_each_settled_read_did_not_find_and_ends(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.evian3.next_mood(moods.closed(acts=False), times=2)
    arrival = "{ watch = false, every_s = 1, give_up_after_s = 3600 }"
    await stage.start_bot(**FAST, arrival=arrival, more='resend_unknown = "auto"')
    cids = await stage.cids(2)
    card = await confirmed(stage, cids)
    await stage.thread(card, "the other 2 are sent again, as configured")
    await stage.thread(card, "both customers accepted")
    await stage.stop_bot()
    record = await stage.evian3.record()
    assert [post.cids for post in record.posts] == [tuple(cids)] * 3
    assert len(record.gets) == 2
    for post, get, after in zip(record.posts, record.gets, record.posts[1:], strict=False):
        assert post.at + 1.0 <= get.at <= after.at
    rows = await stage.rows("SELECT actor FROM audit_log WHERE event = 'sent_again'")
    assert [row.actor for row in rows] == ["bot", "bot"]
    job = await stage.job()
    assert (job.state, job.accepted, job.unknown) == ("done", 2, 0)


async def test_auto_does_not_go_on_for_ever(idle_stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checker, "AUTO_ATTEMPTS", 2)
    stage = idle_stage
    await stage.evian3.set_mood(moods.closed(acts=False))
    arrival = "{ watch = false, every_s = 1, give_up_after_s = 5 }"
    await stage.start_bot(**FAST, arrival=arrival, more='resend_unknown = "auto"')
    card = await confirmed(stage, await stage.cids(1))
    last = await stage.desk.until_message(
        card.channel, ASTER, lambda m: "send_rest" in buttons(m), thread=card.ts
    )
    assert f"1 customer {NOT_YET}" in words(last)
    async with asyncio.timeout(PATIENCE_S):
        while (await stage.job()).state != "done":
            pass  # each turn asks the database anew
    assert (await stage.job()).unknown == 1
    assert len(await posts(stage)) == 2


async def unknown(stage: Stage, cids: list[str]) -> Message:
    """Start the bot and have a job's only POST lost, on which the cluster did not act; the card."""
    await stage.evian3.next_mood(moods.closed(acts=False))
    await stage.start_bot(**FAST)
    card = await confirmed(stage, cids)
    await stage.thread(card, "it is not known")
    return card


async def confirmed(stage: Stage, cids: list[str]) -> Message:
    """Ask for T-Enable of `cids` and confirm; the card."""
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(cids)}")
    assert (await stage.confirm(card)).acked
    return card


async def posts(stage: Stage) -> tuple[Post, ...]:
    """What evian3 was sent, in order."""
    return (await stage.evian3.record()).posts


async def another(stage: Stage, card: Message, wanted: str, *, than: Message) -> Message:
    """The next message of the thread that says so."""
    return await stage.desk.until_message(
        card.channel, ASTER, lambda m: wanted in words(m) and m.ts > than.ts, thread=card.ts
    )


def buttons(message: Message) -> list[str]:
    """What a message offers."""
    return [button.action_id for button in message.buttons]
