"""Files in the sandbox workspace, and the workspace as a process of its own."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import fields

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.desk import Desk
from bot.sandbox.workspace.people import ASTER, OPS, RANDOM
from bot.sandbox.workspace.server import Access, serve_workspace


@pytest.fixture
async def access() -> AsyncIterator[Access]:
    async with serve_workspace() as running:
        yield running


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as entered:
        yield entered


@pytest.fixture
def client(access: Access, session: aiohttp.ClientSession) -> AsyncWebClient:
    return AsyncWebClient(access.bot_token, access.api_url, session=session, retry_handlers=[])


async def test_a_download_wants_the_bots_token(
    access: Access, client: AsyncWebClient, session: aiohttp.ClientSession
) -> None:
    shared = await client.files_upload_v2(content="1,2\n", filename="ids.csv", channel=OPS)
    told = (await client.files_info(file=shared["file"]["id"]))["file"]
    assert (told["mimetype"], told["size"], told["file_access"]) == ("text/csv", 4, "visible")
    url = told["url_private_download"]
    allowed = {"Authorization": f"Bearer {access.bot_token}"}
    async with session.get(url, headers=allowed) as answer:
        assert (answer.status, await answer.read()) == (200, b"1,2\n")
    for headers in ({}, {"Authorization": f"Bearer {access.app_token}"}):
        async with session.get(url, headers=headers) as answer:
            assert answer.content_type == "text/html"
            assert "Sign in" in await answer.text()
    async with session.get(url.replace("-F", "-G"), headers=allowed) as answer:
        assert answer.status == 404


async def test_an_upload_must_be_what_was_announced(
    client: AsyncWebClient, session: aiohttp.ClientSession
) -> None:
    announced = await client.files_getUploadURLExternal(filename="a.csv", length=3)
    for url, content in ((announced["upload_url"], b"four"), (announced["upload_url"] + "x", b"abc")):
        async with session.post(url, data=content) as answer:
            assert answer.status == 400
    files = [{"id": announced["file_id"], "title": "a"}]
    with pytest.raises(SlackApiError, match="file_not_found"):
        await client.files_completeUploadExternal(files=files, channel_id=OPS)
    async with session.post(announced["upload_url"], data=b"abc") as answer:
        assert await answer.text() == "OK - 3"
    with pytest.raises(SlackApiError, match="not_in_channel"):
        await client.files_completeUploadExternal(files=files, channel_id=RANDOM)
    with pytest.raises(SlackApiError, match="invalid_arguments"):
        await client.files_completeUploadExternal(files=files, thread_ts="1.000001")
    with pytest.raises(SlackApiError, match="thread_not_found"):
        await client.files_completeUploadExternal(files=files, channel_id=OPS, thread_ts="1.000001")
    done = await client.files_completeUploadExternal(files=files, channel_id=OPS)
    assert done["files"][0]["channels"] == [OPS]
    with pytest.raises(SlackApiError, match="file_not_found"):
        await client.files_completeUploadExternal(files=files, channel_id=OPS)


async def test_an_upload_can_fail_on_order(access: Access, client: AsyncWebClient) -> None:
    async with Desk(access.address, access.desk_token) as desk:
        await desk.fail("upload", status=500)
        with pytest.raises(SlackRequestError, match="Failed to upload"):
            await client.files_upload_v2(content="1", filename="ids.csv", channel=OPS)
        assert await desk.files(OPS, ASTER) == []
        await client.files_upload_v2(content="1", filename="ids.csv")
        assert await desk.files(OPS, ASTER) == []


async def test_the_process_prints_its_address_and_stops_on_sigterm() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.sandbox.workspace", "--port", "0", "--scopes", "chat:write"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        told = json.loads(await process.stdout.readline())
        assert set(told) == {field.name for field in fields(Access)}
        async with Desk(told["address"], told["desk_token"]) as desk:
            assert (await desk.messages(OPS, ASTER)) == []
        client = AsyncWebClient(told["bot_token"], told["api_url"])
        with pytest.raises(SlackApiError, match="missing_scope"):
            await client.users_info(user=ASTER)
    finally:
        process.send_signal(signal.SIGTERM)
        code = await process.wait()
    assert code == 0
