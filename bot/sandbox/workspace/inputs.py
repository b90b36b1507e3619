"""What can be typed and chosen in a view: its state as Slack tells it, and what Slack's client won't send.

Shapes of `state.values`: docs.slack.dev, block elements. The client's words are ours; Slack has others in
every language.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

JSON = dict[str, Any]
Values = dict[str, dict[str, JSON]]
LARGEST_FILE = 10 * 1024 * 1024  # docs.slack.dev, file input element
_KIND_OF = {"D": "im", "G": "private"}  # by the first letter of a conversation's id
REQUIRED = "Please complete this required field."


@dataclass(frozen=True, slots=True)
class Kind:
    """Under which name an element's state holds its value, and which field sets it at first."""

    key: str
    initial: str
    many: bool = False


KINDS: Mapping[str, Kind] = {
    "plain_text_input": Kind("value", "initial_value"),
    "number_input": Kind("value", "initial_value"),
    "static_select": Kind("selected_option", "initial_option"),
    "multi_static_select": Kind("selected_options", "initial_options", many=True),
    "radio_buttons": Kind("selected_option", "initial_option"),
    "checkboxes": Kind("selected_options", "initial_options", many=True),
    "users_select": Kind("selected_user", "initial_user"),
    "multi_users_select": Kind("selected_users", "initial_users", many=True),
    "conversations_select": Kind("selected_conversation", "initial_conversation"),
    "datetimepicker": Kind("selected_date_time", "initial_date_time"),
    "file_input": Kind("files", "", many=True),
}


def stateful(blocks: Sequence[JSON]) -> Iterator[tuple[JSON, JSON]]:
    """Every block with each of its elements that hold a value."""
    for block in blocks:
        parts = [block.get("element"), block.get("accessory"), *block.get("elements", ())]
        for element in parts:
            if isinstance(element, dict) and element.get("type") in KINDS:
                yield block, element


def values_of(blocks: Sequence[JSON], channel: str | None, typed: Values | None = None) -> Values:
    """`state.values` of a view as it opens in that channel; what was typed before stays."""
    values: Values = {}
    for block, element in stateful(blocks):
        before = (typed or {}).get(block["block_id"], {}).get(element["action_id"])
        kept = before if before and before["type"] == element["type"] else _initial(element, channel)
        values.setdefault(block["block_id"], {})[element["action_id"]] = kept
    return values


def _initial(element: JSON, channel: str | None) -> JSON:
    kind = KINDS[element["type"]]
    value = element.get(kind.initial) or ([] if kind.many else None)
    if value is None and channel and element.get("default_to_current_conversation"):
        value = channel if lets_in(element, _KIND_OF.get(channel[0], "public")) else None
    return {"type": element["type"], kind.key: value}


def lets_in(element: Mapping[str, Any], kind: str) -> bool:
    """Whether a list of conversations offers those of a kind: `public`, `private` or `im`."""
    return kind in element.get("filter", {}).get("include", (kind,))


def value_of(state: JSON) -> Any:
    return state[KINDS[state["type"]].key]


def tells_at_once(block: JSON, element: JSON) -> bool:
    """Whether a change is an interaction of its own; a text field in an input block waits for Enter."""
    if block["type"] != "input":
        return True
    config = element.get("dispatch_action_config", {})
    at_each_letter = "on_character_entered" in config.get("trigger_on_actions_on", ())
    return bool(block.get("dispatch_action")) and (element["type"] != "plain_text_input" or at_each_letter)


def client_faults(blocks: Sequence[JSON], values: Values) -> dict[str, str]:
    """By block, what Slack's client says instead of sending the form."""
    found = {}
    for block, element in stateful(blocks):
        if block["type"] == "input":
            value = value_of(values[block["block_id"]][element["action_id"]])
            words = _fault(element, value, optional=block.get("optional", False))
            if words:
                found[block["block_id"]] = words
    return found


def _fault(element: JSON, value: Any, *, optional: bool) -> str | None:
    if value in (None, []):
        return None if optional else REQUIRED
    match element["type"]:
        case "plain_text_input":
            return _text_fault(element, value)
        case "number_input":
            return _number_fault(element, value)
        case "file_input":
            return _file_fault(element, value)
    most = element.get("max_selected_items")
    return f"Please choose no more than {most}." if most and len(value) > most else None


def _text_fault(element: JSON, value: str) -> str | None:
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if len(value) > most:
        return f"Please shorten this to {most} characters or fewer: it has {len(value)}."
    return f"Please write at least {least} characters." if len(value) < least else None


def _number_fault(element: JSON, value: str) -> str | None:
    try:
        number = float(value) if element["is_decimal_allowed"] else int(value)
    except ValueError:
        return "Please enter a valid number."
    if number < float(element.get("min_value", "-inf")) or number > float(element.get("max_value", "inf")):
        return "Please enter a number within the limits."
    return None


def _file_fault(element: JSON, files: Sequence[JSON]) -> str | None:
    most, kinds = element.get("max_files", 10), element.get("filetypes")
    if len(files) > most:
        return f"Please attach no more than {most} files."
    for file in files:
        if file["size"] > LARGEST_FILE:
            return f"{file['name']} is larger than 10 MB."
        if kinds and PurePath(file["name"]).suffix.removeprefix(".").lower() not in kinds:
            return f"{file['name']} is not one of {', '.join(kinds)}."
    return None
