"""The last look before a POST is written: too late means that not a byte of it goes out."""

import asyncio

import httpx
import pytest
from pydantic import SecretStr

from bot.cluster import Cause, ClusterClient, Outcome, StaticToken, TooLate, transport
from bot.sandbox.cluster import Call, ClusterDesk, moods


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_what_is_sent_in_time_is_sent(
    desk: ClusterDesk, client: ClusterClient, cids: tuple[str, ...]
) -> None:
    answer = await client.set_action("T-Enable", cids[:1], send_by=now() + 60)
    assert answer.outcome is Outcome.ACCEPTED
    assert len((await desk.record()).posts) == 1


async def test_a_connection_made_too_late_is_closed_without_a_byte(http: httpx.AsyncClient) -> None:
    got: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.set_result(await reader.read())
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        credential = StaticToken(SecretStr("any-token"))
        client = ClusterClient(http=http, base_url=url, credential=credential, timeout_s=5.0)
        with pytest.raises(TooLate):
            await client.set_action("T-Enable", ["abc"], send_by=now())
        assert await asyncio.wait_for(got, 5) == b""


async def test_the_repeat_after_a_401_is_looked_at_too(
    desk: ClusterDesk, oauth_client: ClusterClient, cids: tuple[str, ...]
) -> None:
    await oauth_client.read_states(cids[:1])
    await desk.revoke_tokens()
    await desk.next_mood(moods.slow(0.6), on=Call.OAUTH)
    with pytest.raises(TooLate):
        await oauth_client.set_action("T-Enable", cids[:1], send_by=now() + 0.5)
    assert [post.status for post in (await desk.record()).posts] == [401]


async def test_a_request_whose_body_would_be_late_is_cut_off_and_unknown(
    desk: ClusterDesk, client: ClusterClient, cids: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    head = "http11.send_request_headers.started"
    monkeypatch.delitem(transport.WRITES, head)  # the head was in time
    answer = await client.set_action("T-Enable", cids[:1], send_by=now())
    assert (answer.outcome, answer.cause) == (Outcome.UNKNOWN, Cause.CONNECTION_LOST)
    assert answer.message == "The bot was stopped half way through sending"
    assert not any(post.acted for post in (await desk.record()).posts)
