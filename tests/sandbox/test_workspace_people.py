"""Files and accounts of people in the sandbox workspace, as the bot gets to see them."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.desk import Attachment, Desk, DeskRefused
from bot.sandbox.workspace.people import ASTER, BRAM, CLEO, OPS, PRIVATE, TEAM, Person
from bot.sandbox.workspace.server import Access, serve_workspace
from tests.sandbox.conftest import Connect
from tests.sandbox.test_workspace_modals import asks, modal, opened, opens

Part = dict[str, Any]
LIST = Attachment("ids.csv", b"cid\na1\n")


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as entered:
        yield entered


async def refused(client: AsyncWebClient, file: str) -> str:
    with pytest.raises(SlackApiError) as caught:
        await client.files_info(file=file)
    return str(caught.value.response["error"])


async def downloaded(session: aiohttp.ClientSession, url: str, token: str) -> tuple[int, str, bytes]:
    async with session.get(url, headers={"Authorization": f"Bearer {token}"}) as answer:
        return answer.status, answer.content_type, await answer.read()


async def test_the_bot_reads_a_file_where_it_is_a_member(
    desk: Desk, client: AsyncWebClient, access: Access, session: aiohttp.ClientSession
) -> None:
    message = await desk.upload(BRAM, OPS, LIST, "these & those")
    assert message.text == "these &amp; those"
    (file,) = message.files
    assert (file.name, file.title, file.size) == ("ids.csv", "ids.csv", 7)
    history = (await client.conversations_history(channel=OPS))["messages"]
    assert [f["id"] for f in history[0]["files"]] == [file.id]
    info = (await client.files_info(file=file.id))["file"]
    assert (info["user"], info["mimetype"], info["filetype"]) == (BRAM, "text/csv", "csv")
    assert (info["channels"], info["groups"], info["file_access"]) == ([OPS], [], "visible")
    url = info["url_private_download"]
    assert await downloaded(session, url, access.bot_token) == (200, "text/csv", b"cid\na1\n")
    status, kind, page = await downloaded(session, url, "xoxb-wrong")
    assert (status, kind) == (200, "text/html")
    assert b"Sign in" in page
    await desk.kick_bot(OPS)
    assert await refused(client, file.id) == "file_not_found"
    status, kind, page = await downloaded(session, url, access.bot_token)
    assert (status, kind) == (200, "text/html")


@pytest.mark.parametrize(
    ("file", "mimetype", "filetype", "size"),
    [
        (Attachment("IDS.CSV", b"a"), "text/csv", "csv", 1),
        (Attachment("ids", b"a"), "application/octet-stream", "text", 1),
        (Attachment("ids.csv", b"PK\x03\x04"), "text/csv", "csv", 4),
        (
            Attachment("ids.csv", b"a", mimetype="application/vnd.ms-excel"),
            "application/vnd.ms-excel",
            "csv",
            1,
        ),
        (Attachment("ids.csv", b"", size=11_000_000), "text/csv", "csv", 11_000_000),
        (Attachment("ids.csv", b"twelve bytes", size=1), "text/csv", "csv", 1),
    ],
)
async def test_what_slack_tells_of_a_file_need_not_be_true(
    desk: Desk,
    client: AsyncWebClient,
    session: aiohttp.ClientSession,
    file: Attachment,
    mimetype: str,
    filetype: str,
    size: int,
) -> None:
    message = await desk.upload(BRAM, OPS, file)
    info = (await client.files_info(file=message.files[0].id))["file"]
    assert (info["mimetype"], info["filetype"], info["size"]) == (mimetype, filetype, size)
    status, _, content = await downloaded(session, info["url_private_download"], client.token or "")
    assert (status, content) == (200, file.content)
    assert await desk.file_content(message.files[0]) == file.content


@pytest.mark.parametrize(
    ("access_told", "error"),
    [("check_file_info", None), ("access_denied", "access_denied"), ("file_not_found", "file_not_found")],
)
async def test_payloads_may_tell_little_of_a_file(
    app: AsyncApp, connected: Connect, desk: Desk, client: AsyncWebClient, access_told: Any, error: str | None
) -> None:
    seen: list[Part] = []

    async def listener(ack: Any, body: Part) -> None:
        seen.extend(body["message"]["files"])
        await ack()

    app.message_shortcut("go")(listener)
    message = await desk.upload(BRAM, OPS, Attachment("ids.csv", b"a1\n", access=access_told))
    async with connected():
        await desk.message_shortcut(ASTER, message, "go")
    (stub,) = seen
    name = message.files[0].id
    rest = {"mode": "file_access", "created": 0, "timestamp": 0, "user": ""}
    assert stub == {"id": name, "file_access": access_told, **rest}
    if error:
        assert await refused(client, name) == error
    else:
        info = (await client.files_info(file=name))["file"]
        assert (info["name"], info["file_access"]) == ("ids.csv", "visible")


async def test_a_deleted_file_leaves_a_tombstone(
    desk: Desk, client: AsyncWebClient, access: Access, session: aiohttp.ClientSession
) -> None:
    message = await desk.upload(BRAM, OPS, LIST, thread=(await desk.say(BRAM, OPS, "look")).ts)
    (file,) = message.files
    url = (await client.files_info(file=file.id))["file"]["url_private_download"]
    await desk.delete_file(file)
    assert await refused(client, file.id) == "file_deleted"
    assert (await downloaded(session, url, access.bot_token))[0] == 404
    replies = (await client.conversations_replies(channel=OPS, ts=message.thread or ""))["messages"]
    assert replies[1]["files"] == [{"id": file.id, "mode": "tombstone"}]
    assert [f.id for f in await desk.files(OPS, ASTER, thread=message.thread)] == [file.id]
    with pytest.raises(DeskRefused, match="no file"):
        await desk.file_content(file)


async def test_a_file_in_a_form_is_the_bots_to_read_once_submitted(
    app: AsyncApp, connected: Connect, desk: Desk, client: AsyncWebClient, access: Access
) -> None:
    seen: list[Part] = []

    async def listener(ack: Any, body: Part) -> None:
        seen.extend(body["view"]["state"]["values"]["file"]["file_in"]["files"])
        await ack()

    opens(app, modal(asks("file", "file_input"), callback_id="form"))
    app.view("form")(listener)
    async with connected():
        form = await desk.fill(await opened(desk), {"file": [LIST, Attachment("b.txt", b"b")]})
        first, second = (file["id"] for file in form.value("file"))
        assert await refused(client, first) == "file_not_found"
        await desk.submit(form)
        await desk.delete_file(second)
        assert await refused(client, second) == "file_deleted"
    assert [(f["id"], f["name"], f["user"]) for f in seen] == [
        (first, "ids.csv", ASTER),
        (second, "b.txt", ASTER),
    ]
    assert (await client.files_info(file=first))["file"]["url_private_download"] == seen[0][
        "url_private_download"
    ]


async def test_files_need_their_scope() -> None:
    async with (
        serve_workspace(scopes=frozenset({"chat:write", "commands"})) as access,
        Desk(access.address, access.desk_token) as desk,
        aiohttp.ClientSession() as session,
    ):
        client = AsyncWebClient(access.bot_token, access.api_url)
        message = await desk.upload(BRAM, OPS, LIST)
        name = message.files[0].id
        assert await refused(client, name) == "missing_scope"
        url = f"{access.address}/files-pri/{TEAM}-{name}/download/ids.csv"
        assert (await downloaded(session, url, access.bot_token))[1] == "text/html"
        with pytest.raises(SlackApiError) as caught:
            await client.views_open(trigger_id="1.2.x", view=modal(asks("file", "file_input")))
        assert caught.value.response["needed"] == "files:read"


async def test_only_members_share_files(desk: Desk) -> None:
    with pytest.raises(DeskRefused, match=f"{CLEO} is not in {PRIVATE}"):
        await desk.upload(CLEO, PRIVATE, LIST)


async def test_people_have_time_zones_and_differ_in_kind() -> None:
    people = (
        Person(ASTER, "Aster", tz="Europe/Amsterdam", tz_label="Central European Time", tz_offset=3600),
        Person(BRAM, "Bram", guest=True),
        Person(CLEO, "Cleo", deleted=True),
        Person("U0FAR", "Far", team="T0OTHER"),
        Person("U0ONE", "One", one_channel_guest=True),
    )
    async with serve_workspace(people=people) as access, Desk(access.address, access.desk_token) as desk:
        client = AsyncWebClient(access.bot_token, access.api_url)
        told = {p.id: (await client.users_info(user=p.id))["user"] for p in people}
        with pytest.raises(DeskRefused, match=f"The account of {CLEO} was closed"):
            await desk.say(CLEO, OPS, "x")
    aster = told[ASTER]
    assert (aster["tz"], aster["tz_label"], aster["tz_offset"]) == (
        "Europe/Amsterdam",
        "Central European Time",
        3600,
    )
    assert (aster["is_restricted"], aster["deleted"], aster["team_id"]) == (False, False, TEAM)
    assert "is_stranger" not in aster
    assert (told[BRAM]["is_restricted"], told[BRAM]["is_ultra_restricted"]) == (True, False)
    assert (told["U0ONE"]["is_restricted"], told["U0ONE"]["is_ultra_restricted"]) == (True, True)
    assert told[CLEO]["deleted"] is True
    assert "tz" not in told[CLEO]
    assert (told["U0FAR"]["is_stranger"], told["U0FAR"]["team_id"]) == (True, "T0OTHER")
