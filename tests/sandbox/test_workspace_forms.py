"""Validation of forms and home tabs in the sandbox: what Slack takes passes, what it refuses is named."""

from typing import Any

import pytest

from bot.sandbox.workspace.blocks import Surface, checked_view
from bot.sandbox.workspace.errors import ApiError

Part = dict[str, Any]


def plain(text: str) -> Part:
    return {"type": "plain_text", "text": text}


SECTION: Part = {"type": "section", "text": plain("x")}
FILE_INPUT: Part = {
    "type": "input",
    "label": plain("Ids"),
    "element": {"type": "file_input", "action_id": "file", "filetypes": ["csv"], "max_files": 1},
}
TABLE: Part = {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}
FORM: Part = {"type": "modal", "title": plain("t" * 24), "blocks": [SECTION] * 100}
LONG_TITLE = "must be less than 25 characters [json-pointer:/view/title/text]"
MANY_BLOCKS = "no more than 100 items allowed [json-pointer:/view/blocks]"


def test_a_form_may_hold_more_and_ask_for_files() -> None:
    assert checked_view(FORM, "modal")["type"] == "modal"
    asks = {**FORM, "blocks": [FILE_INPUT], "submit": plain("Go"), "private_metadata": "x" * 3000}
    assert checked_view(asks, "modal")["blocks"][0]["element"]["action_id"] == "file"
    assert checked_view({"type": "home", "blocks": [SECTION]}, "home")["type"] == "home"


@pytest.mark.parametrize(
    ("view", "surface", "fault"),
    [
        ([], "modal", "must be an object [json-pointer:/view]"),
        (
            {**FORM, "title": plain("t" * 25)},
            "modal",
            LONG_TITLE,
        ),
        (
            {**FORM, "blocks": [SECTION] * 101},
            "modal",
            MANY_BLOCKS,
        ),
        ({**FORM, "size": 1}, "modal", "invalid additional property: size [json-pointer:/view]"),
        (FORM, "home", "unsupported type: modal [json-pointer:/view/type]"),
        (
            {**FORM, "private_metadata": "x" * 3001},
            "modal",
            "must be less than 3001 characters [json-pointer:/view/private_metadata]",
        ),
        (
            {**FORM, "blocks": [FILE_INPUT]},
            "modal",
            "missing required field: submit [json-pointer:/view]",
        ),
        ({"type": "home"}, "home", "missing required field: blocks [json-pointer:/view]"),
        (
            {**FORM, "blocks": [TABLE]},
            "modal",
            "unsupported type: table [json-pointer:/view/blocks/0/type]",
        ),
    ],
)
def test_a_form_slack_refuses_is_named(view: Any, surface: Surface, fault: str) -> None:
    with pytest.raises(ApiError) as caught:
        checked_view(view, surface)
    assert caught.value.error == "invalid_arguments"
    assert caught.value.answer["errors"] == [fault]


OPTION: Part = {"text": plain("Evian 3"), "value": "evian3"}
GROUPS: Part = {"option_groups": [{"label": plain("x"), "options": [OPTION]}]}


def field(**element: Any) -> Part:
    block = {"type": "input", "label": plain("x"), "element": element}
    return {**FORM, "submit": plain("Go"), "blocks": [block]}


@pytest.mark.parametrize(
    "view",
    [
        field(type="multi_users_select", initial_users=["U1"], max_selected_items=3),
        field(type="multi_static_select", **GROUPS, initial_options=[OPTION]),
        field(type="conversations_select", response_url_enabled=True, default_to_current_conversation=True),
        field(
            type="conversations_select", filter={"include": ["public", "private"], "exclude_bot_users": True}
        ),
        field(type="number_input", is_decimal_allowed=False, min_value="1", initial_value="5"),
        field(type="static_select", **GROUPS, initial_option=OPTION),
    ],
)
def test_every_field_a_form_may_have(view: Part) -> None:
    assert checked_view(view, "modal")["blocks"][0]["element"]["action_id"]


@pytest.mark.parametrize(
    ("element", "fault"),
    [
        ({"type": "static_select"}, "missing required field: options or option_groups"),
        ({"type": "multi_static_select"}, "missing required field: options or option_groups"),
        ({"type": "number_input"}, "missing required field: is_decimal_allowed"),
        ({"type": "number_input", "is_decimal_allowed": False, "min_value": 1}, "must be a string"),
        ({"type": "multi_users_select", "max_selected_items": 0}, "must be between 1 and 100"),
        ({"type": "conversations_select", "filter": {}}, "missing required field: include or exclude_"),
        ({"type": "conversations_select", "filter": {"include": ["dm"]}}, "must be one of im, mpim"),
        (
            {"type": "radio_buttons", "options": [OPTION], "initial_option": {**OPTION, "value": "fiji1"}},
            "initial option must be one of the options",
        ),
    ],
)
def test_a_field_slack_refuses_is_named(element: Part, fault: str) -> None:
    with pytest.raises(ApiError) as caught:
        checked_view(field(**element), "modal")
    (words,) = caught.value.answer["errors"]
    assert words.startswith(fault)
    assert "/view/blocks/0/element" in words


def test_only_an_input_of_a_modal_may_ask_for_response_urls_or_files() -> None:
    asks = {"type": "conversations_select", "response_url_enabled": True}
    actions = {"type": "actions", "elements": [asks]}
    home_input = {"type": "input", "label": plain("x"), "element": {"type": "file_input"}}
    for view, surface in (
        ({**FORM, "blocks": [actions]}, "modal"),
        ({"type": "home", "blocks": [actions]}, "home"),
        ({"type": "home", "blocks": [home_input]}, "home"),
    ):
        with pytest.raises(ApiError, match="invalid_arguments"):
            checked_view(view, "modal" if surface == "modal" else "home")


def test_a_form_can_be_too_large() -> None:
    options = [{"text": plain("x"), "value": str(n), "description": plain("d" * 75)} for n in range(100)]
    asks = {"type": "actions", "elements": [{"type": "static_select", "options": options}]}
    with pytest.raises(ApiError, match="view_too_large"):
        checked_view({**FORM, "blocks": [asks] * 100}, "modal")
