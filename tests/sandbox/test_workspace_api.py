"""The sandbox's Web API does what Slack does: threads, privacy, reading back, faults on order."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.desk import Desk, DeskRefused
from bot.sandbox.workspace.people import (
    ASTER,
    BOT,
    BRAM,
    ONCALL,
    OPS,
    RANDOM,
    Person,
)
from bot.sandbox.workspace.server import Access, serve_workspace


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


async def test_messages_have_growing_ts_and_threads(client: AsyncWebClient, desk: Desk) -> None:
    card = await client.chat_postMessage(channel=OPS, text="card", unfurl_links=False, mrkdwn=True)
    reply = await client.chat_postMessage(channel=OPS, text="reply", thread_ts=card["ts"])
    loud = await client.chat_postMessage(channel=OPS, text="loud", thread_ts=card["ts"], reply_broadcast=True)
    assert card["ts"] < reply["ts"] < loud["ts"]
    assert reply["message"]["thread_ts"] == card["ts"]
    assert [m.text for m in await desk.messages(OPS, ASTER)] == ["card", "loud"]
    assert [m.text for m in await desk.messages(OPS, ASTER, card["ts"])] == ["card", "reply", "loud"]
    nested = await refused(client, "chat.postMessage", channel=OPS, text="x", thread_ts=reply["ts"])
    assert nested["error"] == "thread_not_found"
    link = await client.chat_getPermalink(channel=OPS, message_ts=reply["ts"])
    assert link["permalink"].endswith(f"?thread_ts={card['ts']}&cid={OPS}")
    await client.chat_delete(channel=OPS, ts=reply["ts"])
    assert [m.text for m in await desk.messages(OPS, ASTER, card["ts"])] == ["card", "loud"]


async def test_history_is_read_back_in_pages_with_metadata(client: AsyncWebClient) -> None:
    metadata = {"event_type": "outbox", "event_payload": {"row": 7}}
    card = await client.chat_postMessage(channel=OPS, text="card", metadata=metadata)
    for number in range(3):
        await client.chat_postMessage(channel=OPS, text=str(number), thread_ts=card["ts"])
    await client.chat_postEphemeral(channel=OPS, user=ASTER, text="private", thread_ts=card["ts"])
    thread = {"channel": OPS, "ts": card["ts"]}
    page = await client.conversations_replies(**thread, limit=2, include_all_metadata=True)
    assert [m["text"] for m in page["messages"]] == ["card", "0"]
    assert page["messages"][0]["metadata"] == metadata
    assert page["messages"][0]["reply_count"] == 3
    cursor = page["response_metadata"]["next_cursor"]
    rest = await client.conversations_replies(**thread, cursor=cursor)
    assert [m["text"] for m in rest["messages"]] == ["1", "2"]
    assert rest["has_more"] is False
    newest = await client.conversations_history(channel=OPS, oldest=card["ts"], inclusive=True)
    assert [(m["text"], "metadata" in m) for m in newest["messages"]] == [("card", False)]
    assert (await client.conversations_history(channel=OPS, oldest=card["ts"]))["messages"] == []


async def test_ephemeral_messages_are_for_one_and_cannot_be_changed(
    client: AsyncWebClient, desk: Desk
) -> None:
    said = await client.chat_postEphemeral(channel=OPS, user=ASTER, text="psst")
    (message,) = await desk.messages(OPS, ASTER)
    assert (message.text, message.ephemeral) == ("psst", True)
    assert await desk.messages(OPS, BRAM) == []
    ts = said["message_ts"]
    for method, arguments in (("chat.update", {"text": "x"}), ("chat.delete", {})):
        answer = await refused(client, method, channel=OPS, ts=ts, **arguments)
        assert answer["error"] == "message_not_found"


async def test_an_ephemeral_reply_shows_only_in_a_live_thread(client: AsyncWebClient, desk: Desk) -> None:
    card = await client.chat_postMessage(channel=OPS, text="card")
    await client.chat_postEphemeral(channel=OPS, user=ASTER, text="psst", thread_ts=card["ts"])
    assert [m.text for m in await desk.messages(OPS, ASTER, card["ts"])] == ["card"]
    await client.chat_postMessage(channel=OPS, text="reply", thread_ts=card["ts"])
    assert [m.text for m in await desk.messages(OPS, ASTER, card["ts"])] == ["card", "psst", "reply"]


async def test_updates_keep_blocks_left_out_and_are_shorter(client: AsyncWebClient, desk: Desk) -> None:
    card = await client.chat_postMessage(channel=OPS, text="card", blocks=[{"type": "divider"}])
    target = {"channel": OPS, "ts": card["ts"]}
    assert (await refused(client, "chat.update", **target, text="x" * 4001))["error"] == "msg_too_long"
    assert (await refused(client, "chat.update", **target))["error"] == "no_text"
    metadata = {"event_type": "card", "event_payload": {}}
    await client.chat_update(**target, text="two", metadata=metadata)
    (kept,) = await desk.messages(OPS, ASTER)
    assert (kept.text, len(kept.blocks), kept.edited, kept.metadata) == ("two", 1, True, metadata)
    await client.chat_update(**target, text="three", blocks=[])
    assert (await desk.messages(OPS, ASTER))[0].blocks == ()


async def test_a_user_id_opens_the_direct_message(client: AsyncWebClient, desk: Desk) -> None:
    assert await desk.direct_messages(ASTER) == []
    posted = await client.chat_postMessage(channel=ASTER, text="hello")
    opened = await client.conversations_open(users=[ASTER], return_im=True)
    assert opened["channel"]["id"] == posted["channel"]
    assert opened["already_open"] is True
    assert opened["channel"]["user"] == ASTER
    assert (await client.conversations_open(channel=posted["channel"]))["channel"]["id"] == posted["channel"]
    assert [m.text for m in await desk.direct_messages(ASTER)] == ["hello"]
    with pytest.raises(DeskRefused, match=f"{BRAM} is not in"):
        await desk.messages(posted["channel"], BRAM)


async def test_people_places_and_groups_are_told(client: AsyncWebClient) -> None:
    identity = await client.auth_test()
    assert identity["user_id"] == BOT
    ops = (await client.conversations_info(channel=OPS, include_num_members=True))["channel"]
    assert (ops["name"], ops["is_member"], ops["is_archived"], ops["num_members"]) == ("ops", True, False, 7)
    elsewhere = (await client.conversations_info(channel=RANDOM))["channel"]
    assert elsewhere["is_member"] is False
    guest = (await client.users_info(user=BRAM))["user"]
    assert (guest["real_name"], guest["is_restricted"], guest["is_bot"]) == ("Bram", True, False)
    assert (await client.users_info(user=BOT))["user"]["is_bot"] is True
    assert (await client.usergroups_users_list(usergroup=ONCALL))["users"] == [ASTER]


async def test_ordered_faults_happen_once_each(client: AsyncWebClient, desk: Desk) -> None:
    await desk.fail("chat.postMessage", error="fatal_error")
    await desk.fail("chat.postMessage", retry_after=7)
    await desk.fail("chat.postMessage", status=503)
    assert (await refused(client, "chat.postMessage", channel=OPS, text="x"))["error"] == "fatal_error"
    with pytest.raises(SlackApiError) as limited:
        await client.chat_postMessage(channel=OPS, text="x")
    assert limited.value.response.status_code == 429
    assert limited.value.response["error"] == "ratelimited"
    assert limited.value.response.headers["Retry-After"] == "7"
    with pytest.raises(SlackApiError) as broken:
        await client.chat_postMessage(channel=OPS, text="x")
    assert broken.value.response.status_code == 503
    assert await desk.messages(OPS, ASTER) == []
    assert (await client.chat_postMessage(channel=OPS, text="x"))["ok"] is True


async def test_an_answer_can_be_lost_after_the_work_was_done(client: AsyncWebClient, desk: Desk) -> None:
    await desk.fail("chat.postMessage", lose_answer=True)
    with pytest.raises(aiohttp.ClientConnectionError):
        await client.chat_postMessage(channel=OPS, text="posted all the same")
    assert [m.text for m in await desk.messages(OPS, ASTER)] == ["posted all the same"]
    lost = await desk.until(lambda entry: entry.kind == "api")
    assert lost.details["lost"] is True


async def test_the_journal_holds_arguments_and_answers_but_no_token(
    client: AsyncWebClient, access: Access, desk: Desk
) -> None:
    await client.api_call("chat.postMessage", data={"token": access.bot_token, "channel": OPS, "text": "x"})
    entry = await desk.until(lambda e: e.kind == "api")
    assert entry.details["method"] == "chat.postMessage"
    assert entry.details["arguments"] == {"channel": OPS, "text": "x"}
    assert entry.details["answer"]["ok"] is True
    assert access.bot_token not in str(await desk.journal())
    assert await desk.journal(after=entry.number) == []
    with pytest.raises(TimeoutError, match=r"(?s)no journal entry as expected.*chat\.postMessage"):
        await desk.until(lambda e: e.kind == "never", 0.01)
    with pytest.raises(TimeoutError, match=f"for {ASTER} in {OPS}"):
        await desk.until_message(OPS, ASTER, lambda m: m.edited, timeout_s=0.01)


async def test_the_desk_wants_its_own_token_and_known_verbs(access: Access) -> None:
    async with Desk(access.address, access.bot_token) as stranger:
        with pytest.raises(DeskRefused, match="token is missing or wrong"):
            await stranger.journal()
    headers = {"Authorization": f"Bearer {access.desk_token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{access.address}/sandbox/advance_time") as answer,
    ):
        assert answer.status == 404
    with pytest.raises(RuntimeError, match="Enter the desk first"):
        await Desk(access.address, access.desk_token).journal()
