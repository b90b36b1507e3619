"""Saying at the wire: whatever Slack does meanwhile, it is told everything once, in order, and paced."""

import asyncio
import math
import time
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.outbox import courier, pace
from bot.outbox.courier import Courier
from bot.outbox.slack import EVENT_TYPE, Slack
from bot.outbox.voice import Voice
from bot.runner.sender import Runner
from bot.sandbox.cluster import moods
from bot.sandbox.desk import Entry, Message
from bot.sandbox.workspace.people import ASTER
from bot.turns.embedded import EmbeddedTurns
from bot.views.message import Message as Drawn
from store.outbox_model import Note, OutboxItem
from tests.brisk import Brisk
from tests.stage import Stage, words

LATE_S = 0.15  # by how much a busy machine may hold up the clock's being read again


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses between tries of a hundredth of a second instead of up to a minute."""
    monkeypatch.setattr(courier, "LONGEST_PAUSE_S", 0.01)


async def test_messages_carry_their_outbox_item_and_come_once_in_order(stage: Stage) -> None:
    cards = [await stage.ask(f"/set-action T-Enable evian3 {cid}") for cid in await stage.cids(9)]
    await asyncio.gather(*(stage.confirm(card) for card in cards))  # more jobs than are told at a time
    for card in cards:
        await stage.thread(card, "1 customer accepted")
    await stage.stop_bot()
    for card in cards:
        started, outcome = await stage.thread_of(card)
        assert "is confirmed" in words(started)
        assert "<@U0ASTER>" in words(outcome)
    posted = [e.details["arguments"] for e in await calls(stage, "chat.postMessage")]
    assert len(posted) == 3 * len(cards)
    assert {message["metadata"]["event_type"] for message in posted} == {EVENT_TYPE}
    assert len({message["metadata"]["event_payload"]["item"] for message in posted}) == len(posted)
    assert await stage.rows("SELECT id FROM outbox") == []


async def test_slack_is_left_alone_for_as_long_as_it_asks(stage: Stage) -> None:
    card = await stage.ask(f"/set-action T-Enable evian3 {(await stage.cids(1))[0]}")
    await stage.desk.fail("chat.postMessage", retry_after=1)
    await stage.confirm(card)
    await stage.thread(card, "1 customer accepted")
    _card, busy, started, _outcome = await calls(stage, "chat.postMessage")
    assert (busy.details["status"], started.details["status"]) == (429, 200)
    assert started.at - busy.at >= 0.99
    assert order(await stage.thread_of(card)) == ["started", "outcome"]


async def test_a_pause_slack_asked_for_holds_for_the_card_too(idle_stage: Stage) -> None:
    stage = idle_stage
    await stage.start_bot(chunk_size=1, more="concurrency = 1")
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(await stage.cids(3))}")
    await stage.desk.fail("chat.update", retry_after=1)
    await stage.confirm(card)
    await stage.card_saying(card, "3 of 3 answered")
    busy, shown, *_ = await calls(stage, "chat.update")
    assert shown.at - busy.at >= 0.99


@pytest.mark.parametrize(
    "fault",
    [{"status": 500}, {"status": 503}, {"error": "internal_error"}, {"retry_after": 0}],
    ids=["500", "503", "internal_error", "429-at-once"],
)
@pytest.mark.usefixtures("quick_retries")
async def test_a_slack_that_is_down_for_a_while_is_told_everything_afterwards(
    stage: Stage, fault: dict[str, Any]
) -> None:
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(['nobody01', *await stage.cids(1)])}")
    for method in ("chat.postMessage", "chat.update"):
        await stage.desk.fail(method, 12, **fault)
    await stage.confirm(card)
    await stage.thread(card, "1 accepted, 1 refused")
    await stage.card_saying(card, "2 of 2 answered")
    assert order(await stage.thread_of(card)) == ["started", "outcome"]


@pytest.mark.usefixtures("quick_retries")
async def test_a_file_is_uploaded_although_slack_fails_at_first(stage: Stage) -> None:
    nobody = " ".join(f"nobody{n:02}" for n in range(11))
    for method in ("files.getUploadURLExternal", "upload", "files.completeUploadExternal"):
        await stage.desk.fail(method, 2, status=500)
    card = await stage.ask(f"/set-action T-Enable evian3 {nobody}")
    await stage.confirm(card)
    await stage.desk.until(lambda e: e.kind == "file_shared")
    await stage.stop_bot()
    assert len(await stage.desk.files(card.channel, ASTER, card.ts)) == 1


@pytest.mark.usefixtures("quick_retries")
async def test_a_lost_answer_loses_no_message_and_doubles_none(stage: Stage) -> None:
    card = await stage.ask(f"/set-action T-Enable evian3 {(await stage.cids(1))[0]}")
    for method in ("chat.postMessage", "chat.update"):
        await stage.desk.fail(method, lose_answer=True)
    await stage.confirm(card)
    await stage.thread(card, "1 customer accepted")
    await stage.card_saying(card, "1 of 1 answered")
    await stage.stop_bot()
    # Whether the first message arrived nobody knew, so Slack was asked before it was said again.
    assert order(await stage.thread_of(card)) == ["started", "outcome"]
    assert len(await calls(stage, "chat.postMessage")) == 3  # the card, the job id, the outcome
    assert len(await calls(stage, "conversations.replies")) == 1


@pytest.mark.usefixtures("quick_retries")
async def test_a_card_pressed_before_it_was_known_to_be_there_keeps_no_message_waiting(
    idle_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(self: Runner) -> None:
        """Otherwise what becomes of the request would have the outbox looked at again."""

    monkeypatch.setattr(Runner, "_fill", nothing)
    stage = idle_stage
    await stage.start_bot()
    listed, pressed = asyncio.Event(), asyncio.Event()
    deliver, update = Courier._deliver, Slack.update

    async def held(self: Courier, item: OutboxItem, voice: Voice) -> OutboxItem | None:
        if item.note is Note.CARD and not item.is_update and item.attempts:  # its first answer was lost
            listed.set()
            await pressed.wait()
        return await deliver(self, item, voice)

    async def late(self: Slack, channel: str, ts: str, message: Drawn) -> None:
        await asyncio.sleep(0.3)  # the job id comes up meanwhile
        await update(self, channel, ts, message)

    monkeypatch.setattr(Courier, "_deliver", held)
    monkeypatch.setattr(Slack, "update", late)
    await stage.desk.fail("chat.postMessage", lose_answer=True)
    card = await stage.ask(f"/set-action T-Enable evian3 {(await stage.cids(1))[0]}")
    await listed.wait()
    with monkeypatch.context() as busy:
        busy.setattr(Brisk, "update", lambda *_, **__: 60.0)  # the workspace's budget is used up
        await stage.confirm(card)
        pressed.set()
        await stage.thread(card, "is confirmed")


@pytest.mark.parametrize("closed", ["archive", "kick_bot"])
async def test_where_the_thread_is_closed_the_requester_hears_of_it_directly(
    stage: Stage, closed: str
) -> None:
    await stage.evian3.set_mood(moods.slow(0.3))
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(await stage.cids(2))}")
    await stage.confirm(card)
    await stage.thread(card, "is confirmed")
    await getattr(stage.desk, closed)(card.channel)
    await stage.desk.until(lambda e: e.kind == "message_posted" and e.details["message"]["channel"][0] == "D")
    await stage.stop_bot()
    [told] = await stage.desk.direct_messages(ASTER)
    assert "both customers accepted" in words(told)
    assert (await stage.job()).state == "done"


async def test_a_long_list_reaches_the_requester_directly_where_the_thread_is_closed(stage: Stage) -> None:
    nobody = [f"nobody{n:02}" for n in range(11)]
    await stage.evian3.set_mood(moods.slow(0.3))
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(nobody)}")
    await stage.confirm(card)
    await stage.thread(card, "is confirmed")
    await stage.desk.kick_bot(card.channel)
    shared = await stage.desk.until(lambda e: e.kind == "file_shared")
    content = await stage.desk.file_content(shared.details["file"])
    assert all(cid in content.decode() for cid in nobody)
    assert shared.details["channel"].startswith("D")


async def test_a_result_does_not_wait_for_a_slow_card(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    release = asyncio.Event()
    update = Slack.update

    async def slow(self: Slack, channel: str, ts: str, message: Drawn) -> None:
        await release.wait()
        await update(self, channel, ts, message)

    monkeypatch.setattr(Slack, "update", slow)
    card = await stage.ask(f"/set-action T-Enable evian3 {(await stage.cids(1))[0]}")
    await stage.confirm(card)
    await stage.thread(card, "1 customer accepted")
    assert await calls(stage, "chat.update") == []
    release.set()
    await stage.card_saying(card, "Accepted by the cluster")


async def test_what_changes_a_card_in_quick_steps_is_shown_by_one_update(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "SETTLING_S", 2.0)
    card = await stage.ask(f"/set-action T-Enable evian3 {(await stage.cids(1))[0]}")
    await stage.confirm(card)
    await stage.thread(card, "1 customer accepted")  # what is said does not wait for that
    assert await calls(stage, "chat.update") == []
    await stage.card_saying(card, "1 of 1 answered")
    assert len(await calls(stage, "chat.update")) == 1


async def test_progress_is_paced_and_the_end_is_shown_at_once(
    idle_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "BETWEEN_UPDATES_S", 3_600.0)
    stage = idle_stage
    await stage.start_bot(chunk_size=1, more="concurrency = 1")
    card = await stage.ask(f"/set-action T-Enable evian3 {' '.join(await stage.cids(7))}")
    await stage.confirm(card)
    await stage.thread(card, "all 7 customers accepted")
    await stage.card_saying(card, "7 of 7 answered")
    assert len(await calls(stage, "chat.update")) <= 2  # how it ended, and that it began if that was seen


async def test_all_cards_together_keep_to_slacks_budget_and_each_shows_the_end(
    stage: Stage, brisk: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy machine may bring calls late and close together: the budget is of when they had their leave."""
    at: list[float] = []
    leave = Brisk.update

    def noted(self: Brisk, card: int, *, ended: bool) -> float:
        wait = leave(self, card, ended=ended)
        if wait == 0:
            at.append(time.monotonic())
        return wait

    monkeypatch.setattr(Brisk, "update", noted)
    cards = [await stage.ask(f"/set-action T-Enable evian3 {cid}") for cid in await stage.cids(20)]
    await asyncio.gather(*(stage.confirm(card) for card in cards))
    for card in cards:
        await stage.card_saying(card, "1 of 1 answered")
    assert len(cards) <= len(await calls(stage, "chat.update")) <= len(at)
    for first, last in combinations(range(len(at)), 2):
        allowed = 10 + brisk * 50 / 60 * (at[last] - at[first] + LATE_S)  # 50 a minute, after ten
        assert last - first + 1 <= allowed + 1, (first, last)


async def test_a_card_that_changed_while_it_was_updated_is_updated_again(
    idle_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage, reached, go_on = idle_stage, asyncio.Event(), asyncio.Event()
    update = Slack.update

    async def held(self: Slack, channel: str, ts: str, message: Drawn) -> None:
        reached.set()
        await go_on.wait()
        await update(self, channel, ts, message)

    monkeypatch.setattr(Slack, "update", held)
    await stage.start_bot()
    card = await stage.ask(f"/set-action T-Enable evian3 {(await stage.cids(1))[0]}")
    await stage.evian3.next_mood(moods.slow(0.2))
    await stage.confirm(card)
    await reached.wait()
    await stage.evian3.until(lambda record: record.finished == 1)
    async with asyncio.timeout(5):
        while (await stage.job()).state != "done":
            pass
    go_on.set()
    await stage.card_saying(card, "1 of 1 answered")
    first, second = await calls(stage, "chat.update")
    assert "accepted" not in first.details["arguments"]["text"]
    assert "accepted by the cluster" in second.details["arguments"]["text"]


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "link_disabled", None])
async def test_a_connection_that_ends_is_replaced(stage: Stage, reason: Any) -> None:
    before = (await stage.desk.journal())[-1].number
    await stage.desk.disconnect_sockets(reason)
    for _ in range(2):
        entry = await stage.desk.until(lambda e: e.kind == "socket_opened", after=before)
        before = entry.number
    for cid in await stage.cids(4):  # as many as there can be sockets, old ones included
        await stage.ask(f"/set-action T-Enable evian3 {cid}")


async def test_commands_typed_while_slack_refreshes_a_connection_are_all_taken(stage: Stage) -> None:
    cids = await stage.cids(20)
    typed = [stage.desk.command(ASTER, "C0OPS", f"/set-action T-Enable evian3 {cid}") for cid in cids]
    reactions, _ = await asyncio.gather(asyncio.gather(*typed), stage.desk.disconnect_sockets("warning"))
    assert all(reaction.acked for reaction in reactions)
    assert len(await stage.rows("SELECT id FROM jobs")) == len(cids)


async def test_a_refused_handshake_is_tried_with_a_fresh_address(stage: Stage) -> None:
    before = (await stage.desk.journal())[-1].number
    await stage.desk.disconnect_sockets(None, refuse_handshakes=2)
    await stage.desk.until(lambda e: e.kind == "socket_opened" and e.details["open"] == 2, after=before)
    journal = await stage.desk.journal(before)
    assert [e.details["reason"] for e in journal if e.kind == "handshake_refused"] == ["ordered"] * 2
    given = [
        e.details["answer"]["url"] for e in journal if e.details.get("method") == "apps.connections.open"
    ]
    assert len(set(given)) == len(given) == 4


async def test_a_slack_that_gives_no_address_is_asked_again_after_a_pause(stage: Stage) -> None:
    before = (await stage.desk.journal())[-1].number
    await stage.desk.fail("apps.connections.open", error="internal_error")
    await stage.desk.fail("apps.connections.open", status=500)
    await stage.desk.disconnect_sockets(None)
    await stage.desk.until(lambda e: e.kind == "socket_opened" and e.details["open"] == 2, after=before)
    asked = [e for e in await calls(stage, "apps.connections.open") if e.number > before]
    assert [e.details["answer"]["ok"] if e.details["answer"] else None for e in asked][2:] == [True, True]
    assert asked[2].at - asked[1].at > 0.5
    await stage.ask(f"/set-action T-Enable evian3 {(await stage.cids(1))[0]}")


async def calls(stage: Stage, method: str) -> list[Entry]:
    """The calls of a Web API method, oldest first."""
    return [e for e in await stage.desk.journal() if e.kind == "api" and e.details["method"] == method]


def order(messages: Sequence[Message]) -> list[str]:
    """What a thread's messages are, in the order in which they came."""
    return ["started" if "is confirmed" in words(message) else "outcome" for message in messages]


async def test_a_message_slack_will_never_take_is_said_in_plain_text(stage: Stage) -> None:
    [cid] = await stage.cids(1)
    card = await stage.ask(f"/set-action t evian3 {cid}")
    await stage.desk.fail("chat.postMessage", error="invalid_blocks")
    await stage.confirm(card)
    started = await stage.thread(card, "Job ")
    assert not started.blocks
    outcome = await stage.thread(card, "1 customer accepted")
    assert outcome.blocks


async def test_a_message_begun_before_a_freeze_is_looked_for_before_it_is_said(
    idle_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another replica may have said it meanwhile: only who has the turn now may post, and looks first."""
    stage, leases = idle_stage, iter([lambda: 0.0])  # over as the first message is about to be written
    await stage.start_bot()
    monkeypatch.setattr(EmbeddedTurns, "lease", lambda turns: next(leases, lambda: math.inf))
    with capture_logs() as logs:
        await stage.ask(f"/set-action T-Enable evian3 {(await stage.cids(1))[0]}")
    assert [entry["event"] for entry in logs].count("set_action.out_of_turn") == 1
    assert len(await calls(stage, "chat.postMessage")) == 1
    assert len(await calls(stage, "conversations.history")) == 1
