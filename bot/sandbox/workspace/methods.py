"""Which Web API methods exist: their arguments, token and scope, and what carries each out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.sandbox.workspace import chat, conversations, uploads, views
from bot.sandbox.workspace.arguments import Arguments, Kind, flag, nested, number, text
from bot.sandbox.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Method:
    """`run` returns the answer without `ok`; a scope that depends on the channel is checked there."""

    run: Callable[[Workspace, Arguments], dict[str, Any]]
    required: Mapping[str, Kind] = field(default_factory=dict)
    optional: Mapping[str, Kind] = field(default_factory=dict)
    scope: str | None = None
    caller: Literal["bot", "app"] = "bot"


_SAID: Mapping[str, Kind] = {"text": text, "blocks": nested}
_THREAD: Mapping[str, Kind] = {"thread_ts": text}
_RANGE: Mapping[str, Kind] = {
    "cursor": text,
    "inclusive": flag,
    "include_all_metadata": flag,
    "latest": text,
    "oldest": text,
    "limit": number,
}
_VIEW: Mapping[str, Kind] = {"view": nested}

METHODS: Mapping[str, Method] = {
    "auth.test": Method(conversations.auth_test),
    "auth.revoke": Method(conversations.auth_revoke, {}, {"test": flag}),
    "oauth.v2.access": Method(conversations.oauth_access, {"code": text}),
    "apps.connections.open": Method(conversations.connections_open, caller="app"),
    "chat.postMessage": Method(
        chat.post_message,
        {"channel": text},
        {
            **_SAID,
            **_THREAD,
            "metadata": nested,
            "mrkdwn": flag,
            "unfurl_links": flag,
            "unfurl_media": flag,
            "reply_broadcast": flag,
        },
        scope="chat:write",
    ),
    "chat.postEphemeral": Method(
        chat.post_ephemeral, {"channel": text, "user": text}, {**_SAID, **_THREAD}, scope="chat:write"
    ),
    "chat.update": Method(
        chat.update,
        {"channel": text, "ts": text},
        {**_SAID, "metadata": nested, "reply_broadcast": flag},
        scope="chat:write",
    ),
    "chat.delete": Method(chat.delete, {"channel": text, "ts": text}, scope="chat:write"),
    "chat.getPermalink": Method(chat.get_permalink, {"channel": text, "message_ts": text}),
    "conversations.open": Method(
        conversations.open_conversation,
        {},
        {"users": text, "channel": text, "return_im": flag},
        scope="im:write",
    ),
    "conversations.info": Method(
        conversations.info, {"channel": text}, {"include_locale": flag, "include_num_members": flag}
    ),
    "conversations.members": Method(
        conversations.members, {"channel": text}, {"cursor": text, "limit": number}
    ),
    "conversations.history": Method(conversations.history, {"channel": text}, _RANGE),
    "conversations.replies": Method(conversations.replies, {"channel": text, "ts": text}, _RANGE),
    "users.conversations": Method(
        conversations.own_conversations,
        {},
        {"types": text, "exclude_archived": flag, "limit": number, "cursor": text},
    ),
    "users.info": Method(
        conversations.user_info, {"user": text}, {"include_locale": flag}, scope="users:read"
    ),
    "usergroups.users.list": Method(
        conversations.group_members,
        {"usergroup": text},
        {"include_disabled": flag},
        scope="usergroups:read",
    ),
    "views.open": Method(views.open_view, {"trigger_id": text, **_VIEW}),
    "views.push": Method(views.push, {"trigger_id": text, **_VIEW}),
    "views.update": Method(views.update, _VIEW, {"view_id": text, "external_id": text, "hash": text}),
    "views.publish": Method(views.publish, {"user_id": text, **_VIEW}, {"hash": text}),
    "files.getUploadURLExternal": Method(
        uploads.upload_url,
        {"filename": text, "length": number},
        {"alt_txt": text, "snippet_type": text},
        scope="files:write",
    ),
    "files.completeUploadExternal": Method(
        uploads.complete,
        {"files": nested},
        {"channel_id": text, "channels": text, "initial_comment": text, **_THREAD},
        scope="files:write",
    ),
    "files.info": Method(
        uploads.info, {"file": text}, {"count": number, "cursor": text, "limit": number}, scope="files:read"
    ),
}
