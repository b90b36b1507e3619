"""Socket Mode as the sandbox serves it: one-use addresses, acknowledgements, disconnects."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.desk import Desk, DeskRefused
from bot.sandbox.workspace.people import APP, ASTER, BOT, OPS, PRIVATE, SLACKBOT
from bot.sandbox.workspace.server import Access, Clocks, serve_workspace


@pytest.fixture
async def access() -> AsyncIterator[Access]:
    async with serve_workspace(clocks=Clocks(ack_s=0.2)) as running:
        yield running


@pytest.fixture
async def desk(access: Access) -> AsyncIterator[Desk]:
    async with Desk(access.address, access.desk_token) as entered:
        yield entered


async def new_url(access: Access) -> str:
    client = AsyncWebClient(base_url=access.api_url)
    opened = await client.apps_connections_open(app_token=access.app_token)
    return str(opened["url"])


@asynccontextmanager
async def connected(access: Access) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A connection that has heard its hello."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(await new_url(access), autoping=False) as socket,
    ):
        hello = await socket.receive_json()
        assert (hello["type"], hello["connection_info"]) == ("hello", {"app_id": APP})
        yield socket


async def test_an_envelope_has_slacks_shape_and_takes_one_answer(access: Access, desk: Desk) -> None:
    async with connected(access) as socket:
        typed = asyncio.create_task(desk.command(ASTER, OPS, "/set-action help"))
        envelope = await socket.receive_json()
        assert set(envelope) == {"envelope_id", "payload", "type", "accepts_response_payload"}
        assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
        ack = {"envelope_id": envelope["envelope_id"], "payload": {"text": "noted"}}
        await socket.send_json(ack)
        reaction = await typed
        assert (reaction.acked, reaction.payload) == (True, {"text": "noted"})
        await socket.send_json(ack)
        await desk.until(lambda entry: entry.kind == "ack_unknown")
        await socket.send_str("not JSON")
        await desk.until(lambda entry: entry.kind == "ack_unreadable")


async def test_an_answer_that_comes_too_late_is_on_record_and_changes_nothing(
    access: Access, desk: Desk
) -> None:
    async with connected(access) as socket:
        typed = asyncio.create_task(desk.command(ASTER, OPS, "/set-action"))
        envelope = await socket.receive_json()
        reaction = await typed
        await socket.send_json({"envelope_id": envelope["envelope_id"], "payload": {"text": "late"}})
        late = await desk.until(lambda entry: entry.kind == "ack")

    assert not reaction.acked
    assert reaction.elapsed >= 0.2
    assert reaction.message is not None
    assert reaction.message.user == SLACKBOT
    assert reaction.message.text == '/set-action failed with the error "operation_timeout"'
    assert late.details["late"] is True
    assert [m.text for m in await desk.messages(OPS, ASTER)] == [reaction.message.text]


async def test_a_command_without_any_connection_fails_at_once(desk: Desk) -> None:
    reaction = await desk.command(ASTER, OPS, "/set-action")
    assert not reaction.acked
    assert reaction.message is not None
    assert reaction.message.text == '/set-action failed with the error "dispatch_failed"'


async def test_a_connection_cut_before_the_answer_is_no_answer(access: Access, desk: Desk) -> None:
    async with connected(access) as socket:
        typed = asyncio.create_task(desk.command(ASTER, OPS, "/set-action"))
        await socket.receive_json()
        await desk.disconnect_sockets(None)
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSED
    assert (await typed).acked is False
    closed = await desk.until(lambda entry: entry.kind == "socket_closed")
    assert closed.details["open"] == 0


async def test_an_address_admits_one_connection(access: Access, desk: Desk) -> None:
    url = await new_url(access)
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url):
            pass
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url.replace("ticket=", "ticket=x"))


async def test_handshakes_can_be_refused(access: Access, desk: Desk) -> None:
    await desk.disconnect_sockets(refuse_handshakes=1)
    url = await new_url(access)
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(url)
        assert refused.value.status == 503
        async with session.ws_connect(url) as socket:
            assert (await socket.receive_json())["type"] == "hello"


async def test_pings_are_answered(access: Access) -> None:
    async with connected(access) as socket:
        await socket.ping(b"sdk-ping-pong:1.5")
        pong = await socket.receive()
        assert (pong.type, bytes(pong.data)) == (aiohttp.WSMsgType.PONG, b"sdk-ping-pong:1.5")


@pytest.mark.parametrize("reason", ["refresh_requested", "link_disabled"])
async def test_a_disconnect_is_announced_and_the_socket_closed(
    access: Access, desk: Desk, reason: Any
) -> None:
    async with connected(access) as socket:
        await desk.disconnect_sockets(reason)
        told = await socket.receive_json()
        assert (told["type"], told["reason"]) == ("disconnect", reason)
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE


async def test_a_warning_leaves_the_socket_open(access: Access, desk: Desk) -> None:
    async with connected(access) as socket:
        await desk.disconnect_sockets("warning")
        assert (await socket.receive_json())["reason"] == "warning"
        typed = asyncio.create_task(desk.command(ASTER, OPS, "/set-action"))
        await socket.send_json({"envelope_id": (await socket.receive_json())["envelope_id"]})
        assert (await typed).acked


async def test_connections_take_turns_and_an_eleventh_is_sent_away(access: Access, desk: Desk) -> None:
    async with aiohttp.ClientSession() as session:
        sockets = [await session.ws_connect(await new_url(access)) for _ in range(10)]
        await desk.until_connected(10)
        eleventh = await session.ws_connect(await new_url(access))
        assert (await eleventh.receive_json())["reason"] == "too_many_websockets"
        await eleventh.close()
        for socket in sockets[:2]:
            assert (await socket.receive_json())["type"] == "hello"
            typed = asyncio.create_task(desk.event({"type": "app_home_opened"}))
            envelope = await socket.receive_json()
            assert (envelope["type"], envelope["retry_attempt"]) == ("events_api", 0)
            assert envelope["payload"]["event"]["type"] == "app_home_opened"
            assert envelope["payload"]["authorizations"][0]["user_id"] == BOT
            await socket.send_json({"envelope_id": envelope["envelope_id"]})
            assert (await typed).acked
        for socket in sockets:
            await socket.close()


async def test_waiting_for_connections_says_when_there_are_too_few(desk: Desk) -> None:
    with pytest.raises(TimeoutError, match="fewer than 1 sockets open"):
        await desk.until_connected(timeout_s=0.01)


async def test_what_people_cannot_do_is_the_callers_mistake(desk: Desk) -> None:
    with pytest.raises(DeskRefused, match="begins with a slash"):
        await desk.command(ASTER, OPS, "set-action")
    with pytest.raises(DeskRefused, match="is not in C0NONE"):
        await desk.command(ASTER, "C0NONE", "/set-action")
    with pytest.raises(DeskRefused, match="No envelope e-1"):
        await desk.redeliver("e-1")
    with pytest.raises(DeskRefused, match="no file F1"):
        await desk.file_content("F1")
    assert (await desk.command(ASTER, PRIVATE, "/set-action")).acked is False


async def test_an_envelope_kept_back_is_overtaken_by_later_ones(access: Access, desk: Desk) -> None:
    async with connected(access) as socket:
        await desk.disorder_next(hold_s=0.3)
        first = asyncio.create_task(desk.command(ASTER, OPS, "/set-action first"))
        await desk.until(lambda entry: entry.kind == "held")
        second = asyncio.create_task(desk.command(ASTER, OPS, "/set-action second"))
        texts = []
        for _ in range(2):
            envelope = await socket.receive_json()
            texts.append(envelope["payload"]["text"])
            await socket.send_json({"envelope_id": envelope["envelope_id"]})
        assert texts == ["second", "first"]
        assert (await first).acked
        assert (await second).acked


async def test_an_envelope_can_come_twice_at_once_by_different_sockets(access: Access, desk: Desk) -> None:
    async with connected(access) as one, connected(access) as other:
        await desk.disorder_next(copies=2)
        typed = asyncio.create_task(desk.command(ASTER, OPS, "/set-action help"))
        envelopes = [await one.receive_json(), await other.receive_json()]
        assert envelopes[0] == envelopes[1]
        for socket, envelope in zip((one, other), envelopes, strict=True):
            await socket.send_json({"envelope_id": envelope["envelope_id"]})
        assert (await typed).acked


async def test_in_an_outage_the_app_gets_503_and_no_socket_and_people_are_told(
    access: Access, desk: Desk
) -> None:
    async with connected(access) as socket, aiohttp.ClientSession() as session:
        await desk.outage(True)
        assert (await socket.receive()).type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSE)
        async with session.post(f"{access.api_url}auth.test") as answer:
            assert answer.status == 503
        reaction = await desk.command(ASTER, OPS, "/set-action help")
        assert reaction.message is not None
        assert "dispatch_failed" in reaction.message.text
        await desk.outage(False)
        async with session.post(f"{access.api_url}auth.test") as answer:
            assert answer.status == 200
    async with connected(access):
        pass
