"""Modals in the sandbox workspace: opening, stacking and updating them, and what a person puts into them."""

import asyncio
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.desk import Desk, DeskRefused, Form
from bot.sandbox.workspace.people import ASTER, BRAM, OPS, PEOPLE_DM, PRIVATE
from bot.sandbox.workspace.server import Clocks
from tests.sandbox.conftest import Connect

Part = dict[str, Any]


def plain(text: str) -> Part:
    return {"type": "plain_text", "text": text}


def option(value: str) -> Part:
    return {"text": plain(value.title()), "value": value}


def asks(block_id: str, kind: str, *, optional: bool = False, dispatch: bool = False, **fields: Any) -> Part:
    element = {"type": kind, "action_id": f"{block_id}_in", **fields}
    more = {"optional": optional, "dispatch_action": dispatch}
    return {"type": "input", "block_id": block_id, "label": plain(block_id), "element": element, **more}


def modal(*blocks: Part, **fields: Any) -> Part:
    return {"type": "modal", "title": plain("Form"), "submit": plain("Go"), "blocks": list(blocks), **fields}


IDS = asks("ids", "plain_text_input", multiline=True, max_length=20)
REASON = asks("reason", "plain_text_input", optional=True)
BUTTON = {
    "type": "actions",
    "block_id": "more",
    "elements": [{"type": "button", "action_id": "push", "text": plain("More"), "value": "7"}],
}
FORM = modal(IDS, REASON, BUTTON, callback_id="form")


def opens(app: AsyncApp, view: Part, seen: list[Any] | None = None) -> None:
    """Have `/form` open a view."""

    async def listener(ack: Any, body: Part, client: AsyncWebClient) -> None:
        opened = await client.views_open(trigger_id=body["trigger_id"], view=view)
        (seen if seen is not None else []).append(opened["view"])
        await ack()

    app.command("/form")(listener)


async def opened(desk: Desk, user: str = ASTER, channel: str = OPS) -> Form:
    reaction = await desk.command(user, channel, "/form")
    assert reaction.acked
    form = await desk.form(user)
    assert form is not None
    return form


async def refused(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def test_a_person_fills_a_form_in(app: AsyncApp, connected: Connect, desk: Desk) -> None:
    opens(app, FORM)
    async with connected():
        form = await opened(desk)
        assert (form.title, form.submit, form.close) == ("Form", "Go", None)
        assert (form.user, form.callback_id, form.value("ids")) == (ASTER, "form", None)
        filled = await desk.fill(form, {"ids": "a1\nb2", "reason_in": "because"})
        assert (filled.value("ids"), filled.value("reason")) == ("a1\nb2", "because")
        assert await desk.form(ASTER) == filled
        assert await desk.form(BRAM) is None
        for values, words in (
            ({"nothing": "x"}, "0 fields 'nothing' in this view; it has: ids/ids_in, reason/reason_in"),
            ({"reason": "two\nlines"}, "reason_in has one line only"),
        ):
            with pytest.raises(DeskRefused, match=words):
                await desk.fill(form, values)


@pytest.mark.parametrize("clocks", [Clocks(trigger_s=0.1)])
async def test_a_trigger_does_not_work_for_long(
    app: AsyncApp, connected: Connect, desk: Desk, client: AsyncWebClient
) -> None:
    triggers: list[str] = []

    async def listener(ack: Any, body: Part) -> None:
        triggers.append(body["trigger_id"])
        await ack()

    app.command("/form")(listener)
    async with connected():
        await desk.command(ASTER, OPS, "/form")
    await asyncio.sleep(0.1)
    assert await refused(client.views_open(trigger_id=triggers[0], view=FORM)) == "expired_trigger_id"
    assert await refused(client.views_open(trigger_id="1.2.x", view=FORM)) == "invalid_trigger_id"


async def test_three_views_are_stacked_and_no_more(app: AsyncApp, connected: Connect, desk: Desk) -> None:
    seen: list[Any] = []
    answers: list[Any] = []

    async def push(ack: Any, body: Part, client: AsyncWebClient) -> None:
        seen.append(body)
        push = {"trigger_id": body["trigger_id"], "view": FORM}
        try:
            answers.append((await client.views_push(**push))["view"])
        except SlackApiError as exc:
            answers.append(exc.response["error"])
        else:
            answers.append(await refused(client.views_push(**push)))
        await ack()

    opens(app, FORM)
    app.action("push")(push)
    async with connected():
        first = await opened(desk)
        await desk.fill(first, {"ids": "abc"})
        await desk.click(ASTER, first, "push")
        second = await desk.until_form(ASTER, lambda form: form.id != first.id)
        with pytest.raises(DeskRefused, match="Nobody has the view"):
            await desk.fill(first, {"ids": "below"})
        await desk.click(ASTER, second, "push")
        third = await desk.until_form(ASTER, lambda form: form.id != second.id)
        await desk.click(ASTER, third, "push")
        back = await desk.close(third)

    assert answers[1] == answers[3] == "exchanged_trigger_id"
    assert answers[-1] == "push_limit_reached"
    assert answers[0]["root_view_id"] == answers[2]["root_view_id"] == first.id
    assert (answers[0]["previous_view_id"], answers[2]["previous_view_id"]) == (first.id, second.id)
    assert (back.form, back.reaction) == (await desk.form(ASTER), None)
    assert back.form is not None
    assert back.form.id == second.id
    pressed = seen[0]
    assert pressed["container"] == {"type": "view", "view_id": first.id}
    assert pressed["view"]["state"]["values"]["ids"] == {
        "ids_in": {"type": "plain_text_input", "value": "abc"}
    }
    assert not {"channel", "message", "response_url"} & set(pressed)
    action = pressed["actions"][0]
    assert (action["type"], action["block_id"], action["value"]) == ("button", "more", "7")


async def test_a_trigger_from_elsewhere_pushes_nothing(app: AsyncApp, connected: Connect, desk: Desk) -> None:
    answers: list[str] = []

    async def listener(ack: Any, body: Part, client: AsyncWebClient) -> None:
        answers.append(await refused(client.views_push(trigger_id=body["trigger_id"], view=FORM)))
        await ack()

    app.command("/form")(listener)
    async with connected():
        await desk.command(ASTER, OPS, "/form")
    assert answers == ["not_found"]


async def test_an_update_needs_the_newest_hash_and_keeps_what_was_typed(
    app: AsyncApp, connected: Connect, desk: Desk, client: AsyncWebClient
) -> None:
    seen: list[Any] = []
    opens(app, modal(IDS, REASON), seen)
    async with connected():
        form = await opened(desk)
        await desk.fill(form, {"ids": "typed", "reason": "gone"})
        named = modal(IDS, asks("why", "plain_text_input", initial_value="new"), private_metadata="2")
        changed = await client.views_update(view_id=form.id, view=named, hash=seen[0]["hash"])
        old = await refused(client.views_update(view_id=form.id, view=named, hash=seen[0]["hash"]))
        now = await desk.form(ASTER)
        assert now is not None
        await desk.close(now)
        gone = await refused(client.views_update(view_id=form.id, view=named))

    assert old == "hash_conflict"
    assert gone == "not_found"
    assert changed["view"]["hash"] != seen[0]["hash"]
    assert changed["view"]["id"] == form.id
    assert (now.value("ids"), now.value("why"), now.private_metadata) == ("typed", "new", "2")


async def test_fields_may_tell_the_app_at_once(app: AsyncApp, connected: Connect, desk: Desk) -> None:
    seen: list[Any] = []
    cluster = asks("cluster", "static_select", dispatch=True, options=[option("evian3"), option("fiji1")])
    search = asks("search", "plain_text_input", dispatch=True)
    owner = {
        "type": "section",
        "block_id": "owner",
        "text": plain("Owner"),
        "accessory": {"type": "users_select", "action_id": "owner_in"},
    }

    async def listener(ack: Any, body: Part) -> None:
        seen.append((body["actions"][0], body["view"]["state"]["values"]))
        await ack()

    opens(app, modal(cluster, search, owner, IDS))
    for name in ("cluster_in", "search_in", "owner_in"):
        app.action(name)(listener)
    async with connected():
        form = await opened(desk)
        await desk.fill(form, {"search": "typed, no Enter yet"})
        for name, value in (("cluster", "fiji1"), ("search", "e"), ("owner_in", BRAM)):
            assert (await desk.choose(form, name, value)).acked
        with pytest.raises(DeskRefused, match="tells the app at once: choose it"):
            await desk.fill(form, {"cluster": "evian3"})
        with pytest.raises(DeskRefused, match="tells the app nothing: fill it in"):
            await desk.choose(form, "ids", "x")

    chosen, entered, owned = (action for action, _ in seen)
    assert (chosen["type"], chosen["selected_option"]) == ("static_select", option("fiji1"))
    assert (chosen["block_id"], chosen["action_id"]) == ("cluster", "cluster_in")
    assert (entered["type"], entered["value"]) == ("plain_text_input", "e")
    assert (owned["type"], owned["selected_user"]) == ("users_select", BRAM)
    assert seen[0][1]["search"]["search_in"]["value"] == "typed, no Enter yet"
    assert seen[2][1]["owner"]["owner_in"] == {"type": "users_select", "selected_user": BRAM}


async def test_a_view_closes_quietly_or_tells_the_app(app: AsyncApp, connected: Connect, desk: Desk) -> None:
    seen: list[Any] = []

    async def closed(ack: Any, body: Part) -> None:
        seen.append(body)
        await ack()

    opens(app, modal(IDS, callback_id="loud", notify_on_close=True, private_metadata="p"))
    app.view_closed("loud")(closed)
    async with connected():
        form = await opened(desk)
        await desk.fill(form, {"ids": "left"})
        told = await desk.close(form)
        everything = await desk.close(await opened(desk), everything=True)

    assert told.reaction is not None
    assert told.reaction.acked
    assert (told.form, everything.form, await desk.form(ASTER)) == (None, None, None)
    first, second = seen
    assert (first["type"], first["is_cleared"], second["is_cleared"]) == ("view_closed", False, True)
    assert first["view"]["private_metadata"] == "p"
    assert first["view"]["state"]["values"]["ids"]["ids_in"]["value"] == "left"
    assert "trigger_id" not in first


@pytest.mark.parametrize(("channel", "chosen"), [(OPS, OPS), (PRIVATE, PRIVATE), (PEOPLE_DM, None)])
async def test_the_current_conversation_is_chosen_if_it_is_offered(
    app: AsyncApp, connected: Connect, desk: Desk, channel: str, chosen: str | None
) -> None:
    offered = {"include": ["public", "private"]}
    where = asks("where", "conversations_select", default_to_current_conversation=True, filter=offered)
    opens(app, modal(where))
    async with connected():
        form = await opened(desk, channel=channel)
    assert form.value("where") == chosen
