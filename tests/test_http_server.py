"""The HTTP server and how it is left: nothing that came is dropped, and signals stay with their owner."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr
from starlette.responses import Response
from structlog.testing import capture_logs

from bot import http_mode, http_server
from bot.errors import ConfigurationError
from bot.http_mode import EVENTS, HttpMode
from bot.http_server import HttpServer
from bot.sandbox.workspace.request_url import FORM, signed
from store.database import Database
from tests.migrated import copied
from tests.wire.test_http_mode import free_port

LARGE = 32_000_000
SECRET = "signing-secret"
Enter = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]


class Post:
    """Sends commands, each signed anew."""

    def __init__(self, port: int, session: aiohttp.ClientSession) -> None:
        self.port = port
        self._url = f"http://127.0.0.1:{port}{EVENTS}"
        self._session = session

    async def __call__(self, words: str) -> tuple[int, str]:
        body = f"command=/set-action&text={words}".encode()
        headers = signed(SECRET, body) | {"Content-Type": FORM}
        async with self._session.post(self._url, data=body, headers=headers) as answer:
            return answer.status, await answer.text()


@asynccontextmanager
async def listening(
    folder: Path, enter: Enter, hurry: Callable[[], None]
) -> AsyncIterator[tuple[HttpMode, Post]]:
    """HTTP mode on a free port, with a database of its own."""
    port, db = free_port(), Database(f"sqlite:///{copied(folder / 'bot.sqlite3')}")
    mode = HttpMode(("127.0.0.1", port), SecretStr(SECRET), db, enter, hurry, ())
    await mode.open()
    async with aiohttp.ClientSession() as session:
        yield mode, Post(port, session)
    db.close()


async def _nothing_new_is_taken(port: int) -> None:
    """Wait until that is so."""
    async with asyncio.timeout(5):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:
                return
            writer.close()
            await writer.wait_closed()


async def _rest(reader: asyncio.StreamReader) -> int:
    """How many bytes still come, until the connection ends, however that is."""
    size = 0
    with suppress(ConnectionError):
        while piece := await reader.read(65_536):
            size += len(piece)
    return size


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_mode, "LEAVING_S", 0)


def accepted(port: int) -> Iterator[socket.socket]:
    """This process's ends of the connections that were made to a port."""
    for number in range(1_024):
        with suppress(OSError), socket.fromfd(number, socket.AF_INET, socket.SOCK_STREAM) as end:
            if end.getsockname()[1:2] == (port,) and end.getpeername():
                yield end


async def test_no_part_of_an_answer_waits_for_the_one_before_it_to_be_confirmed(tmp_path: Path) -> None:
    async def enter(_delivery: str, _payload: dict[str, Any]) -> dict[str, Any]:
        held = [end.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for end in accepted(post.port)]
        return {"text": f"at once: {held}"}

    async with listening(tmp_path, enter, lambda: None) as (mode, post):
        assert await post("one") == (200, '{"text": "at once: [1]"}')
        await mode.close(5)


async def test_what_came_is_answered_although_it_is_being_left(tmp_path: Path) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def enter(_delivery: str, _payload: dict[str, Any]) -> dict[str, Any]:
        begun.set()
        await go_on.wait()
        return {"text": "done"}

    async with listening(tmp_path, enter, lambda: None) as (mode, post):
        answer = asyncio.create_task(post("one"))
        await begun.wait()
        closing = asyncio.create_task(mode.close(5))
        await _nothing_new_is_taken(post.port)
        assert not closing.done()
        go_on.set()
        assert await answer == (200, '{"text": "done"}')
        await closing
        await mode.run()


async def test_what_is_not_done_in_time_is_answered_with_that_it_takes_longer(tmp_path: Path) -> None:
    begun, hurried = asyncio.Event(), asyncio.Event()

    async def enter(_delivery: str, _payload: dict[str, Any]) -> dict[str, Any]:
        begun.set()
        await hurried.wait()
        return {"text": "it takes longer"}

    with capture_logs() as logs:
        async with listening(tmp_path, enter, hurried.set) as (mode, post):
            answer = asyncio.create_task(post("one"))
            await begun.wait()
            await mode.close(0.02)
            assert await answer == (200, '{"text": "it takes longer"}')
    assert not [entry for entry in logs if entry["log_level"] == "warning"]


async def test_a_body_that_is_cut_off_is_refused_and_carried_out_by_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered: list[str] = []
    refused, answer = asyncio.Event(), http_mode._refused

    def refuse(status: int, why: str) -> Response:
        refused.set()
        return answer(status, why)

    monkeypatch.setattr(http_mode, "_refused", refuse)

    async def enter(delivery: str, _payload: dict[str, Any]) -> dict[str, Any]:
        entered.append(delivery)
        return {}

    with capture_logs() as logs:
        async with listening(tmp_path, enter, lambda: None) as (mode, post):
            _, writer = await asyncio.open_connection("127.0.0.1", post.port)
            writer.write(b"POST /slack/events HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\nhalf")
            await writer.drain()
            writer.close()
            async with asyncio.timeout(5):
                await refused.wait()
            await mode.close(5)
    assert [entry["why"] for entry in logs if entry["event"] == "http_mode.refused"] == [
        "the body was cut off"
    ]
    assert entered == []


async def test_who_is_just_coming_in_does_not_outlive_the_stop(tmp_path: Path) -> None:
    """Accepted by the system, and not yet known to the server when it is told to stop."""
    entered: list[str] = []

    async def enter(delivery: str, _payload: dict[str, Any]) -> dict[str, Any]:
        entered.append(delivery)
        return {}

    async with listening(tmp_path, enter, lambda: None) as (mode, post):
        with socket.create_connection(("127.0.0.1", post.port)) as coming:
            coming.settimeout(5)
            await mode.close(5)
            assert await asyncio.to_thread(coming.recv, 1) == b""
    assert entered == []


async def test_who_never_reads_does_not_outlive_the_stop_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server, "GRACE_S", 1)

    async def enter(_delivery: str, _payload: dict[str, Any]) -> dict[str, Any]:
        return {"text": "x" * LARGE}  # more than the system takes for who does not read

    async with listening(tmp_path, enter, lambda: None) as (mode, post):
        reader, writer = await asyncio.open_connection("127.0.0.1", post.port, limit=1024)
        body = b"command=/set-action"
        headers = {
            **signed(SECRET, body),
            "Content-Type": FORM,
            "Content-Length": str(len(body)),
            "Host": "here",
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        writer.write(f"POST {EVENTS} HTTP/1.1\r\n{head}\r\n".encode() + body)
        await writer.drain()
        await reader.read(1)  # it has begun to answer
        async with asyncio.timeout(5):
            await mode.close(5)
        assert await _rest(reader) < LARGE  # it was cut off
        writer.close()


async def test_it_notices_when_nothing_is_served_any_more(tmp_path: Path) -> None:
    async def enter(_delivery: str, _payload: dict[str, Any]) -> dict[str, Any]:
        return {}

    async with listening(tmp_path, enter, lambda: None) as (mode, _):
        running = asyncio.create_task(mode.run())
        assert mode._server
        mode._server._server.should_exit = True  # as if it ended by itself
        async with asyncio.timeout(5):
            await running
        await mode.close(5)


async def test_half_a_character_is_answered_and_a_slash_too_many_leads_nowhere(tmp_path: Path) -> None:
    async def enter(_delivery: str, _payload: dict[str, Any]) -> dict[str, Any]:
        return {"text": "\ud800"}

    async with listening(tmp_path, enter, lambda: None) as (mode, post):
        assert await post("one") == (200, '{"text": "\\ud800"}')
        async with aiohttp.ClientSession() as session:
            url = f"http://127.0.0.1:{post.port}{EVENTS}/"
            async with session.post(url, allow_redirects=False) as answer:
                assert answer.status == 404
        await mode.close(5)


@pytest.mark.parametrize("host", ["no.such.name.invalid", "a..b", f"{'a' * 70}.b"])
async def test_a_name_that_is_none_is_said(host: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be listened on"):
        HttpServer([], (host, 0), "--http")


async def test_the_processs_signals_stay_with_their_owner() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    port = free_port()
    server = HttpServer([], ("127.0.0.1", port), "--http")
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/") as answer:
        assert answer.status == 404
        assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)] == before
    await server.stop()
