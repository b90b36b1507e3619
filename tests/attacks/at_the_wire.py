"""Attacks on the running bot: forged, replayed and tampered payloads. What each does must come to nothing."""

import json
from collections.abc import Callable
from typing import Any
from unittest.mock import patch
from uuid import UUID

from pydantic import SecretStr

from bot.sandbox.cluster import moods
from bot.sandbox.desk import Message
from bot.sandbox.workspace import view_payloads
from bot.sandbox.workspace.people import ASTER, BRAM, FINN, GINA, OPS
from bot.seal import Seal
from tests.forms import chosen, opened
from tests.stage import Stage, told, words

JSON = dict[str, Any]


def having(**changed: Any) -> Callable[[JSON], JSON]:
    return lambda payload: payload | changed


async def card(stage: Stage, *, user: str = ASTER, more: str = "") -> Message:
    [cid] = await stage.cids(1)
    return await stage.ask(f"/set-action T-Enable evian3 {cid}{more}", user=user)


async def nothing_sent(stage: Stage, *, state: str = "proposed") -> None:
    assert (await stage.evian3.record()).posts == ()
    assert {row.state for row in await stage.rows("SELECT state FROM jobs")} <= {state}


async def pressed(stage: Stage, shown: Message, value: str, button: str = "confirm", **more: Any) -> None:
    """A button pressed with another value than it was drawn with."""
    action = {"action_id": button, "value": value, "type": "button", "block_id": "decide"}
    with told("block_action", having(actions=[action], **more)):
        await stage.desk.click(ASTER, shown, shown.buttons[0].action_id)


async def duplicated_click(stage: Stage) -> None:
    shown = await card(stage)
    await stage.desk.redeliver(await stage.confirm(shown))
    await stage.thread(shown, "1 customer accepted")
    assert len((await stage.evian3.record()).posts) == 1


async def duplicated_command(stage: Stage) -> None:
    [cid] = await stage.cids(1)
    sent = await stage.desk.command(ASTER, OPS, f"/set-action T-Enable evian3 {cid}")
    await stage.desk.redeliver(sent)
    await stage.settled()
    assert len(await stage.rows("SELECT id FROM jobs")) == 1


async def replayed_after_a_restart(stage: Stage) -> None:
    shown = await card(stage)
    sent = await stage.confirm(shown)
    await stage.thread(shown, "1 customer accepted")
    await stage.stop_bot()
    await stage.start_bot()
    await stage.desk.redeliver(sent)
    await stage.private("it runs once")
    assert len((await stage.evian3.record()).posts) == 1


async def foreign_app(stage: Stage) -> None:
    [cid] = await stage.cids(1)
    with told("command", having(api_app_id="A0EVIL")):
        await stage.desk.command(ASTER, OPS, f"/set-action T-Enable evian3 {cid}")
    assert await stage.events() == []


async def foreign_team(stage: Stage) -> None:
    with told("command", having(team_id="T0EVIL")):
        reaction = await stage.desk.command(ASTER, OPS, "/set-action T-Enable evian3 e106b3d0")
    assert reaction.message
    assert "another organisation" in words(reaction.message)


async def foreign_teams_click(stage: Stage) -> None:
    shown = await card(stage)
    with told("block_action", having(team={"id": "T0EVIL"})):
        await stage.confirm(shown)
    await stage.private("Only the person who asked")
    await nothing_sent(stage)


async def foreign_enterprises_click(stage: Stage) -> None:
    shown = await card(stage)
    with told("block_action", having(enterprise={"id": "E0EVIL"})):
        await stage.confirm(shown)
    await stage.private("Only the person who asked")
    await nothing_sent(stage)


async def guest(stage: Stage) -> None:
    reaction = await stage.desk.command(GINA, OPS, "/set-action T-Enable evian3 e106b3d0")
    assert reaction.message
    assert "You are a guest" in words(reaction.message)


async def stranger(stage: Stage) -> None:
    reaction = await stage.desk.command(FINN, OPS, "/set-action T-Enable evian3 e106b3d0")
    assert reaction.message
    assert "another organisation" in words(reaction.message)


def by_bram(button: str, answer: str = "Only the person who asked") -> Callable[[Stage], Any]:
    async def play(stage: Stage) -> None:
        await stage.desk.click(BRAM, await card(stage), button)
        await stage.private(answer, user=BRAM)
        await nothing_sent(stage)

    return play


async def another_ones_job(stage: Stage) -> None:
    shown = await card(stage)
    await stage.confirm(shown)
    await stage.thread(shown, "1 customer accepted")
    uuid = (await stage.job()).uuid
    reaction = await stage.desk.command(BRAM, OPS, f"/my-jobs {uuid[:8]}")
    assert reaction.message
    assert "None of your jobs" in words(reaction.message)
    for button in ("check_again", "send_rest", "run_again"):
        await pressed(stage, shown, uuid, button, user={"id": BRAM, "team_id": "T0SANDBOX"})
    answers = [row.event for row in await stage.rows("SELECT event FROM audit_log WHERE actor LIKE '%BRAM'")]
    assert answers == ["refused_click"] * 3
    assert len((await stage.evian3.record()).posts) == 1


async def another_ones_page(stage: Stage) -> None:
    shown = await card(stage)
    await stage.confirm(shown)
    await stage.thread(shown, "1 customer accepted")
    await pressed(stage, shown, "999999", "my_jobs_older", user={"id": BRAM, "team_id": "T0SANDBOX"})
    uuid = (await stage.job()).uuid
    await stage.desk.until(lambda entry: entry.kind == "response_url")
    said = [entry for entry in await stage.desk.journal() if entry.kind == "response_url"]
    assert uuid[:8] not in str(said)


async def changed_digest(stage: Stage) -> None:
    shown = await card(stage)
    uuid = (await stage.job()).uuid
    await pressed(stage, shown, f"{uuid}.0123456789abcdef")
    await stage.private("changed since you looked")
    await nothing_sent(stage)


async def no_digest(stage: Stage) -> None:
    shown = await card(stage)
    await pressed(stage, shown, (await stage.job()).uuid)
    await stage.private("changed since you looked")
    await nothing_sent(stage)


def value(forged: str, answer: str) -> Callable[[Stage], Any]:
    async def play(stage: Stage) -> None:
        await pressed(stage, await card(stage), forged)
        await stage.private(answer)
        await nothing_sent(stage)

    return play


async def approval_of_a_changed_list(stage: Stage) -> None:
    shown = await card(stage)
    await stage.settled()
    stage.tamper("UPDATE jobs SET digest = 'ffffffffffffffff'")
    await stage.confirm(shown)
    await stage.private("changed since you looked")
    await nothing_sent(stage)


def payload(**changed: Any) -> Callable[[Stage], Any]:
    """A click that is not what Slack sends."""

    async def play(stage: Stage) -> None:
        shown = await card(stage)
        with told("block_action", having(**changed)):
            assert (await stage.confirm(shown)).acked
        await stage.private("did not go through")
        await nothing_sent(stage)

    return play


def form(metadata: Callable[[Stage], str], answer: str, *, sealed: bool) -> Callable[[Stage], Any]:
    """The form, submitted with another memory than it was opened with."""

    async def play(stage: Stage) -> None:
        [cid] = await stage.cids(1)
        bystander = await card(stage, user=BRAM)
        shown = await opened(stage)
        original, words_of = view_payloads.submission, metadata(stage)
        seal = Seal(SecretStr(stage.access.bot_token))
        row = await stage.job()

        def spoilt(*args: Any) -> JSON:
            payload = original(*args)
            memory = words_of.replace("BRAMS", str(UUID(row.uuid)))
            view = payload["view"] | {"private_metadata": memory}
            return payload | {"view": seal.sealed(view) if sealed else view}

        with patch.object(view_payloads, "submission", spoilt):
            submission = await stage.desk.submit(shown, chosen(cids=cid))
        if answer:
            assert submission.form
            assert answer in str(submission.form.errors)
        await stage.settled()
        [brams] = await stage.rows("SELECT state FROM jobs WHERE user_id = 'U0BRAM'")
        assert brams.state == "proposed"
        assert bystander.ts
        await nothing_sent(stage)

    return play


def memory(**changed: Any) -> Callable[[Stage], str]:
    return lambda _: json.dumps({"files": [], "source": None, "customers": 0, "replaces": None} | changed)


def asking(line: str, answer: str) -> Callable[[Stage], Any]:
    """A command that is refused in words, with nothing in them alive."""

    async def play(stage: Stage) -> None:
        reaction = await stage.desk.command(ASTER, OPS, line)
        assert reaction.message
        assert answer in words(reaction.message)
        assert "<!channel>" not in words(reaction.message)
        assert await stage.rows("SELECT id FROM jobs") == []

    return play


async def live_reason(stage: Stage) -> None:
    shown = await card(stage, more=" reason: <!channel> <https://evil.example|here>")
    mrkdwn = [shown.text, *(str(b) for b in shown.blocks if "mrkdwn" in str(b))]
    assert "<!channel>" not in "".join(mrkdwn)


async def live_cluster(stage: Stage) -> None:
    body = json.dumps({"message": "<!channel> <@U0EVIL> no", "success": False})
    await stage.evian3.next_mood(moods.replying("evil", body))
    shown = await card(stage)
    await stage.confirm(shown)
    said = await stage.thread(shown, "refused")
    assert "&lt;!channel&gt;" in words(said)
    assert "<!channel>" not in words(said)


async def not_an_administrator(stage: Stage) -> None:
    shown = await card(stage)
    await pressed(stage, shown, "new", "batches_make")
    await stage.private("No rule makes you an administrator")
