"""The moods of the sandbox cluster at the wire: queued or standing, one cluster's own, the broken ones."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.sandbox.cluster import Call, ClusterDesk, ClusterHost, End, Mood, customer_ids, moods

TOKEN = "sandbox-token"
CIDS = customer_ids("evian3", 5)


@pytest.fixture
async def host() -> AsyncIterator[ClusterHost]:
    clusters = ("evian3", "fiji1")
    async with ClusterHost(clusters=clusters, token=TOKEN, customers=5, arrive_after_s=None) as running:
        yield running


@pytest.fixture
async def desk(host: ClusterHost) -> AsyncIterator[ClusterDesk]:
    async with ClusterDesk(host.address, "evian3") as opened:
        yield opened


@pytest.fixture
async def web(host: ClusterHost) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(
        base_url=host.address + "/", headers={"Authorization": f"Bearer {TOKEN}"}
    ) as session:
        yield session


async def act(web: aiohttp.ClientSession, cluster: str = "evian3") -> int:
    """POST one customer; the status, once the whole answer is there."""
    asked = {"action": "T-Enable", "cids": CIDS[:1]}
    async with web.post(f"{cluster}/tms/v1/set/action", json=asked) as response:
        await response.json()
        return response.status


async def test_moods_are_queued_for_the_next_calls_and_a_standing_one_forgets_them(
    desk: ClusterDesk, web: aiohttp.ClientSession
) -> None:
    await desk.set_mood(moods.forbidden())
    await desk.next_mood(moods.starting(), times=2)
    await desk.next_mood(moods.created())
    assert [await act(web) for _ in range(4)] == [200, 200, 201, 403]
    await desk.next_mood(moods.starting(), times=9)
    await desk.set_mood(moods.normal())
    assert await act(web) == 200
    seen = await desk.record()
    assert [post.mood for post in seen.posts] == ["starting", "starting", "created", "forbidden", "normal"]


async def test_each_cluster_has_its_own_mood_customers_and_record(
    host: ClusterHost, desk: ClusterDesk, web: aiohttp.ClientSession
) -> None:
    async with ClusterDesk(host.address, "fiji1") as other:
        await other.set_mood(moods.forbidden())
        assert await act(web) == 200
        assert await act(web, "fiji1") == 403
        assert [post.mood for post in (await desk.record()).posts] == ["normal"]
        assert [post.mood for post in (await other.record()).posts] == ["forbidden"]
        assert tuple(await other.customers()) == customer_ids("fiji1", 5)


@pytest.mark.parametrize(
    ("mood", "error"),
    [
        (moods.closed_unread(), aiohttp.ServerDisconnectedError),
        (moods.closed(acts=False), aiohttp.ServerDisconnectedError),
        (moods.reset(acts=False), aiohttp.ClientOSError),
        (moods.truncated(acts=False), aiohttp.ClientPayloadError),
    ],
    ids=lambda value: value.name if isinstance(value, Mood) else "",
)
async def test_a_broken_connection_is_a_real_one(
    desk: ClusterDesk, web: aiohttp.ClientSession, mood: Mood, error: type[Exception]
) -> None:
    await desk.set_mood(mood)
    with pytest.raises(error):
        await act(web)
    (post,) = (await desk.until(lambda seen: seen.finished == 1)).posts
    assert (post.end, post.status, post.acted) == (End.ABORTED, None, False)
    assert post.cids == (() if mood == moods.closed_unread() else CIDS[:1])


async def test_a_silent_cluster_acts_and_answers_nobody(
    desk: ClusterDesk, web: aiohttp.ClientSession
) -> None:
    await desk.next_mood(moods.silent())
    call = asyncio.create_task(act(web))
    (post,) = (await desk.until(lambda seen: len(seen.posts) == 1 and seen.posts[0].acted)).posts
    assert post.end is End.OPEN
    call.cancel()
    assert (await desk.until(lambda seen: seen.finished == 1)).posts[0].end is End.ABORTED


async def test_a_trickling_answer_comes_byte_by_byte_and_complete(
    desk: ClusterDesk, web: aiohttp.ClientSession
) -> None:
    await desk.next_mood(moods.trickling(0.0))
    assert await act(web) == 200


async def test_a_lying_cluster_says_success_and_does_nothing(
    desk: ClusterDesk, web: aiohttp.ClientSession
) -> None:
    await desk.set_mood(moods.lying())
    assert await act(web) == 200
    await desk.arrive()
    assert (await desk.customers())[CIDS[0]] == 2


async def test_reads_have_moods_of_their_own(desk: ClusterDesk, web: aiohttp.ClientSession) -> None:
    await desk.next_mood(moods.bad_gateway(), on=Call.GET)
    async with web.get("evian3/tms/v1/get/action?cid=ALL") as response:
        assert (response.status, response.content_type) == (502, "text/html")
    async with web.get("evian3/tms/v1/get/action?cid=ALL") as response:
        assert set(await response.json()) == set(CIDS)
