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


def test_a_form_can_be_too_large() -> None:
    options = [{"text": plain("x"), "value": str(n), "description": plain("d" * 75)} for n in range(100)]
    asks = {"type": "actions", "elements": [{"type": "static_select", "options": options}]}
    with pytest.raises(ApiError, match="view_too_large"):
        checked_view({**FORM, "blocks": [asks] * 100}, "modal")
