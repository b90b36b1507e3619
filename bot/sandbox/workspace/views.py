"""The Web API's views.* methods: opening, stacking, updating and publishing modals and home tabs."""

from typing import Any

from bot.sandbox.workspace.arguments import Arguments
from bot.sandbox.workspace.blocks import Surface, checked_view
from bot.sandbox.workspace.errors import ApiError, invalid
from bot.sandbox.workspace.pictures import check_pictures
from bot.sandbox.workspace.screens import Shown
from bot.sandbox.workspace.workspace import Workspace

JSON = dict[str, Any]


def open_view(ws: Workspace, a: Arguments) -> JSON:
    """A refused view does not use the trigger up."""
    view = understood_view(ws, a["view"], "modal", None)
    told = _told(ws.screens.open(view, ws.triggers.look_up(a["trigger_id"])))
    ws.triggers.exchange(a["trigger_id"])
    return told


def push(ws: Workspace, a: Arguments) -> JSON:
    """The trigger must come from the view this one lands on."""
    view = understood_view(ws, a["view"], "modal", None)
    told = _told(ws.screens.push(view, ws.triggers.look_up(a["trigger_id"])))
    ws.triggers.exchange(a["trigger_id"])
    return told


def update(ws: Workspace, a: Arguments) -> JSON:
    if "view_id" not in a and "external_id" not in a:
        raise invalid("invalid_arguments", ["missing required field: view_id or external_id"])
    shown = ws.screens.find(a.get("view_id"), None if "view_id" in a else a["external_id"])
    if shown is None:
        raise ApiError("not_found")
    surface: Surface = "modal" if shown.told["type"] == "modal" else "home"
    view = understood_view(ws, a["view"], surface, shown)
    _same_hash(shown, a)
    ws.screens.change(shown, view)
    return _told(shown)


def publish(ws: Workspace, a: Arguments) -> JSON:
    if a["user_id"] not in ws.world.people:
        raise invalid("invalid_arguments", ["invalid user_id"])
    known = ws.screens.home(a["user_id"])
    view = understood_view(ws, a["view"], "home", known)
    if known:
        _same_hash(known, a)
    elif "hash" in a:
        raise ApiError("hash_conflict")
    return _told(ws.screens.publish(a["user_id"], view))


def understood_view(ws: Workspace, view: object, surface: Surface, own: Shown | None) -> JSON:
    """A view as Slack keeps it, in place of `own`; a file input needs the scope `files:read`."""
    understood = checked_view(view, surface)
    ws.screens.claim_name(understood, own)
    check_pictures(ws, understood["blocks"], "invalid_arguments", "/view/blocks")
    if any(block.get("element", {}).get("type") == "file_input" for block in understood["blocks"]):
        ws.require_scope("files:read")
    return understood


def _same_hash(shown: Shown, a: Arguments) -> None:
    if "hash" in a and a["hash"] != shown.told["hash"]:
        raise ApiError("hash_conflict")


def _told(shown: Shown) -> JSON:
    return {"view": {**shown.told, "state": {"values": {}}}}
