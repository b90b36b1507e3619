"""A Slack message as plain lines a person could read in a terminal, for the sandbox's transcript. Pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from functools import partial
from itertools import zip_longest
from typing import Any
from unicodedata import east_asian_width

from bot.sandbox.mrkdwn import EMOJI, local_date, read_mrkdwn, with_emoji
from bot.sandbox.workspace.people import NAMES

Part = Mapping[str, Any]
RULE = "─" * 40


def render(
    text: str,
    blocks: Sequence[Part] = (),
    *,
    names: Mapping[str, str] = NAMES,
    timezone: tzinfo | None = None,
) -> list[str]:
    """The lines of a message: its blocks, or its text when it has none (as Slack shows it).

    `names` maps ids to what is shown for them (`{"U0ASTER": "@Aster"}`); times are in `timezone`, None for
    this machine's.
    """
    page = _Page(names, timezone)
    if not blocks:
        return page.mrkdwn(text).split("\n")
    return [line for block in blocks for line in page.block(block)]


def confirm_lines(
    confirm: Part | None, *, names: Mapping[str, str] = NAMES, timezone: tzinfo | None = None
) -> list[str]:
    """The words of a button's confirm dialog: title, text, its two buttons; empty without a dialog."""
    if not confirm:
        return []
    page = _Page(names, timezone)
    buttons = f"[ {page.words(confirm['confirm'])} ]  [ {page.words(confirm['deny'])} ]"
    return [page.words(confirm["title"]), *page.words(confirm["text"]).split("\n"), buttons]


class _Page:
    """Renders parts with one set of names and one time zone."""

    def __init__(self, names: Mapping[str, str], timezone: tzinfo | None) -> None:
        self._names = names
        self._timezone = timezone
        self.mrkdwn = partial(read_mrkdwn, names=names, timezone=timezone)
        self._blocks: Mapping[str, Callable[[Part], list[str]]] = {
            "section": self._section,
            "header": lambda block: [self.words(block["text"])],
            "divider": lambda _: [RULE],
            "context": lambda block: "  ".join(map(self._element, block["elements"])).split("\n"),
            "actions": lambda block: ["  ".join(map(self._element, block["elements"]))],
            "image": lambda block: [f"[image: {block['alt_text']}]"],
            "input": lambda block: [f"{self.words(block['label'])}: {self._element(block['element'])}"],
            "markdown": lambda block: block["text"].split("\n"),
            "rich_text": self._rich_text,
            "table": self._table,
        }

    def block(self, block: Part) -> list[str]:
        draw = self._blocks.get(block["type"])
        return draw(block) if draw else [f"[{block['type']}]"]

    def words(self, part: Part) -> str:
        """A text object."""
        return self.mrkdwn(part["text"]) if part["type"] == "mrkdwn" else with_emoji(part["text"])

    def _section(self, block: Part) -> list[str]:
        lines = self.words(block["text"]).split("\n") if "text" in block else []
        cells = [self.words(field).split("\n") for field in block.get("fields", ())]
        left = max((_width(line) for cell in cells[::2] for line in cell), default=0)
        for one, other in zip_longest(cells[::2], cells[1::2], fillvalue=[""]):
            pairs = zip_longest(one, other, fillvalue="")
            lines += [f"{_padded(a, left)}    {b}".rstrip() for a, b in pairs]
        if "accessory" in block:
            beside = self._element(block["accessory"])
            lines = [f"{lines[0]}    {beside}", *lines[1:]] if lines else [beside]
        return lines

    def _element(self, part: Part) -> str:
        kind = part["type"]
        if kind in ("mrkdwn", "plain_text"):
            return self.words(part)
        if kind == "button":
            return f"[ {self.words(part['text'])} ]"
        if kind == "image":
            return f"[image: {part['alt_text']}]"
        if kind in ("checkboxes", "radio_buttons"):
            box = "☐" if kind == "checkboxes" else "○"
            return "  ".join(f"{box} {self.words(option['text'])}" for option in part["options"])
        chosen = part.get("initial_option", {}).get("text") or part.get("placeholder")
        label = self.words(chosen) if chosen else "…"
        return f"[ {label} ▾ ]" if kind.endswith("select") else f"[ {label} ]"

    def _rich_text(self, block: Part) -> list[str]:
        return [line for section in block["elements"] for line in self._rich_section(section)]

    def _rich_section(self, section: Part) -> list[str]:
        kind = section["type"]
        if kind == "rich_text_list":
            indent = "  " * int(section.get("indent", 0))
            first = int(section.get("offset", 0)) + 1
            marks = ("•" if section["style"] == "bullet" else f"{n}." for n in range(first, 100_000))
            return [
                f"{indent}{mark} {line}"
                for mark, item in zip(marks, section["elements"], strict=False)
                for line in ["\n".join(self._rich_section(item))]
            ]
        lines = "".join(map(self._rich_element, section["elements"])).split("\n")
        edge = {"rich_text_quote": "│ ", "rich_text_preformatted": "    "}.get(kind, "")
        return [edge + line for line in lines]

    def _rich_element(self, part: Part) -> str:
        draw: Mapping[str, Callable[[], str]] = {
            "text": lambda: f"`{part['text']}`" if part.get("style", {}).get("code") else str(part["text"]),
            "link": lambda: str(part.get("text") or part["url"]),
            "emoji": lambda: EMOJI.get(part["name"], f":{part['name']}:"),
            "date": lambda: local_date(part["timestamp"], part["format"], self._timezone),
            "broadcast": lambda: f"@{part['range']}",
            "color": lambda: str(part["value"]),
            "user": lambda: self._names.get(part["user_id"], f"@{part['user_id']}"),
            "usergroup": lambda: self._names.get(part["usergroup_id"], f"@{part['usergroup_id']}"),
            "channel": lambda: self._names.get(part["channel_id"], f"#{part['channel_id']}"),
        }
        return draw[part["type"]]()

    def _table(self, block: Part) -> list[str]:
        rows = [[self._cell(cell) for cell in row] for row in block["rows"]]
        columns = max(map(len, rows), default=0)
        widths = [max((_width(row[at]) for row in rows if at < len(row)), default=0) for at in range(columns)]
        settings = [*(block.get("column_settings") or ()), *({} for _ in range(columns))]
        right = [(setting or {}).get("align") == "right" for setting in settings]
        return [
            "  ".join(_padded(cell, widths[at], right=right[at]) for at, cell in enumerate(row)).rstrip()
            for row in rows
        ]

    def _cell(self, cell: Part) -> str:
        if cell["type"] == "rich_text":
            return " ".join(self._rich_text(cell))
        return str(cell.get("text") or cell.get("value", ""))


def _width(words: str) -> int:
    """Columns of a terminal; wide characters and emoji take two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in words)


def _padded(words: str, width: int, *, right: bool = False) -> str:
    gap = " " * (width - _width(words))
    return gap + words if right else words + gap
