"""Socket Mode's edges: refused and cut connections, stopping in the middle, answers nobody can read."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from slack_sdk.web.async_client import AsyncWebClient
from structlog.testing import capture_logs

from bot.socket_mode import CONNECTIONS, SocketMode
from tests.socket_slack import Slack, hold, serving


async def _enter_nothing(_delivery: str, _payload: dict[str, Any]) -> dict[str, Any]:
    return {}


@pytest.fixture
async def slack() -> AsyncIterator[Slack]:
    """A Slack on a free port of this machine."""
    async with serving() as slack:
        yield slack


@asynccontextmanager
async def receiving(
    slack: Slack,
    enter: Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]] = _enter_nothing,
    hurry: Callable[[], None] = lambda: None,
) -> AsyncIterator[SocketMode]:
    """A running Socket Mode; closed at the end if the test has not done so, and then nothing is left."""
    async with aiohttp.ClientSession() as http:
        client = AsyncWebClient("xoxb-1", base_url=f"{slack.address}/api/", session=http, retry_handlers=[])
        mode = SocketMode(client, "xapp-1", http, enter, hurry)
        task = asyncio.create_task(mode.run())
        try:
            yield mode
        finally:
            await mode.close(1)
            async with asyncio.timeout(5):
                await task
    await slack.until(lambda slack: slack.open == 0)


async def _heard(socket: web.WebSocketResponse) -> None:
    """The bot reads from this one: it answers."""
    await socket.send_json(_envelope("first"))
    assert json.loads((await socket.receive()).data)["envelope_id"] == "first"


def _envelope(name: str) -> dict[str, Any]:
    return {"type": "slash_commands", "envelope_id": name, "payload": {}, "accepts_response_payload": True}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (web.Response(status=503, text="<title>Down</title>", content_type="text/html"), "HTTP 503"),
        (web.Response(status=503, text="upstream connect error", content_type="text/plain"), "HTTP 503"),
        (web.Response(status=502, text="{", content_type="application/json"), "HTTP 502"),
        (web.Response(status=200, text="", content_type="text/html"), "HTTP 200"),
        (web.json_response({"ok": False, "error": "internal_error"}), "internal_error"),
        (web.json_response({"ok": True, "url": "http://127.0.0.1:1/"}), "ClientConnectorError"),
        (web.json_response({"ok": True, "url": "not an address"}), "InvalidUrlClientError"),
    ],
)
async def test_whatever_is_answered_instead_of_an_address_it_asks_again(
    slack: Slack, answer: web.Response, error: str
) -> None:
    slack.answers = [answer]
    with capture_logs() as logs:
        async with receiving(slack):
            await slack.until(lambda slack: slack.open == CONNECTIONS)
    refused = [entry for entry in logs if entry["event"] == "socket_mode.refused"]
    assert [entry["error"] for entry in refused] == [error]
    assert slack.asked == CONNECTIONS + 1


async def test_a_connection_that_is_cut_is_replaced_at_once(slack: Slack) -> None:
    cut = asyncio.Event()

    async def serve(socket: web.WebSocketResponse) -> None:
        if not cut.is_set():
            cut.set()
            return
        await hold(socket)

    slack.serve = serve
    async with receiving(slack):
        await slack.until(lambda slack: slack.opened == CONNECTIONS + 1 and slack.open == CONNECTIONS)


async def test_a_slack_that_closes_every_connection_is_not_hammered(slack: Slack) -> None:
    async def serve(socket: web.WebSocketResponse) -> None:
        await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})

    slack.serve = serve
    with capture_logs() as logs:
        async with receiving(slack):
            await slack.until(lambda slack: slack.opened == 2 * CONNECTIONS)
            # Both are now in their first pause.
            await asyncio.sleep(0.1)
            assert slack.asked == 2 * CONNECTIONS
    pauses = [entry["again_in"] for entry in logs if entry["event"] == "socket_mode.leaving"]
    assert sorted(pauses) == [0.0, 0.0, 1.0, 1.0]


async def test_nothing_secret_is_logged(slack: Slack) -> None:
    slack.answers = [web.json_response({"ok": True, "url": f"{slack.address}/nowhere?ticket=secretword"})]
    with capture_logs() as logs:
        async with receiving(slack):
            await slack.until(lambda slack: slack.open == CONNECTIONS)
    assert "WSServerHandshakeError" in str(logs)
    assert "secretword" not in str(logs)
    assert "xapp" not in str(logs)


async def test_a_frame_that_is_no_envelope_is_left_alone(slack: Slack) -> None:
    entered: list[str] = []

    async def enter(delivery: str, _payload: dict[str, Any]) -> dict[str, Any]:
        entered.append(delivery)
        return {}

    async def serve(socket: web.WebSocketResponse) -> None:
        for frame in ({"type": "hello"}, {"envelope_id": "E1"}, {"envelope_id": "E2", "payload": "?"}):
            await socket.send_json(frame)
        await socket.send_json(_envelope("E3"))
        assert json.loads((await socket.receive()).data) == {"envelope_id": "E3"}
        acknowledged.set()
        await hold(socket)

    acknowledged = asyncio.Event()
    slack.serve = serve
    async with receiving(slack, enter):
        async with asyncio.timeout(5):
            await acknowledged.wait()
    assert set(entered) == {"E3"}


async def test_garbage_costs_one_connection_and_no_more(slack: Slack) -> None:
    sent = asyncio.Event()

    async def serve(socket: web.WebSocketResponse) -> None:
        if not sent.is_set():
            sent.set()
            await socket.send_str("{")
        await hold(socket)

    slack.serve = serve
    with capture_logs() as logs:
        async with receiving(slack):
            await slack.until(lambda slack: slack.opened == CONNECTIONS + 1 and slack.open == CONNECTIONS)
    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == ["set_action.unexpected"]


async def test_a_connection_is_left_only_when_all_that_came_by_it_is_acknowledged(slack: Slack) -> None:
    """Slack sends until the end, whatever we have been told: none of it may be dropped."""
    begun, go_on = asyncio.Event(), asyncio.Event()
    answers: list[Any] = []
    sockets: list[web.WebSocketResponse] = []
    both = asyncio.Barrier(CONNECTIONS + 1)

    async def enter(delivery: str, _payload: dict[str, Any]) -> dict[str, Any]:
        if delivery == "before":
            begun.set()
            await go_on.wait()
        return {"text": delivery}

    async def serve(socket: web.WebSocketResponse) -> None:
        await _heard(socket)
        sockets.append(socket)
        await both.wait()
        async for frame in socket:
            assert frame.type is WSMsgType.TEXT
            answers.append(json.loads(frame.data)["payload"]["text"])
            if answers[-1] == "before":
                await socket.send_json(_envelope("at last"))
            elif "at last" not in answers:
                go_on.set()

    slack.serve = serve
    with capture_logs() as logs:
        async with receiving(slack, enter) as mode:
            await both.wait()
            await sockets[0].send_json(_envelope("before"))
            await begun.wait()
            closing = asyncio.create_task(mode.close(5))
            await slack.until(lambda slack: slack.open == 1)  # the idle one is left at once
            await sockets[0].send_json(_envelope("meanwhile"))
            async with asyncio.timeout(5):
                await closing
            await slack.until(lambda slack: slack.open == 0)
    assert answers[:2] == ["meanwhile", "before"]
    # Either it came before the goodbye and is acknowledged, or it crossed that and was carried out anyway.
    lost = [entry for entry in logs if entry["event"] == "socket_mode.acknowledgement_lost"]
    assert answers[2:] == ["at last"] or len(lost) == 1


async def test_what_crosses_the_goodbye_is_carried_out(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    entered: list[str] = []
    goodbyes = asyncio.Barrier(CONNECTIONS + 1)
    send_frame = aiohttp.ClientWebSocketResponse.send_frame

    async def sent(socket: aiohttp.ClientWebSocketResponse, words: bytes, kind: WSMsgType) -> None:
        await send_frame(socket, words, kind)
        await goodbyes.wait()

    monkeypatch.setattr(aiohttp.ClientWebSocketResponse, "send_frame", sent)
    parting = asyncio.Event()
    both = asyncio.Barrier(CONNECTIONS + 1)

    async def enter(delivery: str, _payload: dict[str, Any]) -> dict[str, Any]:
        entered.append(delivery)
        return {}

    async def serve(socket: web.WebSocketResponse) -> None:
        await _heard(socket)
        await both.wait()
        # Without reading what the bot says, as if it were still on its way.
        await parting.wait()
        await socket.send_json(_envelope("crossing"))
        await hold(socket)

    slack.serve = serve
    with capture_logs() as logs:
        async with receiving(slack, enter) as mode:
            await both.wait()
            entered.clear()
            closing = asyncio.create_task(mode.close(5))
            await goodbyes.wait()
            assert not closing.done()
            parting.set()
            await closing
    assert entered == ["crossing"] * CONNECTIONS
    events = [entry["event"] for entry in logs if entry["log_level"] == "warning"]
    assert events == ["socket_mode.acknowledgement_lost"] * CONNECTIONS


async def test_who_cannot_be_answered_in_time_is_told_so_before_the_connection_is_left(slack: Slack) -> None:
    begun, hurried = asyncio.Event(), asyncio.Event()
    answers: list[Any] = []
    sockets: list[web.WebSocketResponse] = []

    async def enter(_delivery: str, _payload: dict[str, Any]) -> dict[str, Any]:
        begun.set()
        await hurried.wait()
        return {"text": "it takes longer"}

    async def serve(socket: web.WebSocketResponse) -> None:
        sockets.append(socket)
        if socket is sockets[0]:
            await socket.send_json(_envelope("slow"))
        answers.extend([json.loads(frame.data)["payload"] async for frame in socket])

    slack.serve = serve
    with capture_logs() as logs:
        async with receiving(slack, enter, hurried.set) as mode:
            await begun.wait()
            await mode.close(0.02)
    assert answers == [{"text": "it takes longer"}]
    assert not [entry for entry in logs if entry["log_level"] == "warning"]


async def test_what_cannot_be_acknowledged_in_time_is_said(slack: Slack) -> None:
    begun = asyncio.Event()

    async def enter(_delivery: str, _payload: dict[str, Any]) -> dict[str, Any]:
        begun.set()
        await asyncio.Event().wait()
        return {}

    async def serve(socket: web.WebSocketResponse) -> None:
        if not begun.is_set():
            await socket.send_json(_envelope("slow"))
        await hold(socket)

    slack.serve = serve
    with capture_logs() as logs:
        async with receiving(slack, enter) as mode:
            await begun.wait()
            await mode.close(0.02)
    assert "socket_mode.not_acknowledged" in [entry["event"] for entry in logs]


async def test_one_that_announced_its_end_and_never_closes_does_not_hold_up_the_stop(slack: Slack) -> None:
    told = asyncio.Barrier(CONNECTIONS + 1)

    async def serve(socket: web.WebSocketResponse) -> None:
        await socket.send_json({"type": "disconnect", "reason": "refresh_requested"})
        await _heard(socket)
        if slack.opened <= CONNECTIONS:
            await told.wait()
        await slack.gone.wait()  # without reading on: no close is ever answered

    slack.serve = serve
    async with receiving(slack) as mode:
        await told.wait()
        async with asyncio.timeout(5):
            await mode.close(1)
        slack.gone.set()


async def test_a_connection_that_opens_during_the_stop_does_not_stay(slack: Slack) -> None:
    """Stopping while Slack still opens the door: nobody must be left standing in it."""
    slack.open_up.clear()
    async with receiving(slack) as mode:
        await slack.until(lambda slack: slack.knocked == CONNECTIONS)
        await mode.close(1)
        slack.open_up.set()
