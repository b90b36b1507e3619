"""The Web API's views.* methods: opening, updating and publishing modals and home tabs."""

from secrets import token_hex
from typing import Any

from bot.sandbox.workspace.arguments import Arguments
from bot.sandbox.workspace.blocks import Surface, checked_view
from bot.sandbox.workspace.errors import ApiError, invalid
from bot.sandbox.workspace.people import APP, BOT_ID, TEAM
from bot.sandbox.workspace.workspace import Workspace

JSON = dict[str, Any]


def open_view(ws: Workspace, a: Arguments) -> JSON:
    view = checked_view(a["view"], "modal")
    _unused_external_id(ws, view, None)
    user = ws.triggers.exchange(a["trigger_id"])
    return _kept(ws, view, "V" + token_hex(5).upper(), user, "view_opened")


def update(ws: Workspace, a: Arguments) -> JSON:
    by_name = (v for v in ws.views.values() if v["external_id"] and v["external_id"] == a.get("external_id"))
    if "view_id" not in a and "external_id" not in a:
        raise invalid("invalid_arguments", ["missing required field: view_id or external_id"])
    old = ws.views.get(a["view_id"]) if "view_id" in a else next(by_name, None)
    if old is None:
        raise ApiError("not_found")
    surface: Surface = "modal" if old["type"] == "modal" else "home"
    view = checked_view(a["view"], surface)
    _unused_external_id(ws, view, old["id"])
    _same_hash(old, a)
    return _kept(ws, view, old["id"], old["user"], "view_updated")


def publish(ws: Workspace, a: Arguments) -> JSON:
    if a["user_id"] not in ws.world.people:
        raise invalid("invalid_arguments", ["invalid user_id"])
    view = checked_view(a["view"], "home")
    view_id = f"VHOME{a['user_id']}"
    if view_id in ws.views:
        _same_hash(ws.views[view_id], a)
    return _kept(ws, view, view_id, a["user_id"], "view_updated")


def _same_hash(old: JSON, a: Arguments) -> None:
    if "hash" in a and a["hash"] != old["hash"]:
        raise ApiError("hash_conflict")


def _unused_external_id(ws: Workspace, view: JSON, own: str | None) -> None:
    name = view.get("external_id")
    if name and any(v["external_id"] == name and v["id"] != own for v in ws.views.values()):
        raise ApiError("duplicate_external_id")


def _kept(ws: Workspace, view: JSON, view_id: str, user: str, kind: str) -> JSON:
    told = {
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
        "submit": None,
        "close": None,
        **view,
        "id": view_id,
        "team_id": TEAM,
        "app_id": APP,
        "bot_id": BOT_ID,
        "app_installed_team_id": TEAM,
        "root_view_id": view_id,
        "previous_view_id": None,
        "state": {"values": {}},
        "hash": f"{ws.world.next_ts()}.{token_hex(4)}",
    }
    ws.views[view_id] = {**told, "user": user}
    ws.journal.record(kind, view=told, user=user)
    return {"view": told}
