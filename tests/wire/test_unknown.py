"""Unknown outcomes at the wire: read back in time, asked again by people, never sent again."""

import asyncio

import pytest

from bot.sandbox.cluster import Call, ClusterDesk, Get, moods
from bot.sandbox.desk import Message
from bot.sandbox.workspace.people import ASTER, BRAM
from tests.stage import Stage, words

NOT_WATCHED = "{ watch = false }"
FAST = {"timeout_s": 1.2, "settle_s": 2.4}  # between the two the outcome must have been told
ONCE = "{ watch = false, every_s = 1, give_up_after_s = 1 }"  # read, and given up at once
FOUND = "checked. The cluster has"


async def test_the_state_is_read_only_once_the_request_can_change_nothing_more(idle_stage: Stage) -> None:
    await unknown(idle_stage, 2)
    await idle_stage.evian3.until(lambda record: len(record.gets) == 1)
    [get], [post] = await gets(idle_stage), (await idle_stage.evian3.record()).posts
    assert get.at - post.at >= 1.0  # the claim, from which `settle_s` counts, came a moment before the POST
    assert get.cids == post.cids


async def test_it_is_read_at_its_time_although_the_job_is_still_being_sent(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.evian3.set_mood(moods.slow(1.0))
    await stage.evian3.next_mood(moods.closed(acts=False))
    await stage.start_bot(**FAST, arrival=NOT_WATCHED, chunk_size=1, more="concurrency = 1")
    cids = await stage.cids(6)
    await stage.confirm(await stage.ask(f"/set-action T-Enable evian3 {' '.join(cids)}"))
    record = await stage.evian3.until(lambda record: len(record.gets) == 1)
    assert record.gets[0].cids == (cids[0],)
    assert len(record.posts) < len(cids)
    assert (await stage.job()).state == "running"


async def test_what_is_unknown_is_told_with_when_it_was_sent_and_when_it_is_read(idle_stage: Stage) -> None:
    card = await unknown(idle_stage, 2)
    said = words(await idle_stage.thread(card, "it is not known"))
    [chunk] = await idle_stage.rows("SELECT sent_at FROM chunks")
    [job] = await idle_stage.rows("SELECT check_at FROM jobs")
    assert f"*Unknown: 2 customers.* Sent at <!date^{chunk.sent_at // 1000}^" in said
    assert f"Its state will be read at <!date^{job.check_at // 1000}^" in said


async def test_check_again_finds_what_arrived_after_it_was_given_up(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.evian3.arrive_after(None)
    card = await unknown(stage, 2, arrival=ONCE)
    first = await stage.thread(card, "2 customers not, or not yet")
    assert "Do not send these again before you have checked" in words(first)
    assert (await stage.job()).state == "done"
    await stage.desk.click(ASTER, first, "check_again")
    second = await another(stage, card, "2 customers not, or not yet", than=first)
    assert (await stage.job()).state == "done"
    await stage.evian3.arrive()
    await stage.desk.click(ASTER, second, "check_again")
    await stage.thread(card, FOUND)
    job = await stage.job()
    assert (job.state, job.accepted, job.unknown) == ("done", 2, 0)
    assert len(await gets(stage)) == 3
    assert await stage.events() == [
        "requested", "confirmed", "sent", "answered", "checked", "done",
        "check_asked", "checked", "done", "check_asked", "checked", "done",
    ]  # fmt: skip
    assert len((await stage.evian3.record()).posts) == 1


async def test_check_again_pressed_twice_is_answered_and_sends_nothing(idle_stage: Stage) -> None:
    stage = idle_stage
    card = await unknown(stage, 1, acts=False)
    message = await stage.thread(card, "1 customer not, or not yet")
    assert (await stage.job()).state == "watching"
    await stage.evian3.set_mood(moods.slow(0.15), on=Call.GET)
    reactions = await asyncio.gather(*(stage.desk.click(ASTER, message, "check_again") for _ in range(2)))
    assert all(reaction.acked for reaction in reactions)
    await another(stage, card, "1 customer not, or not yet", than=message)
    await stage.stop_bot()
    assert 2 <= len(await gets(stage)) <= 3  # the first press may have been read before the second came
    assert (await stage.events()).count("check_asked") == 2
    assert len((await stage.evian3.record()).posts) == 1


async def test_an_unknown_job_is_read_ever_less_often_and_only_changes_are_told(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.evian3.arrive_after(None)
    arrival = "{ watch = false, every_s = 0.3, give_up_after_s = 3600 }"
    card = await unknown(stage, 2, arrival=arrival)
    first = await stage.thread(card, "2 customers not, or not yet")
    assert "The state is read again at" in words(first)
    await stage.evian3.until(lambda record: len(record.gets) == 3)
    one, two, three = [get.at for get in await gets(stage)]
    assert two - one >= 0.29
    assert three - two >= 0.59
    assert (await stage.job()).state == "watching"
    await stage.evian3.arrive()
    await stage.thread(card, FOUND)
    await stage.stop_bot()
    assert len([m for m in await stage.thread_of(card) if "checked." in words(m)]) == 2
    job = await stage.job()
    assert (job.state, job.accepted, job.unknown) == ("done", 2, 0)
    assert len((await stage.evian3.record()).posts) == 1


async def test_what_is_found_in_part_is_told_and_the_rest_stays_unknown(idle_stage: Stage) -> None:
    stage = idle_stage
    first, second = await stage.cids(2)
    arrival = "{ watch = false, every_s = 0.5, give_up_after_s = 5 }"
    card = await unknown(stage, 2, acts=False, arrival=arrival)
    await stage.evian3.set_customers({first: 3})
    found = words(await stage.thread(card, "1 customer not, or not yet"))
    assert "1 customer found in T-Enable" in found
    assert second in found
    assert first not in found
    last = words(
        await stage.desk.until_message(  # given up, with an end that is told
            card.channel,
            ASTER,
            lambda m: "checked. None found" in words(m) and "The state is read again" not in words(m),
            thread=card.ts,
        )
    )
    await stage.stop_bot()
    assert "1 accepted, 1 unknown" in last
    job = await stage.job()
    assert (job.state, job.accepted, job.refused, job.unknown) == ("done", 1, 0, 1)
    assert "failed" not in words(await stage.card_saying(card, "1 of 2 answered"))


async def test_a_stranger_cannot_check_again(idle_stage: Stage) -> None:
    card = await unknown(idle_stage, 1, acts=False)
    message = await idle_stage.thread(card, "1 customer not, or not yet")
    await idle_stage.desk.click(BRAM, message, "check_again")
    told = await idle_stage.private("Only the person who asked can do this", user=BRAM, thread=card.ts)
    assert "<@U0ASTER>" in words(told)
    await idle_stage.stop_bot()
    assert (await idle_stage.events())[-1] == "refused_click"
    assert len(await gets(idle_stage)) == 1


async def test_check_again_when_nothing_is_unknown_any_more(idle_stage: Stage) -> None:
    await idle_stage.evian3.arrive_after(None)
    card = await unknown(idle_stage, 1)
    message = await idle_stage.thread(card, "1 customer not, or not yet")
    await idle_stage.evian3.arrive()
    await idle_stage.desk.click(ASTER, message, "check_again")
    await idle_stage.thread(card, FOUND)
    await idle_stage.desk.click(ASTER, message, "check_again")
    await idle_stage.private("Nothing about this job is unknown any more", thread=card.ts)
    assert len(await gets(idle_stage)) == 2


@pytest.mark.parametrize(
    ("mood", "said"),
    [
        (moods.server_error(), "Internal error"),
        (moods.silent(), "No complete answer came in time"),
        (moods.replying("shouting", '{"message": "<!channel>", "success": false}'), "&lt;!channel&gt;"),
    ],
    ids=lambda value: getattr(value, "name", None),
)
async def test_a_read_that_fails_is_told_and_proves_nothing(
    idle_stage: Stage, mood: moods.Mood, said: str
) -> None:
    stage = idle_stage
    await stage.evian3.next_mood(mood, on=Call.GET)
    card = await unknown(stage, 2)
    told = await stage.thread(card, "state could not be read")
    assert said in words(told)
    assert told.text.count("could not be read") == 1, "said once"
    assert "<!channel>" not in words(told)
    job = await stage.job()
    assert (job.state, job.accepted, job.refused, job.unknown) == ("watching", 0, 0, 2)
    await stage.desk.click(ASTER, told, "check_again")
    await stage.thread(card, FOUND)
    assert (await stage.job()).accepted == 2
    assert len((await stage.evian3.record()).posts) == 1


@pytest.mark.parametrize(("number", "by_name"), [(100, True), (101, False)])
async def test_many_customers_are_read_all_at_once(idle_stage: Stage, number: int, by_name: bool) -> None:
    card = await unknown(idle_stage, number)
    await idle_stage.thread(card, f"{FOUND} all {number} customers")
    [get] = await gets(idle_stage)
    assert get.cids == (tuple(await idle_stage.cids(number)) if by_name else ("ALL",))


async def test_a_bot_stopped_while_it_waited_reads_back_after_its_start(idle_stage: Stage) -> None:
    card = await unknown(idle_stage, 2)
    await idle_stage.stop_bot()
    await idle_stage.start_bot()
    await idle_stage.thread(card, FOUND)
    assert len((await idle_stage.evian3.record()).posts) == 1


async def test_another_cluster_is_never_asked_what_became_of_it(idle_stage: Stage) -> None:
    stage = idle_stage
    card = await unknown(stage, 2)
    await stage.stop_bot()
    async with ClusterDesk(stage.host.address, "fiji1") as fiji1:
        await fiji1.set_customers(dict.fromkeys(await stage.cids(2), 3))
        stage.environment["FIJI1_TOKEN"] = stage.variables(stage.folder)["EVIAN3_TOKEN"]
        await stage.start_bot(evian3=stage.host.base_url("fiji1"))
        await stage.thread(card, "evian3 is not configured under the address this was confirmed for")
        assert (await fiji1.record()).gets == ()
    assert (await stage.job()).unknown == 2


async def unknown(
    stage: Stage, number: int, *, acts: bool = True, arrival: str = NOT_WATCHED, more: str = ""
) -> Message:
    """Start the bot and have a job's only POST lost, whether or not the cluster acted on it; the card."""
    await stage.evian3.next_mood(moods.closed(acts=acts))
    await stage.start_bot(**FAST, arrival=arrival, more=more)
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(await stage.cids(number))}")
    await stage.confirm(card)
    await stage.thread(card, "it is not known")
    return card


async def gets(stage: Stage) -> tuple[Get, ...]:
    """What evian3 was asked."""
    return (await stage.evian3.record()).gets


async def another(stage: Stage, card: Message, wanted: str, *, than: Message) -> Message:
    """The next message of the thread that says so."""
    return await stage.desk.until_message(
        card.channel, ASTER, lambda m: wanted in words(m) and m.ts > than.ts, thread=card.ts
    )
