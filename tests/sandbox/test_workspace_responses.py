"""Response URLs and triggers, the two short-lived permissions of an interaction."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.sandbox.desk import Desk
from bot.sandbox.workspace.people import ASTER, BRAM, CLEO, OPS, PRIVATE
from bot.sandbox.workspace.server import Clocks, serve_workspace

Scene = tuple[Desk, AsyncWebClient, dict[str, Any]]
FORM: dict[str, Any] = {
    "type": "modal",
    "callback_id": "form",
    "title": {"type": "plain_text", "text": "Set an action"},
    "blocks": [{"type": "divider"}],
}
HOME: dict[str, Any] = {"type": "home", "blocks": [{"type": "divider"}]}


@asynccontextmanager
async def typed(clocks: Clocks, channel: str = OPS) -> AsyncIterator[Scene]:
    """A workspace where Aster has typed a command; with the payload the app received and acknowledged."""
    async with (
        serve_workspace(clocks=clocks) as access,
        Desk(access.address, access.desk_token) as desk,
        aiohttp.ClientSession() as session,
    ):
        client = AsyncWebClient(access.bot_token, access.api_url, session=session, retry_handlers=[])
        opened = await client.apps_connections_open(app_token=access.app_token)
        async with session.ws_connect(opened["url"]) as socket:
            await socket.receive_json()
            command = asyncio.create_task(desk.command(ASTER, channel, "/set-action"))
            envelope = await socket.receive_json()
            await socket.send_json({"envelope_id": envelope["envelope_id"]})
            await command
        yield desk, client, envelope["payload"]


async def answer(payload: dict[str, Any], **body: Any) -> tuple[int, str]:
    answered = await AsyncWebhookClient(payload["response_url"]).send_dict(body)
    return answered.status_code, answered.body


async def test_a_response_url_works_five_times() -> None:
    async with typed(Clocks()) as (desk, _, payload):
        for number in range(5):
            assert await answer(payload, text=str(number)) == (200, "ok")
        status, body = await answer(payload, text="once more")
        assert (status, body) == (404, '{"ok": false, "error": "used_url"}')
        assert [m.text for m in await desk.messages(OPS, ASTER)] == list("01234")


async def test_a_response_url_expires() -> None:
    async with typed(Clocks(response_url_s=0)) as (_, _, payload):
        assert await answer(payload, text="late") == (404, '{"ok": false, "error": "expired_url"}')
        payload["response_url"] += "x"
        assert (await answer(payload, text="unknown"))[0] == 404


async def test_what_was_said_can_be_replaced_and_deleted() -> None:
    async with typed(Clocks(), PRIVATE) as (desk, _, payload):
        assert "message_not_found" in (await answer(payload, text="too early", replace_original=True))[1]
        await answer(payload, text="one")
        await answer(payload, text="two", replace_original=True)
        (message,) = await desk.messages(PRIVATE, ASTER)
        assert (message.text, message.edited, message.ephemeral) == ("two", True, True)
        await answer(payload, delete_original=True)
        assert await desk.messages(PRIVATE, ASTER) == []


async def test_a_response_can_join_a_thread() -> None:
    async with typed(Clocks()) as (desk, client, payload):
        card = await client.chat_postMessage(channel=OPS, text="card")
        await answer(payload, text="for all", response_type="in_channel", thread_ts=card["ts"])
        assert [m.text for m in await desk.messages(OPS, CLEO, card["ts"])] == ["card", "for all"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"text": ""}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": "x", "blocks": [{"type": "section"}]}, "invalid_blocks"),
        ({"text": "x", "colour": "red"}, "invalid_arguments"),
        ({"text": "x", "response_type": "loud"}, "invalid_response_type"),
        ({"text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
    ],
)
async def test_a_refused_response_shows_nothing_and_costs_no_use(body: dict[str, Any], error: str) -> None:
    async with typed(Clocks()) as (desk, _, payload):
        status, words = await answer(payload, **body)
        assert status == 400
        assert f'"error": "{error}"' in words
        assert await desk.messages(OPS, ASTER) == []
        entry = await desk.until(lambda e: e.kind == "response_url")
        assert entry.details["answer"]["error"] == error


async def test_bodies_that_are_no_objects_are_refused_and_faults_happen() -> None:
    async with typed(Clocks()) as (desk, client, payload):
        assert client.session is not None
        for body, status in ((b"{", 400), (b"[]", 400)):
            async with client.session.post(payload["response_url"], data=body) as refused:
                assert refused.status == status
        await desk.fail("response_url", status=500)
        assert (await answer(payload, text="x"))[0] == 500
        assert (await answer(payload, text="x"))[0] == 200


async def refused(client: AsyncWebClient, method: str, **arguments: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await client.api_call(method, json=arguments)
    return str(caught.value.response["error"])


async def test_a_trigger_opens_one_view_which_is_then_updated() -> None:
    async with typed(Clocks()) as (desk, client, payload):
        trigger = payload["trigger_id"]
        assert await refused(client, "views.open", trigger_id="1.2.x", view=FORM) == "invalid_trigger_id"
        opened = (await client.views_open(trigger_id=trigger, view={**FORM, "external_id": "one"}))["view"]
        assert opened["callback_id"] == "form"
        assert await refused(client, "views.open", trigger_id=trigger, view=FORM) == "exchanged_trigger_id"
        same_name = {**FORM, "external_id": "one"}
        assert (
            await refused(client, "views.open", trigger_id=trigger, view=same_name) == "duplicate_external_id"
        )

        changed = (await client.views_update(view_id=opened["id"], hash=opened["hash"], view=FORM))["view"]
        assert (changed["id"], changed["hash"] != opened["hash"]) == (opened["id"], True)
        stale = {"view_id": opened["id"], "hash": opened["hash"]}
        assert await refused(client, "views.update", **stale, view=FORM) == "hash_conflict"
        assert await refused(client, "views.update", external_id="gone", view=FORM) == "not_found"
        kinds = [e.kind for e in await desk.journal() if e.kind.startswith("view")]
        assert kinds == ["view_opened", "view_updated"]


async def test_a_trigger_expires() -> None:
    async with typed(Clocks(trigger_s=0)) as (_, client, payload):
        error = await refused(client, "views.open", trigger_id=payload["trigger_id"], view=FORM)
        assert error == "expired_trigger_id"


async def test_a_home_tab_is_published_per_person() -> None:
    async with typed(Clocks()) as (_, client, _):
        first = (await client.views_publish(user_id=ASTER, view=HOME))["view"]
        second = (await client.views_publish(user_id=ASTER, view=HOME, hash=first["hash"]))["view"]
        other = (await client.views_publish(user_id=BRAM, view=HOME))["view"]
        assert first["id"] == second["id"] != other["id"]
        stale = {"user_id": ASTER, "hash": first["hash"]}
        assert await refused(client, "views.publish", **stale, view=HOME) == "hash_conflict"
        assert await refused(client, "views.publish", user_id="U0NONE", view=HOME) == "invalid_arguments"
        assert await refused(client, "views.publish", user_id=ASTER, view=FORM) == "invalid_arguments"
