"""Block validation in the sandbox: what the bot may build passes, and every limit of Slack's is there."""

from typing import Any

import pytest
from slack_sdk.models import blocks as sdk

from bot.sandbox.workspace.blocks import block_faults, checked_for_message

Part = dict[str, Any]


def plain(text: str) -> Part:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Part:
    return {"type": "mrkdwn", "text": text}


def button(**more: Any) -> Part:
    return {"type": "button", "text": plain("Go"), **more}


def actions(*elements: Part) -> Part:
    return {"type": "actions", "elements": list(elements)}


def field(element: Part, **more: Any) -> Part:
    return {"type": "input", "label": plain("What"), "element": element, **more}


def options(count: int, **more: Any) -> list[Part]:
    return [{"text": plain("x"), "value": str(n), **more} for n in range(count)]


def table(rows: int, columns: int, text: str = "x") -> Part:
    return {"type": "table", "rows": [[{"type": "raw_text", "text": text}] * columns] * rows}


CONFIRM = {"title": plain("t"), "text": mrkdwn("t"), "confirm": plain("y"), "deny": plain("n")}
SECTION = {"type": "section", "text": mrkdwn("x")}
IMAGE = {"type": "image", "image_url": "https://example.org/x.png", "alt_text": "x"}
FILE_INPUT = {"type": "file_input", "action_id": "file", "filetypes": ["csv"], "max_files": 1}


@pytest.mark.parametrize(
    "block",
    [
        SECTION,
        {"type": "section", "fields": [mrkdwn("x" * 2000)] * 10, "accessory": button()},
        {"type": "section", "text": plain("x" * 3000), "accessory": {**IMAGE}},
        {"type": "header", "text": plain("x" * 150), "block_id": "b" * 255},
        {"type": "divider"},
        {"type": "context", "elements": [mrkdwn("x"), plain("y"), IMAGE]},
        actions(button(confirm=CONFIRM, value="v" * 2000, style="danger"), button(url="https://example.org")),
        actions({"type": "static_select", "placeholder": plain("p"), "options": options(100)}),
        actions({"type": "static_select", "option_groups": [{"label": plain("g"), "options": options(1)}]}),
        actions({"type": "overflow", "options": options(5, url="https://example.org")}),
        actions({"type": "users_select", "initial_user": "U0ASTER"}),
        actions({"type": "datetimepicker", "initial_date_time": 1_732_360_000}),
        actions(
            {"type": "checkboxes", "options": options(10)}, {"type": "radio_buttons", "options": options(1)}
        ),
        field(
            {"type": "plain_text_input", "multiline": True, "max_length": 3000},
            optional=True,
            hint=plain("h"),
        ),
        IMAGE,
        {"type": "markdown", "text": "# x"},
        {"type": "file", "external_id": "x", "source": "remote"},
        {**table(100, 20), "column_settings": [{"align": "right", "is_wrapped": True}]},
    ],
)
def test_what_slack_takes_passes(block: Part) -> None:
    assert block_faults([block], "message") == []


def test_what_the_sdk_builds_passes() -> None:
    element = sdk.RichTextElementParts
    line = sdk.RichTextSectionElement(elements=[element.Text(text="x")])
    rich = sdk.RichTextBlock(
        elements=[
            sdk.RichTextSectionElement(
                elements=[
                    element.Text(text="x", style=element.TextStyle(bold=True)),
                    element.Link(url="https://example.org"),
                    element.User(user_id="U0ASTER"),
                    element.UserGroup(usergroup_id="S0ONCALL"),
                    element.Channel(channel_id="C0OPS"),
                    element.Broadcast(range="here"),
                    element.Emoji(name="x"),
                    element.Date(timestamp=1_732_360_000, format="{date}", fallback="f"),
                ]
            ),
            sdk.RichTextListElement(style="bullet", indent=0, elements=[line]),
            sdk.RichTextQuoteElement(elements=[element.Text(text="x")]),
            sdk.RichTextPreformattedElement(elements=[element.Text(text="x")], border=0),
        ]
    )
    confirm = sdk.ConfirmObject(title="t", text="t", confirm="y", deny="n")
    press = sdk.ButtonElement(text="Go", action_id="go", value="1", style="primary", confirm=confirm)
    blocks = [rich, sdk.ActionsBlock(elements=[press]), sdk.SectionBlock(text="x", fields=["a", "b"])]
    assert block_faults([block.to_dict() for block in blocks], "message") == []


LONG_ID = "must be less than 256 characters [json-pointer:/blocks/0/block_id]"


@pytest.mark.parametrize(
    ("blocks", "fault"),
    [
        ([SECTION] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
        ({}, "must be an array [json-pointer:/blocks]"),
        (["x"], "must be an object [json-pointer:/blocks/0]"),
        ([{}], "missing required field: type [json-pointer:/blocks/0]"),
        ([{"type": "video"}], "unsupported type: video [json-pointer:/blocks/0/type]"),
        ([{"type": "section"}], "missing required field: text or fields [json-pointer:/blocks/0]"),
        ([{**SECTION, "colour": 1}], "invalid additional property: colour [json-pointer:/blocks/0]"),
        (
            [{**SECTION, "block_id": "b" * 256}],
            "must be less than 256 characters [json-pointer:/blocks/0/block_id]",
        ),
        ([{**SECTION, "expand": 1}], "must be a boolean [json-pointer:/blocks/0/expand]"),
        (
            [{"type": "section", "text": mrkdwn("")}],
            "must be more than 0 characters [json-pointer:/blocks/0/text/text]",
        ),
        (
            [{"type": "section", "fields": [mrkdwn("x")] * 11}],
            "no more than 10 items allowed [json-pointer:/blocks/0/fields]",
        ),
        (
            [{"type": "section", "fields": [mrkdwn("x" * 2001)]}],
            "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]",
        ),
        (
            [{"type": "header", "text": mrkdwn("x")}],
            "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
        ),
        (
            [{"type": "header", "text": plain("x" * 151)}],
            "must be less than 151 characters [json-pointer:/blocks/0/text/text]",
        ),
        (
            [{"type": "context", "elements": [mrkdwn("x")] * 11}],
            "no more than 10 items allowed [json-pointer:/blocks/0/elements]",
        ),
        ([actions()], "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]"),
        ([actions(*[button()] * 26)], "no more than 25 items allowed [json-pointer:/blocks/0/elements]"),
        (
            [actions(button(text=plain("x" * 76)))],
            "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]",
        ),
        (
            [actions(button(value="x" * 2001))],
            "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]",
        ),
        (
            [actions(button(value=5))],
            "must be a string [json-pointer:/blocks/0/elements/0/value]",
        ),
        (
            [actions(button(style="default"))],
            "must be one of primary, danger [json-pointer:/blocks/0/elements/0/style]",
        ),
        (
            [actions(button(confirm={**CONFIRM, "title": plain("x" * 101)}))],
            "must be less than 101 characters [json-pointer:/blocks/0/elements/0/confirm/title/text]",
        ),
        (
            [actions(button(confirm={**CONFIRM, "text": mrkdwn("x" * 301)}))],
            "must be less than 301 characters [json-pointer:/blocks/0/elements/0/confirm/text/text]",
        ),
        (
            [actions({"type": "static_select", "options": options(101)})],
            "no more than 100 items allowed [json-pointer:/blocks/0/elements/0/options]",
        ),
        (
            [actions({"type": "datetimepicker", "initial_date_time": 1})],
            "must be between 1000000000 and 9999999999 [json-pointer:/blocks/0/elements/0/initial_date_time]",
        ),
        (
            [actions({"type": "datetimepicker", "initial_date_time": "1"})],
            "must be an integer [json-pointer:/blocks/0/elements/0/initial_date_time]",
        ),
        (
            [actions({"type": "plain_text_input"})],
            "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]",
        ),
        ([field(FILE_INPUT)], "unsupported type: file_input [json-pointer:/blocks/0/element/type]"),
        ([table(101, 1)], "no more than 100 items allowed [json-pointer:/blocks/0/rows]"),
        ([table(1, 21)], "no more than 20 items allowed [json-pointer:/blocks/0/rows/0]"),
        ([table(1, 1, "")], "must be more than 0 characters [json-pointer:/blocks/0/rows/0/0/text]"),
        ([table(1, 1), table(1, 1)], "only_one_table_allowed [json-pointer:/blocks/1]"),
        (
            [table(100, 20, "x" * 6)],
            "no more than 10000 characters allowed in all cells of a table [json-pointer:/blocks]",
        ),
        (
            [{"type": "markdown", "text": "x" * 7000}] * 2,
            "no more than 12000 characters allowed in all markdown blocks [json-pointer:/blocks]",
        ),
        (
            [{**SECTION, "block_id": "b"}, {**SECTION, "block_id": "b"}],
            "`block_id` 'b' already exists [json-pointer:/blocks/1/block_id]",
        ),
        (
            [{**actions(button(action_id="a"), button(action_id="a")), "block_id": "b"}],
            "`action_id` 'a' already exists for `block_id` 'b' [json-pointer:/blocks/0/elements/1/action_id]",
        ),
    ],
)
def test_what_slack_refuses_is_named_with_its_place(blocks: Any, fault: str) -> None:
    assert block_faults(blocks, "message") == [fault]


def test_absent_ids_are_made_up_and_given_ones_kept() -> None:
    given = {**actions(button(action_id="go"), button()), "block_id": "mine"}
    made = checked_for_message([given, {**SECTION, "accessory": button()}])
    assert made[0]["block_id"] == "mine"
    assert made[0]["elements"][0]["action_id"] == "go"
    assert made[0]["elements"][1]["action_id"]
    assert made[1]["block_id"]
    assert made[1]["accessory"]["action_id"]
