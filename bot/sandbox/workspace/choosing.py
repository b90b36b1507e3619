"""What a person chooses in a message or from a menu, as the entry of `actions` that tells the app.

Shapes: docs.slack.dev, block_actions payload and the reference of each element.
"""

from collections.abc import Mapping
from typing import Any

from bot.sandbox.workspace.errors import DeskError
from bot.sandbox.workspace.inputs import KINDS
from bot.sandbox.workspace.payloads import pressed
from bot.sandbox.workspace.typing_in import option_of, typed
from bot.sandbox.workspace.workspace import Workspace

JSON = dict[str, Any]


def acted_on(ws: Workspace, user: str, block: Mapping[str, Any], action_id: str, value: Any) -> JSON:
    """A button pressed, or `value` chosen in any other element; DeskError if the block lacks it.

    Values are as `typing_in.typed` takes them; for a menu the value of its option.
    """
    parts = [*block.get("elements", ()), block.get("accessory", {}), block.get("element", {})]
    element = next((part for part in parts if part.get("action_id") == action_id), None)
    if element is None:
        raise DeskError(f"There is no button {action_id!r} any more, nor anything else of that name.")
    named = {"action_id": action_id, "block_id": block["block_id"]}
    if element["type"] == "button":
        return pressed(block, action_id)
    if element["type"] == "overflow":
        return {"type": "overflow", "selected_option": option_of(element, value), **named}
    if element["type"] not in KINDS:
        raise DeskError(f"Nobody can choose anything in a {element['type']}.")
    return {**typed(ws, user, element, value), **named}
