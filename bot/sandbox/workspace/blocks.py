"""Block Kit's blocks and views: which are allowed where, with their limits, and what Slack says of a fault.

Limits: docs.slack.dev, Block Kit reference; sizes of a message as in the project's Slack notes.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from secrets import token_urlsafe
from typing import Any, Literal

from bot.sandbox.workspace.checks import (
    Check,
    any_of_fields,
    by_type,
    choice,
    fault,
    flag,
    items,
    plain,
    shape,
    string,
    text,
)
from bot.sandbox.workspace.elements import (
    ACCESSORY,
    ID,
    IMAGE,
    IN_ACTIONS,
    IN_MESSAGE_INPUT,
    IN_VIEW_INPUT,
    ONE_SOURCE,
    PICTURED,
)
from bot.sandbox.workspace.errors import ApiError, invalid
from bot.sandbox.workspace.rich_text import SECTIONS

Surface = Literal["message", "modal", "home"]
Blocks = Sequence[Mapping[str, Any]]

_BLOCK: Mapping[str, Check] = {"block_id": ID}
_RICH_TEXT = shape({"elements": items(SECTIONS, 1000, 0)}, _BLOCK)
_CELL = by_type(
    {
        "raw_text": shape({"text": string(10_000)}),
        "raw_number": shape({"value": lambda _value, _where: iter(())}, {"text": string(100)}),
        "rich_text": _RICH_TEXT,
    }
)
_COLUMN = shape({}, {"align": choice("left", "center", "right"), "is_wrapped": flag})


def _input(element: Check) -> Check:
    return shape(
        {"label": plain(2000), "element": element},
        {**_BLOCK, "hint": plain(2000), "optional": flag, "dispatch_action": flag},
    )


_ANYWHERE: Mapping[str, Check] = {
    "section": shape(
        {},
        {
            **_BLOCK,
            "text": text(3000),
            "fields": items(text(2000), 10),
            "accessory": ACCESSORY,
            "expand": flag,
        },
        any_of_fields("text", "fields"),
    ),
    "header": shape({"text": plain(150)}, _BLOCK),
    "divider": shape({}, _BLOCK),
    "context": shape(
        {
            "elements": items(
                by_type({"image": IMAGE, **{kind: text(3000) for kind in ("plain_text", "mrkdwn")}}), 10
            )
        },
        _BLOCK,
    ),
    "actions": shape({"elements": items(IN_ACTIONS, 25)}, _BLOCK),
    "image": shape({"alt_text": string(2000)}, {**_BLOCK, **PICTURED, "title": plain(2000)}, ONE_SOURCE),
    "rich_text": _RICH_TEXT,
}
_ON: Mapping[Surface, Check] = {
    "message": by_type(
        {
            **_ANYWHERE,
            "input": _input(IN_MESSAGE_INPUT),
            "markdown": shape({"text": string(12_000)}, _BLOCK),
            "file": shape({"external_id": string(255), "source": choice("remote")}, _BLOCK),
            "table": shape(
                {"rows": items(items(_CELL, 20), 100)}, {**_BLOCK, "column_settings": items(_COLUMN, 20)}
            ),
        }
    ),
    "modal": by_type({**_ANYWHERE, "input": _input(IN_VIEW_INPUT)}),
    "home": by_type({**_ANYWHERE, "input": _input(IN_MESSAGE_INPUT)}),
}


def block_faults(blocks: object, surface: Surface, where: str = "/blocks") -> list[str]:
    """Every fault of a list of blocks, each with its JSON pointer; empty when Slack would take them."""
    most = 50 if surface == "message" else 100
    faults = list(items(_ON[surface], most, 0)(blocks, where))
    if not faults and isinstance(blocks, list):
        faults = [*_repeated_ids(blocks, where), *_table_faults(blocks, where)]
    return faults


def checked_for_message(blocks: object) -> list[dict[str, Any]]:
    """Blocks as a message keeps them, with ids made up where absent; ApiError as Slack answers."""
    faults = block_faults(blocks, "message")
    if faults or not isinstance(blocks, list):
        raise invalid("invalid_blocks", faults)
    if len(json.dumps(blocks, separators=(",", ":"), ensure_ascii=False)) > 13_000:
        raise ApiError("msg_blocks_too_long")
    return with_ids(blocks)


def with_ids(blocks: Blocks) -> list[dict[str, Any]]:
    """The same blocks, each with a block_id and each interactive element with an action_id."""
    named = []
    for block in blocks:
        made: dict[str, Any] = {"block_id": token_urlsafe(4), **block}
        if made["type"] == "actions":
            made["elements"] = [{"action_id": token_urlsafe(4), **element} for element in made["elements"]]
        for part in ("accessory", "element"):
            if part in made and made[part]["type"] != "image":
                made[part] = {"action_id": token_urlsafe(4), **made[part]}
        named.append(made)
    return named


def _repeated_ids(blocks: Blocks, where: str) -> Iterator[str]:
    seen: set[str] = set()
    for position, block in enumerate(blocks):
        name = block.get("block_id")
        if name in seen:
            yield fault(f"`block_id` {name!r} already exists", f"{where}/{position}/block_id")
        seen.update([name] if name else [])
        actions: set[str] = set()
        for element_at, element in zip(count(), block.get("elements", ()), strict=False):
            action = element.get("action_id")
            if action in actions:
                place = f"{where}/{position}/elements/{element_at}/action_id"
                yield fault(f"`action_id` {action!r} already exists for `block_id` {name!r}", place)
            actions.update([action] if action else [])


def _table_faults(blocks: Blocks, where: str) -> Iterator[str]:
    tables = [(position, block) for position, block in enumerate(blocks) if block["type"] == "table"]
    for position, _ in tables[1:]:
        yield fault("only_one_table_allowed", f"{where}/{position}")
    cells = [cell for _, table in tables for row in table["rows"] for cell in row]
    if sum(len(cell.get("text", "")) for cell in cells) > 10_000:
        yield fault("no more than 10000 characters allowed in all cells of a table", where)
    if sum(len(b["text"]) for b in blocks if b["type"] == "markdown") > 12_000:
        yield fault("no more than 12000 characters allowed in all markdown blocks", where)


_VIEW: Mapping[str, Check] = {
    "blocks": lambda _value, _where: iter(()),
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
}
_VIEWS = by_type(
    {
        "modal": shape(
            {"title": plain(24)},
            {
                **_VIEW,
                "submit": plain(24),
                "close": plain(24),
                "clear_on_close": flag,
                "notify_on_close": flag,
                "submit_disabled": flag,
            },
        ),
        "home": shape({}, _VIEW),
    }
)


def checked_view(view: object, allowed: Surface) -> dict[str, Any]:
    """A view as the workspace keeps it; ApiError `invalid_arguments` naming each fault, `view_too_large`."""
    faults = list(_VIEWS(view, "/view"))
    if isinstance(view, dict) and not faults:
        if view["type"] != allowed:
            faults.append(fault(f"unsupported type: {view['type']}", "/view/type"))
        if "blocks" not in view:
            faults.append(fault("missing required field: blocks", "/view"))
        faults += block_faults(view.get("blocks", []), allowed, "/view/blocks")
    if faults or not isinstance(view, dict):
        raise invalid("invalid_arguments", faults)
    if any(b["type"] == "input" for b in view["blocks"]) and view["type"] == "modal" and "submit" not in view:
        raise invalid("invalid_arguments", [fault("missing required field: submit", "/view")])
    if len(json.dumps(view)) > 250_000:
        raise ApiError("view_too_large")
    return {**view, "blocks": with_ids(view["blocks"])}
