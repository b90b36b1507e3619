"""The transcript's view of a message: what a person would read, whatever the mark-up."""

import re
from datetime import UTC, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.mrkdwn import EMOJI
from bot.sandbox.rendering import confirm_lines, render


def words(text: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": text}


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<@U0ASTER> asked in <#C0OPS>", "@Aster asked in #ops"),
        ("<@UNKNOWN|eve> and <@UNKNOWN>", "@eve and @UNKNOWN"),
        ("<#CNONE|other>", "#other"),
        ("<!channel> <!here> <!subteam^S0ONCALL>", "@channel @here @oncall"),
        ("<https://example.org|the log> <https://example.org>", "the log https://example.org"),
        ("a &lt;!channel&gt; &amp;amp; b", "a <!channel> &amp; b"),
        ("*Action:* _T-Enable_ ~no~", "Action: T-Enable no"),
        ("*<@U0BRAM>* approved", "@Bram approved"),
        ("2 * 3 * 4 and snake_case_name", "2 * 3 * 4 and snake_case_name"),
        (
            "`a*b*c` stays, :white_check_mark: :no_such_emoji: 10:30:00",
            "`a*b*c` stays, ✅ :no_such_emoji: 10:30:00",
        ),
        ("&gt; quoted", "│ quoted"),
        ("<!date^nonsense^{date}|some day>", "some day"),
    ],
)
def test_text_is_shown_as_slack_would(written: str, read: str) -> None:
    assert render(written) == [read]


def test_every_emoji_that_the_bot_writes_is_drawn() -> None:
    views = Path(__file__).parent.parent.parent / "bot" / "views"
    written = {
        name
        for file in views.rglob("*.py")
        for name in re.findall(r":([a-z][a-z_]+):", file.read_text("utf-8"))
    }
    assert written
    assert written - set(EMOJI) == set()


def test_fenced_code_keeps_its_lines() -> None:
    assert render("before\n```\na *b*\nc\n```") == ["before", "a *b*", "c"]


def test_dates_are_shown_in_the_readers_time_zone() -> None:
    text = "expires <!date^1732360000^{date_short_pretty} at {time}|later>"
    assert render(text, timezone=UTC) == ["expires Nov 23, 2024 at 11:06"]
    assert render(text, timezone=timezone(timedelta(hours=14))) == ["expires Nov 24, 2024 at 01:06"]


def test_blocks_stand_in_for_the_text() -> None:
    card: list[dict[str, Any]] = [
        {"type": "header", "text": plain("Set an action")},
        {"type": "section", "text": words("*T-Enable* on *Evian 3*"), "accessory": button("My jobs")},
        {
            "type": "section",
            "fields": [words("*Customers*\n126"), words("*By*\n<@U0ASTER>"), words("*Why*\nx")],
        },
        {"type": "divider"},
        {"type": "context", "elements": [words("one"), plain("two &amp; :x:")]},
        {"type": "actions", "elements": [button("Yes, proceed"), button("Cancel")]},
        {"type": "image", "image_url": "https://example.org/p.png", "alt_text": "a bar"},
        {"type": "markdown", "text": "# as\nwritten"},
        {"type": "file", "external_id": "x", "source": "remote"},
    ]
    assert render("ignored", card) == [
        "Set an action",
        "T-Enable on Evian 3    [ My jobs ]",
        "Customers    By",
        "126          @Aster",
        "Why",
        "x",
        "─" * 40,
        "one  two &amp; ❌",
        "[ Yes, proceed ]  [ Cancel ]",
        "[image: a bar]",
        "# as",
        "written",
        "[file]",
    ]


def test_rich_text_is_laid_out() -> None:
    def section(*elements: dict[str, Any]) -> dict[str, Any]:
        return {"type": "rich_text_section", "elements": list(elements)}

    def said(text: str) -> dict[str, Any]:
        return {"type": "text", "text": text}

    block = {
        "type": "rich_text",
        "elements": [
            section(
                said("<!channel> "),
                {"type": "user", "user_id": "U0CLEO"},
                {"type": "channel", "channel_id": "C0OPS"},
                {"type": "usergroup", "usergroup_id": "S9"},
                {"type": "link", "url": "https://example.org"},
                {"type": "emoji", "name": "x"},
                {"type": "broadcast", "range": "here"},
                {"type": "text", "text": "id", "style": {"code": True}},
                {"type": "date", "timestamp": 0, "format": "{date_num}"},
                {"type": "color", "value": "#ff0000"},
            ),
            {
                "type": "rich_text_list",
                "style": "bullet",
                "elements": [section(said("a")), section(said("b"))],
            },
            {"type": "rich_text_list", "style": "ordered", "indent": 1, "elements": [section(said("c"))]},
            {"type": "rich_text_quote", "elements": [said("q")]},
            {"type": "rich_text_preformatted", "elements": [said("x\ny")]},
        ],
    }
    assert render("", [block], timezone=UTC) == [
        "<!channel> @Cleo#ops@S9https://example.org❌@here`id`1970-01-01#ff0000",
        "• a",
        "• b",
        "  1. c",
        "│ q",
        "    x",
        "    y",
    ]


def test_tables_are_aligned() -> None:
    def row(*cells: str) -> list[dict[str, str]]:
        return [{"type": "raw_text", "text": cell} for cell in cells]

    rich = {"type": "rich_text_section", "elements": [{"type": "text", "text": "done ✅"}]}
    rows: list[list[dict[str, Any]]] = [
        [*row("Job", "Count", "State")],
        [*row("a1"), {"type": "raw_number", "value": 7}, {"type": "rich_text", "elements": [rich]}],
        [*row("b2345", "12", "failed")],
    ]
    table = {"type": "table", "rows": rows, "column_settings": [{}, {"align": "right"}]}
    assert render("", [table]) == ["Job    Count  State", "a1         7  done ✅", "b2345     12  failed"]


def test_fields_to_fill_in_are_recognisable() -> None:
    option = {"text": plain("Evian 3"), "value": "evian3"}
    select = {"type": "static_select", "placeholder": plain("Cluster"), "options": [option]}
    blocks: list[dict[str, Any]] = [
        {"type": "input", "label": plain("Where"), "element": select},
        {"type": "input", "label": plain("Why"), "element": {"type": "plain_text_input"}},
        {"type": "actions", "elements": [{"type": "radio_buttons", "options": [option]}]},
        {"type": "actions", "elements": [{"type": "checkboxes", "options": [option]}]},
    ]
    assert render("", blocks) == ["Where: [ Cluster ▾ ]", "Why: [ … ]", "○ Evian 3", "☐ Evian 3"]


def test_the_confirm_dialogs_words_come_separately() -> None:
    dialog = {
        "title": plain("Really?"),
        "text": words("*T-Enable* for\n126 customers"),
        "confirm": plain("Yes"),
        "deny": plain("No"),
    }
    assert confirm_lines(dialog) == ["Really?", "T-Enable for", "126 customers", "[ Yes ]  [ No ]"]
    assert confirm_lines(None) == []


def button(label: str) -> dict[str, Any]:
    return {"type": "button", "action_id": label, "text": plain(label)}
