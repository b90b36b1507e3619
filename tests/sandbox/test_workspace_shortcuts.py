"""Shortcuts and the App Home in the sandbox workspace, with the stock Bolt app."""

from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.desk import Attachment, Desk, DeskRefused
from bot.sandbox.workspace.people import APP, ASTER, BRAM, CLEO, OPS, PRIVATE, TEAM
from bot.sandbox.workspace.server import Clocks, serve_workspace
from tests.sandbox.conftest import Connect
from tests.sandbox.test_workspace_modals import BUTTON, IDS, asks, modal, plain

Part = dict[str, Any]
HOME: Part = {"type": "home", "blocks": [BUTTON], "private_metadata": "one"}


def told(app: AsyncApp) -> list[Part]:
    """Everything of shortcuts `go` and buttons `push` and home events that the app hears of."""
    seen: list[Part] = []

    async def listener(ack: Any, body: Part) -> None:
        seen.append(body)
        await ack()

    app.shortcut("go")(listener)
    app.action("push")(listener)
    app.event("app_home_opened")(listener)
    return seen


async def test_a_global_shortcut_opens_a_form(app: AsyncApp, connected: Connect, desk: Desk) -> None:
    seen: list[Part] = []

    async def listener(ack: Any, body: Part, client: AsyncWebClient) -> None:
        seen.append(body)
        where = asks("where", "conversations_select", default_to_current_conversation=True)
        await client.views_open(trigger_id=body["trigger_id"], view=modal(where))
        await ack()

    app.global_shortcut("go")(listener)
    async with connected():
        assert (await desk.shortcut(ASTER, "go")).acked
        anywhere = await desk.until_form(ASTER)
        assert (await desk.shortcut(BRAM, "go", channel=PRIVATE)).acked
        looking = await desk.until_form(BRAM)

    assert (anywhere.value("where"), looking.value("where")) == (None, PRIVATE)
    body = seen[0]
    assert (body["type"], body["callback_id"]) == ("shortcut", "go")
    assert (body["user"]["id"], body["team"]["id"]) == (ASTER, TEAM)
    assert not {"channel", "message", "response_url", "api_app_id"} & set(body)


async def test_a_message_shortcut_tells_the_message(app: AsyncApp, connected: Connect, desk: Desk) -> None:
    seen: list[Part] = []

    async def listener(ack: Any, body: Part, respond: Any) -> None:
        seen.append(body)
        await respond("taken")
        await ack()

    app.message_shortcut("go")(listener)
    said = await desk.upload(BRAM, PRIVATE, Attachment("ids.csv", b"a1\n"), "these <please>")
    reply = await desk.say(BRAM, PRIVATE, "a2", thread=said.ts)
    async with connected():
        assert (await desk.message_shortcut(ASTER, said, "go")).acked
        assert (await desk.message_shortcut(ASTER, reply, "go")).acked

    body = seen[0]
    assert (body["type"], body["callback_id"], body["message_ts"]) == ("message_action", "go", said.ts)
    assert body["channel"] == {"id": PRIVATE, "name": "privategroup"}
    message = body["message"]
    assert (message["user"], message["text"]) == (BRAM, "these &lt;please&gt;")
    assert (message["type"], message["ts"]) == ("message", said.ts)
    assert [(file["name"], file["filetype"]) for file in message["files"]] == [("ids.csv", "csv")]
    assert seen[1]["message"]["thread_ts"] == said.ts
    private = [m for m in await desk.messages(PRIVATE, ASTER) if m.ephemeral]
    assert [m.text for m in private] == ["taken", "taken"]


async def test_a_message_shortcut_needs_a_message_one_sees(desk: Desk, client: AsyncWebClient) -> None:
    said = await desk.say(BRAM, PRIVATE, "secret")
    with pytest.raises(DeskRefused, match=f"{CLEO} is not in {PRIVATE}"):
        await desk.message_shortcut(CLEO, said, "go")
    await client.chat_postEphemeral(channel=OPS, user=ASTER, text="only you")
    (whisper,) = await desk.messages(OPS, ASTER)
    with pytest.raises(DeskRefused, match="with a menu of shortcuts"):
        await desk.message_shortcut(ASTER, whisper, "go")


async def test_shortcuts_need_a_scope() -> None:
    scopes = frozenset({"chat:write"})
    async with serve_workspace(scopes=scopes) as access, Desk(access.address, access.desk_token) as desk:
        said = await desk.say(ASTER, OPS, "x")
        with pytest.raises(DeskRefused, match="Slack knows no shortcut"):
            await desk.shortcut(ASTER, "go")
        with pytest.raises(DeskRefused, match="Slack knows no shortcut"):
            await desk.message_shortcut(ASTER, said, "go")


@pytest.mark.parametrize("clocks", [Clocks(ack_s=0.2)])
async def test_a_shortcut_nobody_listens_to_is_not_acknowledged(
    app: AsyncApp, connected: Connect, desk: Desk
) -> None:
    seen = told(app)
    async with connected():
        assert (await desk.shortcut(ASTER, "go")).acked
        assert not (await desk.shortcut(ASTER, "stay")).acked
    assert [body["callback_id"] for body in seen] == ["go"]


async def test_home_is_opened_published_and_pressed(
    app: AsyncApp, connected: Connect, desk: Desk, client: AsyncWebClient
) -> None:
    seen = told(app)
    async with connected():
        assert await desk.home(ASTER) is None
        assert (await desk.open_home(ASTER)).acked
        published = (await client.views_publish(user_id=ASTER, view=HOME))["view"]
        home = await desk.until_home(ASTER)
        assert (home.id, home.type, home.title) == (published["id"], "home", None)
        assert home.button("push").label == "More"
        await desk.open_home(ASTER)
        await desk.open_home(ASTER, "messages")
        await desk.click(ASTER, home, "push")
        with pytest.raises(LookupError, match=f"{BRAM} does not see"):
            await desk.click(BRAM, home, "push")
        changed = {**HOME, "blocks": [{"type": "section", "text": plain("done")}]}
        old = published["hash"]
        await client.views_publish(user_id=ASTER, view=changed, hash=old)
        with pytest.raises(SlackApiError, match="hash_conflict"):
            await client.views_publish(user_id=ASTER, view=changed, hash=old)
        with pytest.raises(DeskRefused, match="no button 'push' any more"):
            await desk.click(ASTER, home, "push")
        with pytest.raises(DeskRefused, match="cannot be closed"):
            await desk.close(home)
        with pytest.raises(DeskRefused, match="no button to submit"):
            await desk.submit(home)

    first, again, messages, pressed = seen
    event = first["event"]
    assert (event["type"], event["tab"], event["user"]) == ("app_home_opened", "home", ASTER)
    assert event["channel"].startswith("D")
    assert "view" not in event
    assert (again["event"]["view"]["id"], again["event"]["view"]["private_metadata"]) == (home.id, "one")
    assert messages["event"]["tab"] == "messages"
    assert "view" not in messages["event"]
    assert pressed["container"] == {"type": "view", "view_id": home.id}
    assert (pressed["api_app_id"], pressed["user"]["id"]) == (APP, ASTER)
    assert pressed["trigger_id"]
    assert not {"channel", "message", "response_url"} & set(pressed)


async def test_a_button_at_home_opens_a_form(app: AsyncApp, connected: Connect, desk: Desk) -> None:
    async def listener(ack: Any, body: Part, client: AsyncWebClient) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=modal(IDS))
        await ack()

    app.action("push")(listener)
    await app.client.views_publish(user_id=ASTER, view=HOME)
    async with connected():
        home = await desk.until_home(ASTER)
        await desk.click(ASTER, home, "push")
        assert (await desk.until_form(ASTER)).title == "Form"
        assert await desk.home(ASTER) == home
    with pytest.raises(TimeoutError, match=f"no form as expected before {BRAM}"):
        await desk.until_form(BRAM, timeout_s=0.01)
