"""When something is odd, slow or broken: an answer always, never silence, and nothing internal in it."""

import asyncio
import logging
import re
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.sandbox.desk import Message
from bot.sandbox.workspace.people import ASTER, BRAM, OPS
from tests.stage import Stage, told, words

JSON = dict[str, Any]
Logged = list[MutableMapping[str, Any]]
INTERNAL = ("Traceback", "Error", "pydantic", "sqlite", "validation", "SELECT", "INSERT", "None", "/work")


@pytest.fixture
def logged() -> Iterator[Logged]:
    """What the bot logs."""
    with capture_logs() as lines:
        yield lines


@pytest.fixture
async def card(stage: Stage) -> Message:
    """A card that waits for a decision."""
    [cid] = await stage.cids(1)
    card = await stage.ask(f"/set-action T-Enable evian3 {cid}")
    await stage.settled()
    return card


async def command(stage: Stage, line: str) -> str:
    """What the acknowledgement of a command says to the one who typed it."""
    reaction = await stage.desk.command(ASTER, OPS, line)
    assert reaction.message is not None, "nothing was answered"
    assert reaction.message.user == "U0BOT", reaction.message.text
    return words(reaction.message)


async def first_private(stage: Stage, user: str = ASTER) -> str:
    """The first private message this person gets in #ops."""
    return words(await stage.desk.until_message(OPS, user, lambda m: m.ephemeral))


def reference(said: str, logged: Logged) -> MutableMapping[str, Any]:
    """The line of the log that carries the reference a person was given; nothing internal was said."""
    assert "did not go through" in said
    assert not [word for word in INTERNAL if word in said]
    [found] = re.findall("`([0-9a-f]{8})`", said)
    [line] = [line for line in logged if line.get("reference") == found]
    return line


def without(*names: str) -> Callable[[JSON], JSON]:
    """A payload that lacks some fields."""
    return lambda payload: {name: value for name, value in payload.items() if name not in names}


def having(**changed: Any) -> Callable[[JSON], JSON]:
    """A payload with some fields as they should not be."""
    return lambda payload: payload | changed


async def untouched(stage: Stage) -> None:
    """The card is still open, and the cluster was left alone."""
    assert (await stage.job()).state == "proposed"
    assert (await stage.evian3.record()).posts == ()


@pytest.mark.parametrize("button", ["confirm", "cancel"])
@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ("0123456789abcdef" * 2, "not known here any more. Nothing was sent"),
        ("not-an-id", "not one of mine, or too old"),
        ("", "not one of mine, or too old"),
        ("<!channel>" * 50, "not one of mine, or too old"),
    ],
)
async def test_a_tampered_value_decides_nothing(
    stage: Stage, card: Message, button: str, value: str, answer: str
) -> None:
    action = {"action_id": button, "value": value, "type": "button", "block_id": "decide"}
    with told("block_action", having(actions=[action])):
        assert (await stage.desk.click(ASTER, card, button)).acked
    assert answer in await first_private(stage)
    await untouched(stage)


@pytest.mark.parametrize(
    "button",
    [
        *("confirm", "cancel", "edit", "run_again", "approve", "withdraw", "stop_job", "resume_cluster"),
        *("check_again", "send_rest", "watch_again", "job_detail"),
    ],
)
async def test_a_click_on_what_is_not_here_is_on_the_record(stage: Stage, card: Message, button: str) -> None:
    stranger = "0123456789abcdef" * 2
    action = {"action_id": button, "value": stranger, "type": "button", "block_id": "decide"}
    with told("block_action", having(actions=[action])):
        await stage.confirm(card)
    assert "not known here any more" in await first_private(stage)
    rows = await stage.rows("SELECT actor, event, job FROM audit_log ORDER BY seq")
    assert rows[1:] == [("T0SANDBOX/U0ASTER", "refused_click", stranger)]


@pytest.mark.parametrize(
    "change",
    [
        without("container"),
        without("user"),
        without("actions"),
        having(actions=[]),
        having(actions={}),
        having(actions=[{"action_id": "confirm", "type": "button", "block_id": "b"}]),
        having(actions=[{"action_id": "confirm", "type": "button", "value": "x" * 2001, "block_id": "b"}]),
        having(actions=["confirm"]),
        having(container="message"),
        having(container={"channel_id": "C0OPS", "message_ts": "yesterday"}),
        having(user="U0ASTER"),
        having(user={"id": "../../etc"}),
        having(user=7),
        having(team=7),
        having(enterprise=7),
    ],
)
async def test_an_odd_click_gets_an_answer_and_a_reference_that_is_in_the_log(
    stage: Stage, card: Message, logged: Logged, change: Callable[[JSON], JSON]
) -> None:
    with told("block_action", change):
        assert (await stage.confirm(card)).acked
    said = await first_private(stage)
    if "did not go through" in said:
        line = reference(said, logged)
        assert "sandbox-verification" not in repr(line["exc_info"])  # the payload's own token
    else:
        assert "I do not know this" in said
    await untouched(stage)


@pytest.mark.parametrize(
    "change",
    [
        without("trigger_id"),
        without("user_id"),
        without("channel_id"),
        without("team_id"),
        having(user_id="<!channel>"),
        having(trigger_id="x" * 300),
        having(text=None),
        having(text=["T-Enable"]),
        having(enterprise=7),
        having(response_url=None),
    ],
)
async def test_an_odd_command_gets_an_answer_and_makes_no_card(
    stage: Stage, logged: Logged, change: Callable[[JSON], JSON]
) -> None:
    with told("command", change):
        line = reference(await command(stage, "/set-action T-Enable evian3 e106b3d0fb01"), logged)
    assert "sandbox-verification" not in repr(line["exc_info"])
    assert "e106b3d0fb01" not in repr(line["exc_info"])
    assert not await stage.rows("SELECT * FROM jobs")


async def test_unknown_commands_and_buttons_get_an_answer(stage: Stage, card: Message) -> None:
    assert "/set-action help" in await command(stage, "/set-actoin T-Enable evian3 e106b3d0fb01")
    blocks = [dict(block) for block in card.blocks]
    blocks[-1]["elements"] = [blocks[-1]["elements"][0] | {"action_id": "abolish"}]
    assert (await stage.desk.click(BRAM, replace(card, blocks=tuple(blocks)), "abolish")).acked
    assert "I do not know this command or button" in await first_private(stage, BRAM)
    await untouched(stage)


async def test_an_event_nobody_asked_for_is_acknowledged(stage: Stage) -> None:
    assert (await stage.desk.event({"type": "app_mention", "user": ASTER, "text": "hello"})).acked
    assert not [e for e in await stage.desk.journal() if e.kind == "response_url"]


BREAK = "CREATE TRIGGER broken BEFORE INSERT ON {} BEGIN SELECT RAISE(ABORT, 'disk I/O error'); END"


@pytest.mark.parametrize("table", ["jobs", "audit_log", "outbox"])
async def test_a_failing_database_keeps_nothing_and_says_so(stage: Stage, logged: Logged, table: str) -> None:
    stage.tamper(BREAK.format(table))
    said = await command(stage, "/set-action T-Enable evian3 e106b3d0fb01")
    assert reference(said, logged)["event"] == "set_action.store_error"
    for kept in ("SELECT id FROM jobs", "SELECT cid FROM job_customers", "SELECT seq FROM audit_log"):
        assert not await stage.rows(kept)
    await stage.settled()
    assert not await stage.desk.messages(OPS, BRAM)
    stage.tamper("DROP TRIGGER broken")
    await stage.ask("/set-action T-Enable evian3 e106b3d0fb01")


async def test_a_click_that_the_database_did_not_take_did_nothing_and_may_be_repeated(
    stage: Stage, card: Message, logged: Logged
) -> None:
    stage.tamper(BREAK.format("audit_log"))
    assert (await stage.confirm(card)).acked
    assert reference(await first_private(stage), logged)["event"] == "set_action.store_error"
    await untouched(stage)
    stage.tamper("DROP TRIGGER broken")
    await stage.confirm(card)
    await stage.thread(card, "1 customer accepted")
    assert len((await stage.evian3.record()).posts) == 1


@pytest.mark.usefixtures("slacks_patience")
async def test_a_slow_click_is_told_still_working_and_then_runs_once(stage: Stage, card: Message) -> None:
    with stage.locked_database():
        click, other = await asyncio.gather(stage.confirm(card), stage.confirm(card))
        assert click.acked
        assert other.acked
        assert click.elapsed > 2
        await stage.private("Still working on it")
        await untouched(stage)
    await stage.thread(card, "1 customer accepted")
    await stage.private("You have confirmed this already")
    assert len((await stage.evian3.record()).posts) == 1


@pytest.mark.usefixtures("slacks_patience")
async def test_a_slow_command_is_told_still_working_and_then_what_came_of_it(stage: Stage) -> None:
    line = "/set-action T-Enable evian3 e106b3d0fb01"
    with stage.locked_database():
        asked, mistaken = await asyncio.gather(
            stage.desk.command(ASTER, OPS, line), stage.desk.command(ASTER, OPS, line.replace("ble", "bel"))
        )
        for reaction in (asked, mistaken):
            assert reaction.message
            assert "Still working on it" in reaction.message.text
        repeated = asyncio.create_task(stage.desk.redeliver(asked))  # by a Slack that lost patience
        await stage.desk.until(lambda e: e.kind == "envelope" and e.details["redelivery"])
    late = await stage.private("did you mean T-Enable?")
    assert "ACTION CLUSTER ID" in words(late)  # all of the answer, blocks included
    assert (await repeated).acked
    await stage.settled()
    assert len([m for m in await stage.desk.messages(OPS, BRAM) if m.buttons]) == 1
    assert sorted(await stage.events()) == ["refused_request", "requested"]


@pytest.mark.usefixtures("slacks_patience")
async def test_a_slow_click_that_fails_in_the_end_says_so(
    stage: Stage, card: Message, logged: Logged
) -> None:
    stage.tamper(BREAK.format("audit_log"))
    with stage.locked_database():
        assert (await stage.confirm(card)).acked
        await stage.private("Still working on it")
    said = words(await stage.private("did not go through"))
    assert reference(said, logged)["event"] == "set_action.store_error"
    await untouched(stage)


async def test_bolts_own_loggers_are_as_quiet_as_ours_are_set(
    idle_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bolt gives each of its loggers a level of its own; at the root's, it would log payloads."""
    for logger in _bolts_loggers():
        monkeypatch.setattr(logger, "level", logging.NOTSET)  # another test's app may have set one
    monkeypatch.setattr(logging.getLogger("slack_bolt"), "level", logging.ERROR)
    await idle_stage.start_bot()
    levels = {logger.level for logger in _bolts_loggers()}
    assert levels - {logging.NOTSET} == {logging.ERROR}


def _bolts_loggers() -> list[logging.Logger]:
    names = [name for name in logging.root.manager.loggerDict if name.startswith("slack_bolt.")]
    return [logging.getLogger(name) for name in names]
