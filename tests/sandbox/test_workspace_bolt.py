"""The stock Bolt app, unmodified, against the sandbox workspace over real sockets, end to end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.desk import Desk
from bot.sandbox.workspace.people import ASTER, BRAM, CLEO, OPS, PEOPLE_DM, RANDOM, TEAM
from bot.sandbox.workspace.server import Access, serve_workspace

CARD: list[dict[str, Any]] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "T-Enable"}},
    {
        "type": "actions",
        "block_id": "decide",
        "elements": [
            {
                "type": "button",
                "action_id": "proceed",
                "value": "job-1",
                "style": "primary",
                "text": {"type": "plain_text", "text": "Yes, proceed"},
            }
        ],
    },
]


@pytest.fixture
async def access() -> AsyncIterator[Access]:
    async with serve_workspace() as running:
        yield running


@pytest.fixture
async def desk(access: Access) -> AsyncIterator[Desk]:
    async with Desk(access.address, access.desk_token) as entered:
        yield entered


@pytest.fixture
def app(access: Access) -> AsyncApp:
    client = AsyncWebClient(token=access.bot_token, base_url=access.api_url)
    return AsyncApp(client=client, process_before_response=True)


@asynccontextmanager
async def connected(app: AsyncApp, access: Access, desk: Desk, sockets: int = 1) -> AsyncIterator[None]:
    handler: Any = AsyncSocketModeHandler(app, access.app_token)
    await handler.connect_async()
    try:
        await desk.until_connected(sockets)
        yield
    finally:
        await handler.close_async()


async def test_a_command_is_answered_in_its_acknowledgement(
    app: AsyncApp, access: Access, desk: Desk
) -> None:
    seen: dict[str, Any] = {}

    async def listener(ack: Any, body: dict[str, Any]) -> None:
        seen.update(body)
        await ack("noted")

    app.command("/set-action")(listener)
    async with connected(app, access, desk):
        reaction = await desk.command(ASTER, OPS, "/set-action T-Enable <evian3> a&b ")

    assert reaction.acked
    assert reaction.payload == {"text": "noted"}
    assert reaction.message is not None
    assert reaction.message.ephemeral
    assert await desk.messages(OPS, ASTER) == [reaction.message]
    assert await desk.messages(OPS, BRAM) == []
    told = {name: seen[name] for name in ("command", "text", "user_id", "team_id", "channel_name")}
    assert told == {
        "command": "/set-action",
        "text": "T-Enable &lt;evian3&gt; a&amp;b",
        "user_id": ASTER,
        "team_id": TEAM,
        "channel_name": "ops",
    }
    assert seen["is_enterprise_install"] == "false"


async def test_an_acknowledgement_in_the_channel_is_seen_by_all(
    app: AsyncApp, access: Access, desk: Desk
) -> None:
    async def listener(ack: Any) -> None:
        await ack(text="for all", blocks=CARD, response_type="in_channel")

    app.command("/set-action")(listener)
    async with connected(app, access, desk):
        await desk.command(ASTER, OPS, "/set-action")

    (message,) = await desk.messages(OPS, CLEO)
    assert not message.ephemeral
    assert message.button("proceed").label == "Yes, proceed"


@pytest.mark.parametrize("words", ["x" * 40_001, {"text": "hi", "blocks": [{"type": "nonsense"}]}])
async def test_an_acknowledgement_slack_would_refuse_is_shown_as_such(
    app: AsyncApp, access: Access, desk: Desk, words: Any
) -> None:
    async def listener(ack: Any) -> None:
        await ack(words)

    app.command("/set-action")(listener)
    async with connected(app, access, desk):
        reaction = await desk.command(ASTER, OPS, "/set-action")

    assert reaction.acked
    assert reaction.message is not None
    assert reaction.message.text == '/set-action failed with the error "invalid_command_response"'


async def test_a_card_is_pressed_and_changes(app: AsyncApp, access: Access, desk: Desk) -> None:
    bodies: list[dict[str, Any]] = []

    async def ask(ack: Any, command: dict[str, Any], client: AsyncWebClient) -> None:
        metadata = {"event_type": "card", "event_payload": {"job": 1}}
        await client.chat_postMessage(channel=OPS, text="card", blocks=CARD, metadata=metadata)
        await ack()

    async def decide(ack: Any, body: dict[str, Any], client: AsyncWebClient) -> None:
        bodies.append(body)
        message = body["message"]
        await client.chat_update(channel=OPS, ts=message["ts"], text="going", blocks=CARD[:1])
        await ack()

    app.command("/set-action")(ask)
    app.action("proceed")(decide)
    async with connected(app, access, desk):
        await desk.command(ASTER, OPS, "/set-action")
        card = await desk.until_message(OPS, BRAM, lambda m: bool(m.buttons))
        assert card.metadata == {"event_type": "card", "event_payload": {"job": 1}}
        both = await asyncio.gather(*(desk.click(user, card, "proceed", "decide") for user in (ASTER, BRAM)))
        again = await desk.redeliver(both[0])
        changed = await desk.until_message(OPS, ASTER, lambda m: m.edited)
        with pytest.raises(LookupError, match="0 buttons 'proceed'"):
            await desk.click(ASTER, changed, "proceed")

    assert [reaction.acked for reaction in (*both, again)] == [True] * 3
    assert again.envelope_id == both[0].envelope_id
    assert changed.ts == card.ts
    assert changed.text == "going"
    assert changed.buttons == ()
    body = bodies[0]
    container = {"type": "message", "message_ts": card.ts, "channel_id": OPS, "is_ephemeral": False}
    assert body["container"] == container
    assert body["enterprise"] is None
    assert body["is_enterprise_install"] is False
    assert body["team"]["id"] == TEAM
    assert body["channel"] == {"id": OPS, "name": "ops"}
    assert body["state"] == {"values": {}}
    assert body["message"]["blocks"] == list(card.blocks)
    action = body["actions"][0]
    assert (action["type"], action["action_id"], action["block_id"]) == ("button", "proceed", "decide")
    assert (action["value"], action["style"], action["text"]["text"]) == ("job-1", "primary", "Yes, proceed")
    assert {b["user"]["id"] for b in bodies} == {ASTER, BRAM}


async def test_an_ephemeral_card_is_pressed_and_replaced_through_its_response_url(
    app: AsyncApp, access: Access, desk: Desk
) -> None:
    bodies: list[dict[str, Any]] = []

    async def ask(ack: Any) -> None:
        await ack(text="only you", blocks=CARD)

    async def decide(ack: Any, body: dict[str, Any], respond: Any) -> None:
        bodies.append(body)
        answer = await respond("replaced", replace_original=True)
        assert (answer.status_code, answer.body) == (200, "ok")
        await ack()

    app.command("/set-action")(ask)
    app.action("proceed")(decide)
    async with connected(app, access, desk):
        asked = await desk.command(ASTER, RANDOM, "/set-action")
        assert asked.message is not None
        await desk.click(ASTER, asked.message, "proceed")

    (message,) = await desk.messages(RANDOM, ASTER)
    assert (message.ts, message.text) == (asked.message.ts, "replaced")
    assert "message" not in bodies[0]
    assert bodies[0]["container"]["is_ephemeral"] is True


async def test_respond_reaches_places_the_bot_is_not_in(app: AsyncApp, access: Access, desk: Desk) -> None:
    async def listener(ack: Any, respond: Any) -> None:
        await respond("for all", response_type="in_channel")
        await respond("for one")
        await ack()

    app.command("/set-action")(listener)
    async with connected(app, access, desk):
        await desk.command(ASTER, PEOPLE_DM, "/set-action")

    assert [m.text for m in await desk.messages(PEOPLE_DM, BRAM)] == ["for all"]
    assert [m.text for m in await desk.messages(PEOPLE_DM, ASTER)] == ["for all", "for one"]


async def test_a_file_is_shared_in_a_thread(app: AsyncApp, access: Access, desk: Desk) -> None:
    card = await app.client.chat_postMessage(channel=OPS, text="card")
    shared = await app.client.files_upload_v2(
        content="cid,reason\n1,gone\n",
        filename="refused.csv",
        title="Refused",
        channel=OPS,
        thread_ts=card["ts"],
        initial_comment="these were refused",
    )

    parent, reply = await desk.messages(OPS, ASTER, thread=card["ts"])
    assert (parent.ts, reply.text, reply.thread) == (card["ts"], "these were refused", card["ts"])
    (file,) = await desk.files(OPS, ASTER, thread=card["ts"])
    assert (file.name, file.title, file.size) == ("refused.csv", "Refused", 18)
    assert await desk.file_content(file) == b"cid,reason\n1,gone\n"
    assert shared["file"]["id"] == file.id
    assert [m.ts for m in await desk.messages(OPS, ASTER)] == [parent.ts]


async def test_bolt_comes_back_after_a_disconnect(app: AsyncApp, access: Access, desk: Desk) -> None:
    async def listener(ack: Any) -> None:
        await ack("still here")

    app.command("/set-action")(listener)
    async with connected(app, access, desk):
        position = (await desk.journal())[-1].number
        await desk.disconnect_sockets("warning")
        await desk.until(lambda entry: entry.kind == "socket_opened", after=position)
        reaction = await desk.command(ASTER, OPS, "/set-action")

    assert reaction.payload == {"text": "still here"}
