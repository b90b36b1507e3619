"""What the answer to a submission does to the form: close, clear, show errors, change it, or put one on top.

Shapes: docs.slack.dev, Modals, "Updating views" and "Displaying errors in views". What does not fit is
refused as Slack does: the person is told to try again.
"""

from collections.abc import Mapping
from typing import Any

from bot.sandbox.workspace.errors import invalid
from bot.sandbox.workspace.screens import Shown
from bot.sandbox.workspace.triggers import Trigger
from bot.sandbox.workspace.views import understood_view
from bot.sandbox.workspace.workspace import Workspace

_FIELDS: Mapping[str, frozenset[str]] = {
    "clear": frozenset({"response_action"}),
    "errors": frozenset({"response_action", "errors"}),
    "update": frozenset({"response_action", "view"}),
    "push": frozenset({"response_action", "view"}),
}


def carry_out(ws: Workspace, shown: Shown, answer: Mapping[str, Any]) -> None:
    """Do what an acknowledgement asks for; empty, it closes the view. ApiError where Slack would refuse."""
    if not answer:
        ws.screens.close(shown)
        return
    action = str(answer.get("response_action"))
    if action not in _FIELDS:
        raise invalid("invalid_response", [f"unknown response_action: {action}"])
    if set(answer) != _FIELDS[action]:
        raise invalid("invalid_response", [f"{action} takes exactly {', '.join(sorted(_FIELDS[action]))}"])
    match action:
        case "clear":
            ws.screens.close(shown, everything=True)
        case "errors":
            shown.errors = _errors(shown, answer["errors"])
        case "update":
            ws.screens.change(shown, understood_view(ws, answer["view"], "modal", shown))
        case "push":
            view = understood_view(ws, answer["view"], "modal", None)
            ws.screens.push(view, Trigger(shown.user, shown.channel, shown.id))


def _errors(shown: Shown, errors: object) -> dict[str, str]:
    """Words by the block_id of an input block of this view."""
    if not isinstance(errors, dict) or not errors:
        raise invalid("invalid_response", ["errors must be an object with at least one block_id"])
    inputs = {block["block_id"] for block in shown.blocks if block["type"] == "input"}
    faults = [f"no input block {name!r} in this view" for name in errors if name not in inputs]
    faults += [
        f"{name} must be words" for name, words in errors.items() if not (words and isinstance(words, str))
    ]
    if faults:
        raise invalid("invalid_response", faults)
    return dict(errors)
