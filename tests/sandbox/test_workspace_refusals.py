"""The sandbox's Web API refuses what Slack refuses, with Slack's error codes, over real sockets."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.desk import Desk, DeskRefused
from bot.sandbox.workspace.people import (
    ASTER,
    BRAM,
    CLEO,
    OLD,
    OPS,
    PEOPLE_DM,
    PRIVATE,
    RANDOM,
    Person,
)
from bot.sandbox.workspace.server import Access, serve_workspace

LARGE = {"event_type": "card", "event_payload": {"words": "x" * 8000}}


@pytest.fixture
async def access() -> AsyncIterator[Access]:
    async with serve_workspace(people=(Person(ASTER, "Aster"), Person(BRAM, "Bram", guest=True))) as running:
        yield running


@pytest.fixture
async def desk(access: Access) -> AsyncIterator[Desk]:
    async with Desk(access.address, access.desk_token) as entered:
        yield entered


@pytest.fixture
async def client(access: Access) -> AsyncIterator[AsyncWebClient]:
    async with aiohttp.ClientSession() as session:
        yield AsyncWebClient(
            token=access.bot_token, base_url=access.api_url, session=session, retry_handlers=[]
        )


async def refused(client: AsyncWebClient, method: str, **arguments: Any) -> dict[str, Any]:
    """The answer of a call that must fail, sent as JSON."""
    with pytest.raises(SlackApiError) as caught:
        await client.api_call(method, json=arguments)
    answer: dict[str, Any] = caught.value.response.data
    return answer


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("chat.postMassage", {}, "unknown_method"),
        ("chat.postMessage", {"channel": "C0NONE", "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": PRIVATE, "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": PEOPLE_DM, "text": "x"}, "channel_not_found"),
        ("chat.postMessage", {"channel": RANDOM, "text": "x"}, "not_in_channel"),
        ("chat.postMessage", {"channel": OLD, "text": "x"}, "is_archived"),
        ("chat.postMessage", {"channel": OPS}, "no_text"),
        ("chat.postMessage", {"channel": OPS, "text": "x" * 40_001}, "msg_too_long"),
        ("chat.postMessage", {"channel": OPS, "text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
        ("chat.postMessage", {"channel": OPS, "text": "x", "blocks": "[{"}, "invalid_blocks_format"),
        ("chat.postMessage", {"channel": OPS, "text": "x", "metadata": {}}, "invalid_metadata_format"),
        ("chat.postMessage", {"channel": OPS, "text": "x", "metadata": LARGE}, "metadata_too_large"),
        ("chat.postEphemeral", {"channel": OPS, "user": "U0NONE", "text": "x"}, "user_not_in_channel"),
        ("chat.postEphemeral", {"channel": ASTER, "user": ASTER, "text": "x"}, "channel_not_found"),
        ("chat.update", {"channel": OPS, "ts": "1.000001", "text": "x"}, "message_not_found"),
        ("chat.update", {"channel": RANDOM, "ts": "1.000001", "text": "x"}, "not_in_channel"),
        ("chat.delete", {"channel": OPS, "ts": "1.000001"}, "message_not_found"),
        ("chat.getPermalink", {"channel": OPS, "message_ts": "1.000001"}, "message_not_found"),
        ("conversations.open", {"users": "U0NONE"}, "user_not_found"),
        ("conversations.open", {}, "users_list_not_supplied"),
        ("conversations.open", {"users": f"{ASTER},{BRAM}"}, "not_enough_users"),
        ("conversations.open", {"channel": OPS}, "method_not_supported_for_channel_type"),
        ("conversations.info", {"channel": PRIVATE}, "channel_not_found"),
        ("conversations.replies", {"channel": OPS, "ts": "1.000001"}, "thread_not_found"),
        ("conversations.history", {"channel": RANDOM}, "not_in_channel"),
        ("conversations.history", {"channel": OPS, "cursor": "x"}, "invalid_cursor"),
        ("users.info", {"user": "U0NONE"}, "user_not_found"),
        ("usergroups.users.list", {"usergroup": "S0NONE"}, "no_such_subteam"),
        ("files.info", {"file": "F0NONE"}, "file_not_found"),
        ("files.getUploadURLExternal", {"filename": "x", "length": 0}, "invalid_arguments"),
        ("files.completeUploadExternal", {"files": [{"id": "F0NONE"}]}, "file_not_found"),
        ("files.completeUploadExternal", {"files": []}, "invalid_arguments"),
        ("views.update", {"view_id": "V0NONE", "view": {}}, "not_found"),
        ("views.update", {"view": {}}, "invalid_arguments"),
    ],
)
async def test_refusals(client: AsyncWebClient, method: str, arguments: dict[str, Any], error: str) -> None:
    assert (await refused(client, method, **arguments))["error"] == error


async def test_arguments_are_named_when_they_are_wrong(client: AsyncWebClient) -> None:
    answer = await refused(client, "chat.update", channel=OPS, txt="x", reply_broadcast="maybe")
    assert answer["error"] == "invalid_arguments"
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] missing required field: ts",
        "[ERROR] unknown argument: txt",
        "[ERROR] reply_broadcast must be a boolean",
    ]
    wrong = await refused(client, "conversations.history", channel=5, limit="many")
    assert wrong["errors"] == ["channel must be a string", "limit must be an integer"]


async def test_blocks_are_refused_with_a_pointer(client: AsyncWebClient) -> None:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}
    answer = await refused(client, "chat.postMessage", channel=OPS, text="x", blocks=[section])
    words = "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"
    assert answer["error"] == "invalid_blocks"
    assert answer["errors"] == [words]
    assert answer["response_metadata"]["messages"] == [f"[ERROR] {words}"]
    most = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}
    long = await refused(client, "chat.postMessage", channel=OPS, text="x", blocks=[most] * 5)
    assert long["error"] == "msg_blocks_too_long"


@pytest.mark.parametrize(
    ("method", "token", "error"),
    [
        ("auth.test", "", "not_authed"),
        ("auth.test", "xoxb-wrong", "invalid_auth"),
        ("auth.test", "app", "not_allowed_token_type"),
        ("apps.connections.open", "bot", "not_allowed_token_type"),
    ],
)
async def test_tokens_are_checked(access: Access, method: str, token: str, error: str) -> None:
    known = {"app": access.app_token, "bot": access.bot_token}
    client = AsyncWebClient(token=known.get(token, token), base_url=access.api_url)
    assert (await refused(client, method))["error"] == error


async def test_scopes_are_checked() -> None:
    scopes = frozenset({"chat:write", "groups:read", "im:write", "channels:history"})
    async with serve_workspace(scopes=scopes) as access, Desk(access.address, access.desk_token) as desk:
        client = AsyncWebClient(token=access.bot_token, base_url=access.api_url)
        dm = (await client.conversations_open(users=ASTER))["channel"]["id"]
        provided = "channels:history,chat:write,groups:read,im:write"
        wanted = {
            "users.info": ({"user": ASTER}, "users:read"),
            "conversations.info": ({"channel": OPS}, "channels:read"),
            "conversations.history": ({"channel": dm}, "im:history"),
            "conversations.open": ({"users": f"{ASTER},{BRAM}"}, "mpim:write"),
            "files.getUploadURLExternal": ({"filename": "x", "length": 1}, "files:write"),
        }
        for method, (arguments, scope) in wanted.items():
            answer = await refused(client, method, **arguments)
            assert (answer["error"], answer["needed"]) == ("missing_scope", scope)
            assert answer["provided"] == provided
        granted = await client.auth_test()
        assert granted.headers["x-oauth-scopes"] == provided
        with pytest.raises(DeskRefused, match="no scope `commands`"):
            await desk.command(ASTER, OPS, "/set-action")


async def test_only_its_own_messages_can_be_changed(client: AsyncWebClient, desk: Desk) -> None:
    said = await desk.say(BRAM, OPS, "a <b> & c")
    assert said.text == "a &lt;b&gt; &amp; c"
    with pytest.raises(DeskRefused, match="thread_not_found"):
        await desk.say(BRAM, OPS, "to nobody", thread="1.000001")
    answer = await refused(client, "chat.update", channel=OPS, ts=said.ts, text="x")
    assert answer["error"] == "cant_update_message"
    answer = await refused(client, "chat.delete", channel=OPS, ts=said.ts)
    assert answer["error"] == "cant_delete_message"


async def test_membership_changes_what_the_bot_may_do(client: AsyncWebClient, desk: Desk) -> None:
    await desk.kick_bot(OPS)
    assert (await refused(client, "chat.postMessage", channel=OPS, text="x"))["error"] == "not_in_channel"
    await desk.invite_bot(OPS)
    card = await client.chat_postMessage(channel=OPS, text="x")
    await desk.archive(OPS)
    answer = await refused(client, "chat.update", channel=OPS, ts=card["ts"], text="y")
    assert answer["error"] == "is_archived"
    with pytest.raises(DeskRefused, match="no channel C0NONE"):
        await desk.archive("C0NONE")
    with pytest.raises(DeskRefused, match=f"no person {CLEO}"):
        await desk.messages(OPS, CLEO)


@pytest.mark.parametrize(("body", "error"), [("{", "invalid_json"), ("[]", "json_not_object")])
async def test_bodies_that_are_no_objects_are_refused(access: Access, body: str, error: str) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {access.bot_token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(access.api_url + "auth.test", data=body) as answer,
    ):
        assert (await answer.json())["error"] == error
