"""Transport faults at real sockets: never established is refused, all after it is unknown; one POST."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from pydantic import SecretStr

from bot.cluster import Cause, ClusterClient, Outcome, StaticToken, open_http
from bot.sandbox.cluster import ClusterDesk, ClusterHost, End, Mood, moods

LOST = "The connection broke before a complete answer came"
LATE = "No complete answer came in time"

Server = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def client_of(http: httpx.AsyncClient, url: str, *, timeout_s: float = 5.0) -> ClusterClient:
    credential = StaticToken(SecretStr("any-token"))
    return ClusterClient(http=http, base_url=url, credential=credential, timeout_s=timeout_s)


@asynccontextmanager
async def raw_server(answer: Server) -> AsyncIterator[tuple[str, list[int]]]:
    """A bare socket server; yields its URL and the list it adds 1 to for each connection."""
    connections: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(1)
        try:
            await answer(reader, writer)
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", connections


@pytest.mark.parametrize(
    ("mood", "acted"),
    [
        (moods.closed_unread(), False),
        (moods.closed(acts=True), True),
        (moods.closed(acts=False), False),
        (moods.reset(acts=True), True),
        (moods.reset(acts=False), False),
        (moods.truncated(), True),
    ],
    ids=lambda value: value.name if isinstance(value, Mood) else str(value),
)
async def test_a_broken_connection_is_unknown_whether_or_not_the_cluster_acted(
    desk: ClusterDesk, client: ClusterClient, cids: tuple[str, ...], mood: Mood, acted: bool
) -> None:
    await desk.next_mood(mood)
    answer = await client.set_action("T-Enable", cids[:2])
    assert (answer.outcome, answer.cause, answer.message) == (Outcome.UNKNOWN, Cause.CONNECTION_LOST, LOST)
    assert answer.http_status is None
    (post,) = (await desk.until(lambda seen: seen.finished == 1)).posts
    assert (post.acted, post.end, post.mood) == (acted, End.ABORTED, mood.name)


@pytest.mark.parametrize(
    "mood", [moods.silent(), moods.trickling(0.02), moods.slow(10.0)], ids=lambda m: m.name
)
async def test_a_deadline_that_passes_is_unknown_although_it_was_done(
    desk: ClusterDesk, hurried: ClusterClient, cids: tuple[str, ...], mood: Mood
) -> None:
    await desk.next_mood(mood)
    answer = await hurried.set_action("T-Enable", cids[:2])
    assert (answer.outcome, answer.cause, answer.message) == (Outcome.UNKNOWN, Cause.TIMEOUT, LATE)
    assert 0.1 <= answer.elapsed_s < 1.0
    (post,) = (await desk.until(lambda seen: seen.finished == 1 and seen.posts[0].arrived)).posts
    assert (post.acted, post.end) == (True, End.ABORTED)


async def test_a_refused_connection_is_refused(http: httpx.AsyncClient) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: nobody answers, nobody else can take it
        client = client_of(http, f"http://127.0.0.1:{taken.getsockname()[1]}")
        answer = await client.set_action("T-Enable", ["abc"])
    assert (answer.outcome, answer.cause, answer.http_status) == (Outcome.REFUSED, Cause.UNREACHABLE, None)
    assert answer.message.startswith("The connection could not be established: ")


async def test_an_address_where_nobody_answers_is_refused_before_the_deadline(
    http: httpx.AsyncClient,
) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:  # fill the backlog, so that the next connection attempt is not answered
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        client = client_of(http, f"http://127.0.0.1:{full.getsockname()[1]}", timeout_s=0.1)
        answer = await client.set_action("T-Enable", ["abc"])
        for one in waiting:
            one.close()
    assert (answer.outcome, answer.cause) == (Outcome.REFUSED, Cause.UNREACHABLE)
    assert answer.message == "The connection could not be established: nobody answered in time"


@pytest.mark.parametrize(
    "url", ["http://no-such-host.invalid", "ftp://127.0.0.1", "http://127.0.0.1:99999", "http://[::1", "x"]
)
async def test_an_address_that_cannot_be_called_is_refused(http: httpx.AsyncClient, url: str) -> None:
    answer = await client_of(http, url).set_action("T-Enable", ["abc"])
    assert (answer.outcome, answer.cause) == (Outcome.REFUSED, Cause.UNREACHABLE)


async def test_a_closed_http_client_sends_nothing(client: ClusterClient, http: httpx.AsyncClient) -> None:
    await http.aclose()
    answer = await client.set_action("T-Enable", ["abc"])
    assert (answer.outcome, answer.cause) == (Outcome.REFUSED, Cause.UNREACHABLE)


async def accept_and_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Not one byte is read."""


async def say_nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"}")
    writer.write(b"220 smtp.example ready\r\n\r\n")
    await writer.drain()


async def cut_a_header(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"}")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Le")
    await writer.drain()


async def cut_a_refusal(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"}")
    writer.write(b'HTTP/1.1 401 Unauthorized\r\nContent-Length: 99\r\n\r\n{"mess')
    await writer.drain()


@pytest.mark.parametrize("answer", [accept_and_close, say_nonsense, cut_a_header, cut_a_refusal])
async def test_an_established_connection_without_an_answer_is_unknown(
    http: httpx.AsyncClient, answer: Server
) -> None:
    async with raw_server(answer) as (url, connections):
        got = await client_of(http, url).set_action("T-Enable", ["abc"])
    assert (got.outcome, got.cause, got.message) == (Outcome.UNKNOWN, Cause.CONNECTION_LOST, LOST)
    assert len(connections) == 1


async def test_a_failed_tls_handshake_is_refused_since_nothing_was_asked(http: httpx.AsyncClient) -> None:
    async def speak_plainly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    async with raw_server(speak_plainly) as (url, connections):
        answer = await client_of(http, url.replace("http", "https")).set_action("T-Enable", ["abc"])
    assert (answer.outcome, answer.cause) == (Outcome.REFUSED, Cause.UNREACHABLE)
    assert len(connections) == 1


async def test_a_body_that_does_not_unpack_is_unreadable(http: httpx.AsyncClient) -> None:
    async def garble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope")
        await writer.drain()

    async with raw_server(garble) as (url, connections):
        answer = await client_of(http, url).set_action("T-Enable", ["abc"])
    assert (answer.outcome, answer.cause) == (Outcome.UNKNOWN, Cause.UNREADABLE_ANSWER)
    assert len(connections) == 1


async def test_no_connection_and_no_cookie_outlives_its_call(http: httpx.AsyncClient) -> None:
    """A kept connection can be closed by the cluster just as the next POST goes out: a needless unknown."""
    heads: list[bytes] = []

    async def keep_alive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"}"))
        body = json.dumps({"success": True, "message": "m"}).encode()
        head = f"HTTP/1.1 200 OK\r\nSet-Cookie: session=1; Path=/\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        await reader.read()  # stays open until the client closes it

    async with raw_server(keep_alive) as (url, connections):
        client = client_of(http, f"{url}///")
        answers = [await client.set_action("T-Enable", ["abc"]) for _ in range(2)]
    assert [answer.outcome for answer in answers] == [Outcome.ACCEPTED] * 2
    assert len(connections) == 2
    assert all(head.startswith(b"POST /tms/v1/set/action HTTP/1.1\r\n") for head in heads)
    assert all(b"cookie" not in head.lower() for head in heads)


async def test_the_shared_client_takes_nothing_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, host: ClusterHost, desk: ClusterDesk, token: str, cids: tuple[str, ...]
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    async with open_http() as http:
        credential = StaticToken(SecretStr(token))
        client = ClusterClient(
            http=http, base_url=host.base_url("evian3"), credential=credential, timeout_s=5.0
        )
        assert (await client.set_action("T-Enable", cids[:1])).outcome is Outcome.ACCEPTED
    assert (await desk.record()).finished == 1


async def test_cancelling_a_call_cancels_it(
    desk: ClusterDesk, client: ClusterClient, cids: tuple[str, ...]
) -> None:
    await desk.next_mood(moods.silent())
    call = asyncio.create_task(client.set_action("T-Enable", cids[:1]))
    await desk.until(lambda seen: bool(seen.posts) and seen.posts[0].acted)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert (await desk.until(lambda seen: seen.finished == 1)).posts[0].end is End.ABORTED
