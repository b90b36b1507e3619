"""From a person's hand to a field's state: which field is meant, and which values Slack's client lets in."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.sandbox.workspace.errors import DeskError
from bot.sandbox.workspace.inputs import KINDS, lets_in, stateful
from bot.sandbox.workspace.screens import Shown
from bot.sandbox.workspace.workspace import Workspace

JSON = dict[str, Any]


def field_of(shown: Shown, name: str) -> tuple[JSON, JSON]:
    """Block and element called so: an input by its block_id, anything by its action_id; or DeskError."""
    fields = list(stateful(shown.blocks))
    found = [(b, e) for b, e in fields if b["type"] == "input" and b["block_id"] == name]
    found = found or [(b, e) for b, e in fields if e["action_id"] == name]
    if len(found) != 1:
        known = ", ".join(f"{b['block_id']}/{e['action_id']}" for b, e in fields) or "none"
        raise DeskError(f"{len(found)} fields {name!r} in this view; it has: {known}.")
    return found[0]


def typed(ws: Workspace, user: str, element: Mapping[str, Any], value: Any) -> JSON:
    """The element's new state; None empties it. DeskError for what the client has no way to enter.

    Text: a string; a choice: the value of an option; people, conversations and files: their ids; a date and
    time: seconds since 1970. Where several can be chosen: a list of these.
    """
    kind = KINDS[element["type"]]
    if kind.many:
        if not isinstance(value, list | None):
            raise DeskError(f"{element['action_id']} takes a list: {value!r}")
        entered: Any = [_entered(ws, user, element, one) for one in value or ()]
    else:
        entered = None if value in (None, "") else _entered(ws, user, element, value)
    return {"type": element["type"], kind.key: entered}


def _entered(ws: Workspace, user: str, element: Mapping[str, Any], value: Any) -> Any:
    match element["type"]:
        case "static_select" | "multi_static_select" | "radio_buttons" | "checkboxes":
            return option_of(element, value)
        case "users_select" | "multi_users_select":
            return ws.world.acting(value).id
        case "conversations_select":
            return _conversation(ws, user, element, value)
        case "file_input":
            if value not in ws.files or ws.files[value].deleted:
                raise DeskError(f"There is no file {value} to attach.")
            return dict(ws.files[value].told)
        case "datetimepicker":
            return int(value)
    words = str(value)
    if "\n" in words and not element.get("multiline"):
        raise DeskError(f"{element['action_id']} has one line only: {words[:40]!r}")
    return words


def _conversation(ws: Workspace, user: str, element: Mapping[str, Any], value: Any) -> str:
    """One this person is in or could join, not archived, and of a kind that the element's filter lets in."""
    channel = ws.world.channels.get(value)
    if channel is None or channel.archived or (user not in channel.members and channel.kind != "public"):
        raise DeskError(f"{user} finds no conversation {value} to choose.")
    if not lets_in(element, channel.kind):
        raise DeskError(f"{element['action_id']} does not offer {channel.kind} conversations: {value}.")
    return channel.id


def option_of(element: Mapping[str, Any], value: Any) -> JSON:
    """The option of that value; DeskError says which there are."""
    groups: Sequence[JSON] = element.get("option_groups", ())
    options: list[JSON] = [*element.get("options", ()), *(o for group in groups for o in group["options"])]
    for option in options:
        if option["value"] == value:
            return option
    known = ", ".join(option["value"] for option in options)
    raise DeskError(f"{element['action_id']} has no option {value!r}; it has: {known}.")
