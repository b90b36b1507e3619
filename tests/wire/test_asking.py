"""Asking at the wire: what `/set-action` brings to whom, and what is on the record of it."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest

from bot.sandbox.desk import Form, Message
from bot.sandbox.workspace.people import ASTER, BRAM, OLD, OPS, PEOPLE_DM, PRIVATE, RANDOM
from store import audit
from store.database import Database
from tests.stage import Stage, told, words

LIVE = "<!channel> & <@U0BRAM> <https://evil.example|here>"


async def answer(stage: Stage, line: str, *, user: str = ASTER, channel: str = OPS) -> str:
    """What the acknowledgement of a command says to the one who typed it."""
    reaction = await stage.desk.command(user, channel, line)
    assert reaction.message is not None, "nothing was answered"
    assert reaction.message.ephemeral
    assert reaction.message.user == "U0BOT", reaction.message.text
    return words(reaction.message)


async def refused(stage: Stage) -> dict[str, Any]:
    """The only row of the audit log, which must be a refused request, with its detail."""
    [row] = await stage.rows("SELECT * FROM audit_log")
    assert (row.event, row.actor) == ("refused_request", "T0SANDBOX/U0ASTER")
    assert not await stage.rows("SELECT * FROM jobs")
    assert not [m for m in await stage.desk.messages(OPS, BRAM) if not m.ephemeral]
    detail: dict[str, Any] = json.loads(row.detail)
    return detail | {"cluster": row.cluster}


def mrkdwn(shown: Message | Form) -> list[str]:
    """Every text of a message or a window in which `<…>` is live."""

    def texts(node: Any) -> Iterator[str]:
        if isinstance(node, dict) and node.get("type") == "mrkdwn":
            yield node["text"]
        for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            yield from texts(child)

    return [*([shown.text] if isinstance(shown, Message) else []), *texts(list(shown.blocks))]


@pytest.mark.parametrize("line", ["/set-action help", "/set-action HELP"])
async def test_help_tells_the_grammar_what_one_may_use_and_an_example_that_works(
    stage: Stage, line: str
) -> None:
    said = await answer(stage, line)
    assert "ACTION CLUSTER ID" in said
    assert "T-Enable" in said
    assert "Evian 3 (evian3)" in said
    assert "fiji1" in said
    [example] = [row for row in said.splitlines() if row.startswith("/set-action") and "ACTION" not in row]
    assert "ticket 4711" in words(await stage.ask(example))
    assert await stage.events() == ["requested"]  # help is no request


@pytest.mark.parametrize(
    ("typed", "hint", "action", "cluster"),
    [
        ("T-Enabel evian3", "did you mean T-Enable?", None, "evian3"),
        ("T-Enable evain3", "did you mean evian3?", "T-Enable", None),
        ("frobnicate evian3", "Known actions: Tran-Begin, PE-Enable, T-Enable", None, "evian3"),
        ("T-Enable atlantis", "Known clusters: evian3, fiji1", "T-Enable", None),
    ],
)
async def test_an_unknown_name_is_answered_with_the_nearest_and_put_on_the_record(
    stage: Stage, typed: str, hint: str, action: str | None, cluster: str | None
) -> None:
    said = await answer(stage, f"/set-action {typed} e106b3d0fb01")
    assert hint in said
    assert "Nothing was sent" in said
    assert "ACTION CLUSTER ID" in said
    detail = await refused(stage)
    assert (detail["action"], detail["cluster"], detail["customers"]) == (action, cluster, 1)


async def test_bad_ids_are_named_up_to_five_and_stay_dead(stage: Stage) -> None:
    bad = ["<!channel>", "<@U0BRAM>", "a/b", "xo!", "x", "é-é-é", "##"]
    reaction = await stage.desk.command(
        ASTER, OPS, f"/set-action T-Enable evian3 {' '.join(bad)} e106b3d0fb01"
    )
    assert reaction.message
    said = words(reaction.message)
    assert "these 7 customer ids" in said
    assert "and 2 more" in said
    assert "&lt;!channel&gt;" in said
    assert not [text for text in mrkdwn(reaction.message) if "<!" in text or "<@" in text]
    assert (await refused(stage))["customers"] == 1


async def test_ids_missing_or_a_reason_left_empty_are_mistakes(stage: Stage) -> None:
    assert "No customer id is given" in await answer(stage, "/set-action T-Enable evian3")
    said = await answer(stage, "/set-action T-Enable evian3 e106b3d0fb01 reason:")
    assert "nothing after “reason:”" in said
    assert await stage.events() == ["refused_request", "refused_request"]


@pytest.mark.parametrize(
    "names", ["T-Enable evian3", "evian3 t_enable", "EVIAN3 T ENABLE", "t evian_3", "Evian 3 t-enable"]
)
async def test_action_and_cluster_come_in_either_order_and_any_spelling(stage: Stage, names: str) -> None:
    card = await stage.ask(f"/set-action {names} e106b3d0fb01")
    assert "T-Enable for 1 customer on Evian 3 (evian3)" in words(card)


async def test_the_card_says_everything_before_anybody_confirms(stage: Stage) -> None:
    ids = [f"c{n:03d}d3b0fb0111efb2cd" for n in range(8)]
    card = await stage.ask(f"/set-action T-Enable evian3 {', '.join([*ids, *ids[:3]])} reason:  ticket  4711")
    said = words(card)
    assert "T-Enable for 8 customers on Evian 3 (evian3)" in said
    assert "8 (3 duplicates dropped)" in said
    assert "\n".join(ids[:5]) in said
    assert "and 3 more" in said
    assert ids[5] not in said
    assert "*Asked by*\n<@U0ASTER>" in said
    assert "Why: ticket 4711" in said
    [job] = await stage.rows("SELECT * FROM jobs")
    assert job.expires_at - job.created_at == 900_000
    assert f"expires <!date^{job.expires_at // 1000}^" in said
    confirm, cancel = card.button("confirm"), card.button("cancel")
    assert (confirm.label, cancel.label, cancel.confirm) == ("Yes, proceed", "Cancel", None)
    assert confirm.confirm
    asked = confirm.confirm["text"]["text"]
    assert "T-Enable" in asked
    assert "Evian 3 (evian3)" in asked
    assert "8 customers" in asked
    assert [r.cid for r in await stage.rows("SELECT cid FROM job_customers ORDER BY position")] == ids
    assert (await stage.evian3.record()).posts == ()


async def test_what_people_wrote_stays_dead_on_card_thread_and_list(idle_stage: Stage) -> None:
    await idle_stage.start_bot(more='[customers]\nid_pattern = "[!-~]{3,64}"')
    card = await idle_stage.ask(f"/set-action T-Enable evian3 <!channel> <@U0BRAM> reason: {LIVE}")
    assert f"Why: {LIVE}" in words(card)
    assert "<!channel>\n<@U0BRAM>" in words(card)
    await idle_stage.confirm(card)
    said = [await idle_stage.thread(card, "is confirmed"), await idle_stage.thread(card, "refused")]
    [job] = await idle_stage.rows("SELECT uuid FROM jobs")
    reaction = await idle_stage.desk.command(ASTER, OPS, "/my-jobs")
    assert reaction.message
    said.append(reaction.message)
    assert (await idle_stage.desk.command(ASTER, OPS, f"/my-jobs {job.uuid[:8]}")).acked
    window = await idle_stage.desk.until_form(ASTER, lambda form: LIVE in str(form.blocks))
    everything: list[Message | Form] = [card, *said, window]
    for shown in everything:
        assert not [t for t in mrkdwn(shown) if "<!channel" in t or "<@U0BRAM" in t or "example|" in t]


async def test_every_refusal_is_one_row_of_an_unbroken_chain(stage: Stage) -> None:
    for line in ("T-Enabel evian3 abc1", "T-Enable evian3", "T-Enable evian3 a/b", "evian3 abc1"):
        await answer(stage, f"/set-action {line}")
    await stage.ask("/set-action T-Enable evian3 abc1")
    db = Database(stage.database_url)
    try:
        assert await db.read(audit.verify) == (5, None)
    finally:
        db.close()
    assert await stage.events() == ["refused_request"] * 4 + ["requested"]


async def nothing_was_made(stage: Stage, channel: str) -> None:
    """No job, nothing in the list, nothing left to say, nothing for others to see; and it is audited."""
    await stage.settled()
    assert await stage.events() == ["requested", "not_posted"]
    [row] = await stage.rows("SELECT state FROM jobs")
    assert row.state == "cancelled"
    assert "no jobs yet" in await answer(stage, "/my-jobs")
    assert not [m for m in await stage.desk.messages(channel, BRAM) if m.user == "U0BOT"]
    assert (await stage.evian3.record()).posts == ()


@pytest.mark.parametrize(
    ("channel", "fix"),
    [
        (RANDOM, "`/invite` <@U0BOT>"),
        (PRIVATE, "`/invite` <@U0BOT>"),
        (OLD, "is archived"),
        (PEOPLE_DM, "direct message with <@U0BOT>"),
    ],
)
async def test_where_the_bot_cannot_post_one_is_told_the_fix_and_no_job_is_made(
    stage: Stage, channel: str, fix: str
) -> None:
    reaction = await stage.desk.command(ASTER, channel, "/set-action T-Enable evian3 e106b3d0fb01")
    assert reaction.acked
    notice = await stage.private("no job was made", channel=channel)
    assert fix in words(notice)
    await nothing_was_made(stage, channel)


async def test_with_the_response_url_used_up_one_is_told_by_direct_message_and_may_ask_there(
    stage: Stage,
) -> None:
    await stage.desk.fail("response_url", error="used_url", status=404)
    await stage.desk.command(ASTER, RANDOM, "/set-action T-Enable evian3 e106b3d0fb01")
    await stage.desk.until(
        lambda e: e.kind == "message_posted" and "`/invite`" in e.details["message"]["text"]
    )
    [notice] = await stage.desk.direct_messages(ASTER)
    assert "no job was made" in notice.text
    await nothing_was_made(stage, RANDOM)
    [cid] = await stage.cids(1)
    card = await stage.ask(f"/set-action T-Enable evian3 {cid}", channel=notice.channel)
    await stage.confirm(card)
    await stage.thread(card, "1 customer accepted")


async def test_a_restart_forgets_the_response_url_but_not_the_person(stage: Stage) -> None:
    await stage.desk.fail("chat.postMessage", retry_after=1)
    await stage.desk.command(ASTER, RANDOM, "/set-action T-Enable evian3 e106b3d0fb01")
    await stage.desk.until(lambda e: e.kind == "api" and e.details["status"] == 429)
    await stage.stop_bot()
    await stage.start_bot()
    await stage.desk.until(
        lambda e: e.kind == "message_posted" and "`/invite`" in e.details["message"]["text"]
    )
    await nothing_was_made(stage, RANDOM)


async def test_a_redelivered_command_brings_one_card(stage: Stage) -> None:
    line = "/set-action T-Enable evian3 e106b3d0fb01"
    first = await stage.desk.command(ASTER, OPS, line)
    again = await asyncio.gather(*(stage.desk.redeliver(first) for _ in range(3)))
    assert all(reaction.acked and reaction.message is None for reaction in again)
    trigger = {"trigger_id": "13345224609.738474920.8088930838d88f008e0"}
    with told("command", lambda payload: payload | trigger):
        others = await asyncio.gather(*(stage.desk.command(ASTER, OPS, line) for _ in range(3)))
        assert len({reaction.envelope_id for reaction in others}) == 3
        await stage.stop_bot()  # what was seen before is now known by the database alone
        await stage.start_bot()
        assert (await stage.desk.command(ASTER, OPS, line)).acked
    assert (await stage.desk.redeliver(first)).acked
    await stage.settled()
    assert len([m for m in await stage.desk.messages(OPS, BRAM) if m.buttons]) == 2
    assert await stage.events() == ["requested", "requested"]


async def test_a_redelivered_mistake_is_answered_again_and_recorded_once(stage: Stage) -> None:
    first = await stage.desk.command(ASTER, OPS, "/set-action T-Enabel evian3 e106b3d0fb01")
    again = await stage.desk.redeliver(first)
    assert again.payload == first.payload
    assert (await refused(stage))["customers"] == 1
