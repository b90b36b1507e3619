"""The Web API's reading methods: conversations, people and user groups."""

from typing import Any, Literal

from bot.sandbox.workspace.arguments import Arguments
from bot.sandbox.workspace.errors import ApiError
from bot.sandbox.workspace.people import APP, BOT, BOT_ID, BOT_NAME, TEAM, TEAM_NAME, Person
from bot.sandbox.workspace.posts import Post
from bot.sandbox.workspace.workspace import Workspace
from bot.sandbox.workspace.world import Channel

JSON = dict[str, Any]
_KINDS: dict[str, Literal["public", "private"]] = {"public_channel": "public", "private_channel": "private"}
_SCOPE = {"public": "channels", "private": "groups", "im": "im"}


def auth_test(ws: Workspace, _: Arguments) -> JSON:
    return {
        "url": f"{ws.access.address}/",
        "team": TEAM_NAME,
        "user": BOT_NAME,
        "team_id": TEAM,
        "user_id": BOT,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def auth_revoke(ws: Workspace, _: Arguments) -> JSON:
    ws.revoke()
    return {"revoked": True}


def oauth_access(_ws: Workspace, _: Arguments) -> JSON:
    """Of several workspaces only; see `slack`."""
    raise ApiError("invalid_code")


def connections_open(ws: Workspace, _: Arguments) -> JSON:
    return {"url": ws.sockets.new_url(ws.access.address)}


def open_conversation(ws: Workspace, a: Arguments) -> JSON:
    """Direct messages with one person only: more would need `mpim:write`."""
    if "channel" in a:
        channel = ws.world.seen_by_bot(a["channel"])
        if channel.kind != "im":
            raise ApiError("method_not_supported_for_channel_type")
        return {"channel": {"id": channel.id}, "no_op": True, "already_open": True}
    users = a.get("users", "")
    if not users:
        raise ApiError("users_list_not_supplied")
    if "," in users:
        ws.require_scope("mpim:write")
        raise ApiError("not_enough_users")
    if users not in ws.world.people:
        raise ApiError("user_not_found")
    known = ws.world.direct_message(users) is not None
    channel = ws.world.open_direct_message(users)
    told = _channel(channel, with_members=False) if a.get("return_im") else {"id": channel.id}
    return {"channel": told, **({"no_op": True, "already_open": True} if known else {})}


def info(ws: Workspace, a: Arguments) -> JSON:
    channel = ws.world.seen_by_bot(a["channel"])
    ws.require_scope(f"{_SCOPE[channel.kind]}:read")
    return {"channel": _channel(channel, with_members=a.get("include_num_members", False))}


def members(ws: Workspace, a: Arguments) -> JSON:
    """A page of user ids; the cursor is a position."""
    channel = ws.world.seen_by_bot(a["channel"])
    ws.require_scope(f"{_SCOPE[channel.kind]}:read")
    cursor = a.get("cursor") or "0"
    if not cursor.isdecimal():
        raise ApiError("invalid_cursor")
    limit = a.get("limit", 100)
    if not 1 <= limit <= 1_000:
        raise ApiError("invalid_limit")
    everybody, start = sorted(channel.members), int(cursor)
    more = start + limit < len(everybody)
    return {
        "members": everybody[start : start + limit],
        "response_metadata": {"next_cursor": str(start + limit) if more else ""},
    }


def own_conversations(ws: Workspace, a: Arguments) -> JSON:
    """Where the bot is a member; of each kind that is asked for its scope is needed."""
    kinds = [_KINDS[kind] for kind in a.get("types", "public_channel").split(",") if kind in _KINDS]
    for kind in kinds:
        ws.require_scope(f"{_SCOPE[kind]}:read")
    mine = [ws.world.channels[name] for name in sorted(ws.world.channels_of_bot())]
    shown = [c for c in mine if c.kind in kinds and not (c.archived and a.get("exclude_archived"))]
    told = [_channel(channel, with_members=False) for channel in shown]
    return {"channels": told, "response_metadata": {"next_cursor": ""}}


def history(ws: Workspace, a: Arguments) -> JSON:
    """Newest first, replies left out."""
    channel = _readable(ws, a)
    posts = [p for p in ws.world.in_channel(channel.id) if p.only_for is None]
    return _page([p for p in reversed(posts) if p.thread is None or p.broadcast], a)


def replies(ws: Workspace, a: Arguments) -> JSON:
    """The parent and then its replies, oldest first."""
    channel = _readable(ws, a)
    found = ws.world.posts.get((channel.id, a["ts"]))
    if found is None or found.only_for:
        raise ApiError("thread_not_found")
    posts = [p for p in ws.world.in_channel(channel.id) if p.only_for is None]
    return _page([p for p in posts if a["ts"] in (p.ts, p.thread)], a)


def user_info(ws: Workspace, a: Arguments) -> JSON:
    """Of a closed account Slack tells little; strangers are of another team (docs.slack.dev, user object)."""
    person = ws.world.people.get(a["user"])
    if person is None and a["user"] != BOT:
        raise ApiError("user_not_found")
    shown = person or Person(BOT, BOT_NAME)
    profile = {"real_name": shown.name, "display_name": shown.name.lower(), "team": shown.team}
    told: JSON = {
        "id": shown.id,
        "team_id": shown.team,
        "name": shown.name.lower().replace(" ", "_"),
        "deleted": shown.deleted,
        "profile": profile if person else {**profile, "api_app_id": APP, "bot_id": BOT_ID},
        "is_bot": person is None,
        "is_app_user": False,
        "updated": 0,
    }
    if shown.team != TEAM:
        told["is_stranger"] = True
    if not shown.deleted:
        told |= {
            "real_name": shown.name,
            "tz": shown.tz,
            "tz_label": shown.tz_label,
            "tz_offset": shown.tz_offset,
            "is_admin": False,
            "is_owner": False,
            "is_primary_owner": False,
            "is_restricted": shown.guest or shown.one_channel_guest,
            "is_ultra_restricted": shown.one_channel_guest,
        }
    return {"user": told}


def group_members(ws: Workspace, a: Arguments) -> JSON:
    if a["usergroup"] not in ws.world.groups:
        raise ApiError("no_such_subteam")
    return {"users": list(ws.world.groups[a["usergroup"]])}


def _readable(ws: Workspace, a: Arguments) -> Channel:
    channel = ws.world.joined_by_bot(a["channel"])
    ws.require_scope(f"{_SCOPE[channel.kind]}:history")
    return channel


def _page(posts: list[Post], a: Arguments) -> JSON:
    """A slice by `oldest`, `latest`, `limit` and `cursor`; the cursor is a position."""
    edge = a.get("inclusive", False)
    oldest, latest = float(a.get("oldest", 0)), float(a.get("latest", "inf"))
    chosen = [p for p in posts if oldest < float(p.ts) < latest or (edge and float(p.ts) in (oldest, latest))]
    cursor = a.get("cursor") or "0"
    if not cursor.isdecimal():
        raise ApiError("invalid_cursor")
    start, limit = int(cursor), min(max(a.get("limit", 100), 1), 999)
    more = start + limit < len(chosen)
    with_metadata = a.get("include_all_metadata", False)
    return {
        "messages": [p.for_bot(with_metadata=with_metadata) for p in chosen[start : start + limit]],
        "has_more": more,
        **({"response_metadata": {"next_cursor": str(start + limit)}} if more else {}),
    }


def _channel(channel: Channel, *, with_members: bool) -> JSON:
    told: JSON = {
        "id": channel.id,
        "created": 1_700_000_000,
        "is_archived": channel.archived,
        "is_im": channel.kind == "im",
        "is_org_shared": False,
        "context_team_id": TEAM,
    }
    if channel.kind == "im":
        return {**told, "user": next(iter(channel.members - {BOT})), "is_open": True}
    if with_members:
        told["num_members"] = len(channel.members)
    return {
        **told,
        "name": channel.name,
        "is_channel": channel.kind == "public",
        "is_group": channel.kind == "private",
        "is_private": channel.kind == "private",
        "is_mpim": False,
        "is_member": BOT in channel.members,
    }
