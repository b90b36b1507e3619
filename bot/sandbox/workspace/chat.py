"""The Web API's chat.* methods: posting, changing and deleting messages, with Slack's refusals."""

import json
from typing import Any

from bot.sandbox.workspace.arguments import Arguments
from bot.sandbox.workspace.blocks import checked_for_message
from bot.sandbox.workspace.errors import ApiError
from bot.sandbox.workspace.people import BOT, TEAM_DOMAIN
from bot.sandbox.workspace.pictures import check_pictures
from bot.sandbox.workspace.posts import Post
from bot.sandbox.workspace.workspace import Workspace
from bot.sandbox.workspace.world import Channel

JSON = dict[str, Any]
LONGEST_POST = 40_000
LONGEST_UPDATE = 4_000


def said(a: Arguments, longest: int) -> tuple[str, list[dict[str, Any]]]:
    """The text and blocks of a message to be; ApiError `no_text`, `msg_too_long`, `invalid_blocks`, …"""
    text, blocks = a.get("text", ""), a.get("blocks", [])
    if not text and not blocks:
        raise ApiError("no_text")
    if len(text) > longest:
        raise ApiError("msg_too_long")
    return text, checked_for_message(blocks) if blocks else []


def post_message(ws: Workspace, a: Arguments) -> JSON:
    channel = _target(ws, a["channel"])
    text, blocks = said(a, LONGEST_POST)
    check_pictures(ws, blocks, "invalid_blocks", "/blocks")
    metadata = _metadata(a.get("metadata"))
    parent = ws.world.parent(channel.id, a.get("thread_ts"))
    post = Post(
        channel=channel.id,
        ts=ws.world.next_ts(),
        user=BOT,
        text=text,
        blocks=blocks,
        thread=parent.ts if parent else None,
        broadcast=bool(parent and a.get("reply_broadcast")),
        metadata=metadata,
    )
    ws.world.add(post)
    return {"channel": channel.id, "ts": post.ts, "message": post.for_bot(with_metadata=True)}


def post_ephemeral(ws: Workspace, a: Arguments) -> JSON:
    channel = ws.world.open_to_bot(a["channel"])
    if a["user"] not in channel.members:
        raise ApiError("user_not_in_channel")
    text, blocks = said(a, LONGEST_POST)
    parent = ws.world.parent(channel.id, a.get("thread_ts"))
    ts, thread = ws.world.next_ts(), parent.ts if parent else None
    ws.world.add(Post(channel.id, ts, BOT, text, blocks, thread=thread, only_for=a["user"]))
    return {"message_ts": ts}


def update(ws: Workspace, a: Arguments) -> JSON:
    """Blocks left out stay as they were; an empty list removes them (chat.update, argument `blocks`)."""
    post = _own(ws, a, "cant_update_message")
    if "text" not in a and "blocks" not in a:
        raise ApiError("no_text")
    text, blocks = said(
        {"text": a.get("text", post.text), "blocks": a.get("blocks", post.blocks)}, LONGEST_UPDATE
    )
    if "metadata" in a:
        post.metadata = _metadata(a["metadata"])
    ws.world.change(post, text, blocks)
    return {"channel": post.channel, "ts": post.ts, "text": post.text, "message": post.for_bot()}


def delete(ws: Workspace, a: Arguments) -> JSON:
    post = _own(ws, a, "cant_delete_message")
    ws.world.remove(post)
    return {"channel": post.channel, "ts": post.ts}


def get_permalink(ws: Workspace, a: Arguments) -> JSON:
    channel = ws.world.seen_by_bot(a["channel"])
    post = ws.world.posts.get((channel.id, a["message_ts"]))
    if post is None or post.only_for:
        raise ApiError("message_not_found")
    link = f"https://{TEAM_DOMAIN}.slack.com/archives/{channel.id}/p{post.ts.replace('.', '')}"
    if post.thread:
        link += f"?thread_ts={post.thread}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def _target(ws: Workspace, name: str) -> Channel:
    """Slack takes a user id for the conversation with that user, here only."""
    if name in ws.world.people:
        return ws.world.open_direct_message(name)
    return ws.world.open_to_bot(name)


def _own(ws: Workspace, a: Arguments, otherwise: str) -> Post:
    channel = ws.world.open_to_bot(a["channel"])
    post = ws.world.posts.get((channel.id, a["ts"]))
    if post is None or post.only_for:
        raise ApiError("message_not_found")
    if post.user != BOT:
        raise ApiError(otherwise)
    return post


def _metadata(given: object) -> dict[str, Any] | None:
    """Message metadata: an event type and an object, 8 kB at most."""
    if given is None:
        return None
    if (
        not isinstance(given, dict)
        or set(given) != {"event_type", "event_payload"}
        or not isinstance(given["event_type"], str)
        or not isinstance(given["event_payload"], dict)
    ):
        raise ApiError("invalid_metadata_format")
    if len(json.dumps(given)) > 8_000:
        raise ApiError("metadata_too_large")
    return given
