"""The sandbox cluster itself, at the wire: its API, its record, its token endpoint, its process."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.sandbox.cluster import (
    CLIENT_ID,
    CLIENT_SECRET,
    ClusterDesk,
    ClusterHost,
    End,
    customer_ids,
    moods,
)

TOKEN = "sandbox-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
CIDS = customer_ids("evian3", 50)
STATES_OF_TWO = {cid: {"action_code": 2, "action_desc": "pe-enable"} for cid in CIDS[:2]}


@pytest.fixture
async def host() -> AsyncIterator[ClusterHost]:
    clusters = ("evian3", "fiji1")
    async with ClusterHost(clusters=clusters, token=TOKEN, customers=50, arrive_after_s=None) as running:
        yield running


@pytest.fixture
async def desk(host: ClusterHost) -> AsyncIterator[ClusterDesk]:
    async with ClusterDesk(host.address, "evian3") as opened:
        yield opened


@pytest.fixture
async def web(host: ClusterHost) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(base_url=host.address + "/", headers=BEARER) as session:
        yield session


async def act(
    web: aiohttp.ClientSession,
    *cids: str,
    cluster: str = "evian3",
    action: str = "T-Enable",
    token: str = TOKEN,
) -> tuple[int, Any]:
    """One POST; its status and JSON."""
    asked = {"action": action, "cids": cids}
    headers = {"Authorization": f"Bearer {token}"}
    async with web.post(f"{cluster}/tms/v1/set/action", json=asked, headers=headers) as response:
        return response.status, await response.json()


async def look(web: aiohttp.ClientSession, path: str) -> Any:
    """The JSON of one GET below `/evian3/tms/v1/get/`."""
    async with web.get(f"evian3/tms/v1/get/{path}") as response:
        assert response.status == 200
        return await response.json()


def test_customers_are_made_up_the_same_every_time() -> None:
    assert customer_ids("evian3", 3) == customer_ids("evian3", 5)[:3]
    assert all(len(cid) == 32 and int(cid, 16) for cid in CIDS)
    assert set(CIDS).isdisjoint(customer_ids("fiji1", 50))


@pytest.mark.parametrize("name", ["sandbox", "oauth", "a/b", ""])
def test_a_cluster_name_that_cannot_be_a_prefix_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be a cluster's path prefix"):
        ClusterHost(clusters=(name,), token=TOKEN)


async def test_an_action_is_accepted_now_and_arrives_later(
    desk: ClusterDesk, web: aiohttp.ClientSession
) -> None:
    assert await act(web, *CIDS[:2]) == (
        200,
        {"message": "Sending action to migration services", "success": True},
    )
    (post,) = (await desk.until(lambda seen: seen.finished == 1)).posts
    assert (post.action, post.cids, post.acted, post.arrived) == ("T-Enable", CIDS[:2], True, False)
    assert (post.status, post.end, post.authorized, post.mood) == (200, End.ANSWERED, True, "normal")
    assert await look(web, f"action?cid={CIDS[0]},{CIDS[1]}") == STATES_OF_TWO
    await desk.arrive()
    assert (await desk.until(lambda seen: seen.posts[0].arrived)).posts[0].arrived
    assert (await look(web, f"action?cid={CIDS[0]}"))[CIDS[0]] == {
        "action_code": 3,
        "action_desc": "t-enable",
    }


async def test_arrival_can_be_by_the_clock(desk: ClusterDesk, web: aiohttp.ClientSession) -> None:
    await desk.arrive_after(0.01)
    await act(web, CIDS[0])
    await desk.until(lambda seen: seen.posts[0].arrived)
    assert (await desk.customers())[CIDS[0]] == 3


async def test_some_never_arrive(desk: ClusterDesk, web: aiohttp.ClientSession) -> None:
    await desk.hold_up(CIDS[:1])
    await act(web, *CIDS[:2])
    await desk.arrive()
    assert [(await desk.customers())[cid] for cid in CIDS[:2]] == [2, 3]
    await desk.hold_up([])
    await act(web, *CIDS[:2])
    await desk.arrive()
    assert (await desk.customers())[CIDS[0]] == 3


async def test_unknown_customers_refuse_the_whole_request(
    desk: ClusterDesk, web: aiohttp.ClientSession
) -> None:
    status, words = await act(web, CIDS[0], "gone1", "gone2")
    assert status == 200
    assert words == {"message": "those CIDs ['gone1', 'gone2'] do not exist", "success": False}
    assert not (await desk.record()).posts[0].acted


async def test_an_action_it_does_not_know_and_a_malformed_request_are_refused(
    desk: ClusterDesk, web: aiohttp.ClientSession
) -> None:
    assert await act(web, CIDS[0], action="t-enable") == (
        200,
        {"message": "action t-enable is not valid", "success": False},
    )
    for body in (b"{}", b"[]", b"nonsense"):
        async with web.post("evian3/tms/v1/set/action", data=body) as response:
            assert response.status == 400
    assert not any(post.acted for post in (await desk.record()).posts)


async def test_all_states_and_the_applications_of_customers_are_read(
    desk: ClusterDesk, web: aiohttp.ClientSession
) -> None:
    assert set(await look(web, "action?cid=ALL")) == set(CIDS)
    assert await look(web, "action?cid=unknown") == {}
    await act(web, CIDS[0])
    failed = [{"app_name": "airmatch", "status": "Failure", "reason": "Device config missing"}]
    await desk.set_apps(CIDS[1], failed)
    moving, still = (
        await look(web, f"appstatus?app=ALL&cid={CIDS[0]}"),
        await look(web, f"appstatus?cid={CIDS[2]}"),
    )
    assert {app["status"] for app in moving} == {"Transiting"}
    assert {app["status"] for app in still} == {"Ready"}
    assert (await look(web, f"appstatus?app=ALL&cid={CIDS[1]},unknown")) == {CIDS[1]: failed}
    assert await look(web, "appstatus?app=ALL&cid=unknown") == []
    assert [get.what for get in (await desk.record()).gets] == ["action", "action", *["appstatus"] * 4]


async def test_a_wrong_token_is_refused_and_leaves_a_queued_mood_to_the_next(
    desk: ClusterDesk, web: aiohttp.ClientSession
) -> None:
    await desk.next_mood(moods.starting())
    status, words = await act(web, CIDS[0], token="another")
    assert (status, words["message"], words["httpStatusCode"]) == (401, "Invalid access token", 401)
    assert (await act(web, CIDS[0]))[1]["message"] == "TMS bootstrap status(INIT) is not Ready"
    assert (await act(web, CIDS[0]))[1]["success"]
    assert [post.authorized for post in (await desk.record()).posts] == [False, True, True]


async def test_places_that_do_not_exist_are_404(web: aiohttp.ClientSession) -> None:
    for path in ("nowhere/tms/v1/get/action?cid=ALL", "sandbox/nowhere/record", "evian3/tms/v2/get/action"):
        async with web.get(path) as response:
            assert response.status == 404


async def test_waiting_for_what_does_not_come_says_what_came(
    desk: ClusterDesk, web: aiohttp.ClientSession
) -> None:
    await act(web, CIDS[0])
    with pytest.raises(TimeoutError, match=r"1 normal 200 answered arrived=False"):
        await desk.until(lambda seen: seen.finished == 2, timeout_s=0.05)


async def test_a_waiting_desk_is_woken_by_the_fact(desk: ClusterDesk, web: aiohttp.ClientSession) -> None:
    waiting = asyncio.create_task(desk.until(lambda seen: seen.finished == 3))
    for cid in CIDS[:3]:
        await act(web, cid)
    assert [post.cids for post in (await waiting).posts] == [(cid,) for cid in CIDS[:3]]


async def test_a_desk_is_used_inside_its_block(host: ClusterHost) -> None:
    with pytest.raises(RuntimeError, match="inside `async with`"):
        await ClusterDesk(host.address, "evian3").record()


async def test_tokens_are_given_for_client_credentials_counted_and_revoked(
    host: ClusterHost, desk: ClusterDesk, web: aiohttp.ClientSession
) -> None:
    form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    await desk.set_token_lifetime(60)
    async with web.post(host.token_url, data=form) as response:
        given = await response.json()
    assert (given["token_type"], given["expires_in"]) == ("Bearer", 60)
    assert (await act(web, CIDS[0], token=given["access_token"]))[0] == 200
    await desk.revoke_tokens()
    assert (await act(web, CIDS[0], token=given["access_token"]))[0] == 401
    async with web.post(host.token_url, data={**form, "client_secret": "wrong"}) as response:
        assert (response.status, await response.json()) == (401, {"error": "invalid_client"})
    assert (await desk.record()).token_fetches == 2


async def test_a_token_ends_with_its_lifetime(
    host: ClusterHost, desk: ClusterDesk, web: aiohttp.ClientSession
) -> None:
    form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    await desk.set_token_lifetime(0)
    async with web.post(host.token_url, data=form) as response:
        given = await response.json()
    assert (await act(web, CIDS[0], token=given["access_token"]))[0] == 401


async def test_stopping_a_host_breaks_off_what_is_open(web: aiohttp.ClientSession) -> None:
    async with (
        ClusterHost(token=TOKEN, customers=1, arrive_after_s=60.0) as short,
        ClusterDesk(short.address, "evian3") as desk,
    ):
        await desk.next_mood(moods.silent())
        call = asyncio.create_task(act(web, CIDS[0], cluster=f"{short.address}/evian3"))
        await desk.until(lambda seen: bool(seen.posts) and seen.posts[0].acted)
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await call


async def test_as_a_process_it_says_where_it_is_and_ends_at_sigterm() -> None:
    command = (sys.executable, "-m", "bot.sandbox.cluster", "--token", TOKEN, "--customers", "7")
    process = await asyncio.create_subprocess_exec(
        *command, "--cluster", "evian3", "--cluster", "fiji1", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    where = json.loads(await process.stdout.readline())
    assert where["clusters"]["fiji1"] == f"{where['address']}/fiji1"
    assert where["token_url"] == f"{where['address']}/oauth/token"
    async with ClusterDesk(where["address"], "fiji1") as desk:
        assert tuple(await desk.customers()) == customer_ids("fiji1", 7)
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0
