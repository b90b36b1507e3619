"""Submitting a form in the sandbox workspace: what the app is told, and what its answer does to the form."""

import asyncio
import json
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.desk import Attachment, Desk, DeskRefused, Form
from bot.sandbox.workspace.forms import TROUBLE
from bot.sandbox.workspace.people import ASTER, BRAM, CLEO, OLD, OPS, PRIVATE, RANDOM, TEAM
from bot.sandbox.workspace.server import Clocks
from tests.sandbox.conftest import Connect
from tests.sandbox.test_workspace_modals import IDS, REASON, asks, modal, opened, opens, option, plain

Part = dict[str, Any]

SELECTS = [option("evian3"), option("fiji1")]
ALL = modal(
    IDS,
    REASON,
    asks("cluster", "static_select", options=SELECTS, initial_option=SELECTS[0]),
    asks("mode", "radio_buttons", options=SELECTS),
    asks("flags", "checkboxes", optional=True, options=SELECTS),
    asks(
        "several",
        "multi_static_select",
        optional=True,
        option_groups=[{"label": plain("x"), "options": SELECTS}],
    ),
    asks("owner", "users_select", optional=True),
    asks("owners", "multi_users_select", optional=True, initial_users=[CLEO]),
    asks("where", "conversations_select", response_url_enabled=True, default_to_current_conversation=True),
    asks("at", "datetimepicker", optional=True),
    asks("size", "number_input", optional=True, is_decimal_allowed=False, min_value="1", max_value="100"),
    asks("file", "file_input", optional=True, filetypes=["csv"], max_files=1),
    callback_id="form",
    private_metadata="draft-7",
)


def answers(app: AsyncApp, *acknowledgements: Part) -> list[Part]:
    """Have submissions of `form` acknowledged so, one after the other; what the app was told."""
    seen: list[Part] = []

    async def listener(ack: Any, body: Part) -> None:
        seen.append(body)
        await ack(**acknowledgements[min(len(seen), len(acknowledgements)) - 1])

    app.view("form")(listener)
    return seen


async def test_a_submission_tells_everything(app: AsyncApp, connected: Connect, desk: Desk) -> None:
    seen = answers(app, {})
    opens(app, ALL)
    async with connected():
        form = await opened(desk)
        done = await desk.submit(
            form,
            {
                "ids": "a1\nb2",
                "mode": "fiji1",
                "flags": ["fiji1"],
                "owners": [ASTER, BRAM],
                "at": 1_800_000_000,
                "size": 50,
                "file": Attachment("ids.CSV", b"cid\na1\n"),
            },
        )

    assert (done.form, await desk.form(ASTER)) == (None, None)
    assert done.reaction is not None
    assert done.reaction.acked
    (body,) = seen
    assert body["type"] == "view_submission"
    assert body["user"] == {"id": ASTER, "username": "aster", "name": "aster", "team_id": TEAM}
    assert body["trigger_id"]
    view = body["view"]
    assert (view["id"], view["callback_id"], view["private_metadata"]) == (form.id, "form", "draft-7")
    states = {block: state for block, fields in view["state"]["values"].items() for state in fields.values()}
    (file,) = states.pop("file")["files"]
    assert (file["name"], file["mimetype"], file["filetype"], file["size"]) == (
        "ids.CSV",
        "text/csv",
        "csv",
        7,
    )
    assert states == {
        "ids": {"type": "plain_text_input", "value": "a1\nb2"},
        "reason": {"type": "plain_text_input", "value": None},
        "cluster": {"type": "static_select", "selected_option": SELECTS[0]},
        "mode": {"type": "radio_buttons", "selected_option": SELECTS[1]},
        "flags": {"type": "checkboxes", "selected_options": [SELECTS[1]]},
        "several": {"type": "multi_static_select", "selected_options": []},
        "owner": {"type": "users_select", "selected_user": None},
        "owners": {"type": "multi_users_select", "selected_users": [ASTER, BRAM]},
        "where": {"type": "conversations_select", "selected_conversation": OPS},
        "at": {"type": "datetimepicker", "selected_date_time": 1_800_000_000},
        "size": {"type": "number_input", "value": "50"},
    }
    (url,) = body["response_urls"]
    assert (url["block_id"], url["action_id"], url["channel_id"]) == ("where", "where_in", OPS)


async def test_a_response_url_of_a_form_reaches_the_chosen_channel(
    app: AsyncApp, connected: Connect, desk: Desk
) -> None:
    async def listener(ack: Any, respond: Any) -> None:
        await respond("from the form", response_type="in_channel")
        await ack()

    where = asks("where", "conversations_select", response_url_enabled=True)
    opens(app, modal(where, callback_id="form"))
    app.view("form")(listener)
    async with connected():
        await desk.submit(await opened(desk), {"where": RANDOM})
    assert [m.text for m in await desk.messages(RANDOM, BRAM)] == ["from the form"]


@pytest.mark.parametrize(
    ("block", "value", "words"),
    [
        (IDS, None, "Please complete this required field."),
        (IDS, "x" * 21, "Please shorten this to 20 characters or fewer: it has 21."),
        (asks("t", "plain_text_input"), "x" * 3001, "Please shorten this to 3000 characters"),
        (asks("t", "plain_text_input", min_length=3), "ab", "Please write at least 3 characters."),
        (asks("t", "static_select", options=SELECTS), None, "Please complete"),
        (asks("t", "checkboxes", options=SELECTS), [], "Please complete"),
        (
            asks("t", "multi_users_select", max_selected_items=1),
            [ASTER, BRAM],
            "Please choose no more than 1.",
        ),
        (asks("t", "number_input", is_decimal_allowed=False), "1.5", "Please enter a valid number."),
        (asks("t", "number_input", is_decimal_allowed=True, max_value="2"), "2.5", "within the limits"),
        (asks("t", "file_input", filetypes=["csv"]), [Attachment("a.png", b"x")], "a.png is not one of csv."),
        (
            asks("t", "file_input", max_files=1),
            [Attachment("a", b"x"), Attachment("b", b"x")],
            "Please attach no more than 1 files.",
        ),
        (
            asks("t", "file_input"),
            [Attachment("a", b"", size=10 * 1024 * 1024 + 1)],
            "a is larger than 10 MB.",
        ),
    ],
)
async def test_slacks_client_refuses_first(
    app: AsyncApp, connected: Connect, desk: Desk, block: Part, value: Any, words: str
) -> None:
    seen = answers(app, {})
    opens(app, modal(block, callback_id="form"))
    async with connected():
        form = await opened(desk)
        kept = await desk.submit(form, {block["block_id"]: value})
    assert (kept.reaction, seen) == (None, [])
    assert kept.form is not None
    assert words in kept.form.errors[block["block_id"]]
    noted = await desk.until(lambda entry: entry.kind == "form_refused")
    assert noted.details["errors"] == kept.form.errors


@pytest.mark.parametrize(
    ("block", "value", "words"),
    [
        (asks("t", "static_select", options=SELECTS), "mars", "no option 'mars'; it has: evian3, fiji1"),
        (asks("t", "users_select"), "U0NOBODY", "no person U0NOBODY"),
        (asks("t", "conversations_select"), "C0NONE", "finds no conversation C0NONE"),
        (asks("t", "conversations_select"), OLD, f"finds no conversation {OLD}"),
        (
            asks("t", "conversations_select", filter={"include": ["public"]}),
            PRIVATE,
            "does not offer private conversations",
        ),
        (asks("t", "file_input"), ["F0NONE"], "no file F0NONE"),
        (asks("t", "checkboxes", options=SELECTS), "fiji1", "takes a list"),
    ],
)
async def test_what_nobody_can_enter_is_the_desks_mistake(
    app: AsyncApp, connected: Connect, desk: Desk, block: Part, value: Any, words: str
) -> None:
    opens(app, modal(block))
    async with connected():
        form = await opened(desk)
        with pytest.raises(DeskRefused, match=words):
            await desk.submit(form, {"t": value})


async def test_errors_stand_at_their_field_and_nothing_typed_is_lost(
    app: AsyncApp, connected: Connect, desk: Desk
) -> None:
    seen = answers(app, {"response_action": "errors", "errors": {"ids": "b2 is no id"}}, {})
    opens(app, modal(IDS, REASON, callback_id="form"))
    async with connected():
        form = await opened(desk)
        kept = await desk.submit(form, {"ids": "a1 b2", "reason": "why not"})
        assert kept.form is not None
        assert kept.form.errors == {"ids": "b2 is no id"}
        assert (kept.form.value("ids"), kept.form.value("reason")) == ("a1 b2", "why not")
        assert (kept.form.id, kept.form.complaint) == (form.id, None)
        done = await desk.submit(kept.form, {"ids": "a1"})
    assert done.form is None
    texts = [body["view"]["state"]["values"]["ids"]["ids_in"]["value"] for body in seen]
    assert texts == ["a1 b2", "a1"]
    assert seen[1]["view"]["state"]["values"]["reason"]["reason_in"]["value"] == "why not"


async def test_the_answer_changes_pushes_and_clears(app: AsyncApp, connected: Connect, desk: Desk) -> None:
    step = {"callback_id": "form"}
    seen = answers(
        app,
        {"response_action": "update", "view": modal(IDS, **step, private_metadata="two")},
        {"response_action": "push", "view": modal(REASON, **step)},
        {"response_action": "push", "view": modal(REASON, **step)},
        {},
        {"response_action": "clear"},
    )
    opens(app, modal(IDS, **step))
    async with connected():
        form = await opened(desk)
        changed = (await desk.submit(form, {"ids": "a"})).form
        assert changed is not None
        assert (changed.id, changed.private_metadata, changed.value("ids")) == (form.id, "two", "a")
        second = (await desk.submit(changed)).form
        assert second is not None
        third = (await desk.submit(second)).form
        assert third is not None
        assert len({form.id, second.id, third.id}) == 3
        back = (await desk.submit(third)).form
        assert back == await desk.form(ASTER)
        assert back is not None
        assert back.id == second.id
        assert (await desk.submit(back)).form is None
    assert await desk.form(ASTER) is None
    assert seen[2]["view"]["previous_view_id"] == seen[2]["view"]["root_view_id"] == form.id


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ({"response_action": "errors", "errors": {"nowhere": "x"}}, "no input block 'nowhere' in this view"),
        ({"response_action": "errors", "errors": {"more": "x"}}, "no input block 'more' in this view"),
        ({"response_action": "errors", "errors": {}}, "at least one block_id"),
        ({"response_action": "errors", "errors": {"ids": ""}}, "ids must be words"),
        ({"response_action": "update", "view": {**modal(IDS), "title": plain("t" * 25)}}, "/view/title/text"),
        ({"response_action": "push", "view": modal(IDS, size=1)}, "invalid additional property: size"),
        ({"response_action": "push", "view": {"type": "home", "blocks": []}}, "unsupported type: home"),
        ({"response_action": "errors"}, "errors takes exactly errors, response_action"),
        ({"response_action": "close"}, "unknown response_action: close"),
        ({"text": "thanks"}, "unknown response_action: None"),
    ],
)
async def test_an_answer_slack_would_refuse_leaves_the_form_open(
    app: AsyncApp, connected: Connect, desk: Desk, answer: Part, fault: str
) -> None:
    async def listener(ack: Any) -> None:
        response = await ack()
        response.body, response.headers = json.dumps(answer), {"content-type": ["application/json"]}

    section = {"type": "section", "block_id": "more", "text": plain("x")}
    opens(app, modal(IDS, section, callback_id="form"))
    app.view("form")(listener)
    async with connected():
        form = await opened(desk)
        kept = await desk.submit(form, {"ids": "kept"})
    assert kept.form is not None
    assert (kept.form.complaint, kept.form.errors, kept.form.value("ids")) == (TROUBLE, {}, "kept")
    noted = await desk.until(lambda entry: entry.kind == "ack_refused")
    assert fault in str(noted.details["answer"])


async def test_a_fourth_view_is_refused_in_an_answer_too(
    app: AsyncApp, connected: Connect, desk: Desk
) -> None:
    answers(app, {"response_action": "push", "view": modal(IDS, callback_id="form")})
    opens(app, modal(IDS, callback_id="form"))
    async with connected():
        form: Form | None = await opened(desk)
        for _ in range(3):
            assert form is not None
            form = (await desk.submit(form, {"ids": "x"})).form
    assert form is not None
    assert form.complaint == TROUBLE
    noted = await desk.until(lambda entry: entry.kind == "ack_refused")
    assert noted.details["answer"]["error"] == "push_limit_reached"


async def test_a_form_opened_by_a_submission_takes_its_place(
    app: AsyncApp, connected: Connect, desk: Desk
) -> None:
    async def listener(ack: Any, body: Part, client: AsyncWebClient) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=modal(REASON, callback_id="next"))
        await ack()

    opens(app, modal(IDS, callback_id="form"))
    app.view("form")(listener)
    async with connected():
        done = await desk.submit(await opened(desk), {"ids": "x"})
    assert done.form is not None
    assert (done.form.callback_id, done.form.complaint) == ("next", None)


@pytest.mark.parametrize("clocks", [Clocks(ack_s=0.2)])
async def test_a_submission_that_is_not_acknowledged_can_be_tried_again(
    app: AsyncApp, connected: Connect, desk: Desk
) -> None:
    slow, seen = asyncio.Event(), 0

    async def listener(ack: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == 1:
            await slow.wait()
        await ack()

    opens(app, modal(IDS, callback_id="form"))
    app.view("form")(listener)
    async with connected():
        form = await opened(desk)
        submitting = asyncio.create_task(desk.submit(form, {"ids": "kept"}))
        await desk.until(
            lambda e: e.kind == "envelope" and e.details["payload"].get("type") == "view_submission"
        )
        with pytest.raises(DeskRefused, match="takes no second press"):
            await desk.submit(form)
        kept = await submitting
        assert kept.reaction is not None
        assert not kept.reaction.acked
        assert kept.form is not None
        assert (kept.form.complaint, kept.form.value("ids")) == (TROUBLE, "kept")
        slow.set()
        await desk.until(lambda entry: entry.kind == "ack" and entry.details["late"])
        assert await desk.form(ASTER) is not None
        again = await desk.submit(kept.form)
        assert again.form is None
        assert again.reaction is not None
        assert (await desk.redeliver(again.reaction)).acked
    assert seen == 3


async def test_without_a_connection_the_person_is_told(app: AsyncApp, connected: Connect, desk: Desk) -> None:
    opens(app, modal(IDS, callback_id="form"))
    async with connected():
        form = await opened(desk)
    kept = await desk.submit(form, {"ids": "kept"})
    assert kept.form is not None
    assert kept.form.complaint == TROUBLE


async def test_a_view_without_submit_or_of_the_past_cannot_be_submitted(
    app: AsyncApp, connected: Connect, desk: Desk
) -> None:
    section = {"type": "section", "text": plain("Loading…")}
    opens(app, {"type": "modal", "title": plain("Wait"), "blocks": [section]})
    async with connected():
        form = await opened(desk)
        with pytest.raises(DeskRefused, match="no button to submit"):
            await desk.submit(form)
        await desk.close(form)
        with pytest.raises(DeskRefused, match="Nobody has the view"):
            await desk.submit(form)
