"""What Slack tells the app about a command, a pressed button and an event: the payloads, field by field.

Shapes: docs.slack.dev, slash commands, block_actions payload, Events API; the verification token is long
deprecated and only present because Slack still sends it.
"""

import re
from collections.abc import Mapping
from secrets import token_hex
from time import time
from typing import Any

from bot.sandbox.workspace.people import APP, BOT, PEOPLE, TEAM, TEAM_DOMAIN, Person
from bot.sandbox.workspace.posts import Post
from bot.sandbox.workspace.world import Channel

JSON = dict[str, Any]
ESCAPING = frozenset({"/my-jobs"})  # the commands whose `should_escape` is true in manifest.yml
VERIFICATION = "sandbox-verification"
_UNNAMED = {"im": "directmessage", "private": "privategroup"}


def escaped(words: str) -> str:
    """The three characters Slack escapes in everything people type."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def told(name: str, words: str) -> str:
    """The text of a command. Where the manifest says `should_escape`, a person mentioned is told by id."""
    if name not in ESCAPING:
        return escaped(words)
    ids = {person.name.casefold(): person.id for person in PEOPLE}

    def mentioned(at: re.Match[str]) -> str:
        user = ids.get(at[1].casefold())
        return f"<@{user}|{at[1].lower()}>" if user else at[0]

    return re.sub(r"(?<!\w)@(\w+)", mentioned, escaped(words))


def command(person: Person, channel: Channel, line: str, trigger: str, response_url: str) -> JSON:
    name, *rest = line.split(maxsplit=1)
    return {
        "token": VERIFICATION,
        "team_id": TEAM,
        "team_domain": TEAM_DOMAIN,
        "channel_id": channel.id,
        "channel_name": channel_name(channel),
        "user_id": person.id,
        "user_name": person.name.lower(),
        "command": name,
        "text": told(name, "".join(rest).strip()),
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger,
    }


def block_action(
    person: Person, channel: Channel, post: Post, action: Mapping[str, Any], trigger: str, response_url: str
) -> JSON:
    """The `message` is left out for an ephemeral one, as Slack does."""
    container: JSON = {
        "type": "message",
        "message_ts": post.ts,
        "channel_id": channel.id,
        "is_ephemeral": post.only_for is not None,
    }
    if post.thread:
        container["thread_ts"] = post.thread
    payload: JSON = {
        "type": "block_actions",
        "user": {
            "id": person.id,
            "username": person.name.lower(),
            "name": person.name.lower(),
            "team_id": TEAM,
        },
        "api_app_id": APP,
        "token": VERIFICATION,
        "container": container,
        "trigger_id": trigger,
        "team": {"id": TEAM, "domain": TEAM_DOMAIN},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "state": {"values": {}},
        "response_url": response_url,
        "actions": [{**action, "action_ts": f"{time():.6f}"}],
    }
    if post.only_for is None:
        payload["message"] = post.for_bot()
    return payload


def pressed(block: Mapping[str, Any], action_id: str) -> JSON:
    """The entry of `actions` for a button of this block; KeyError if it has none of that name."""
    for element in [*block.get("elements", ()), block.get("accessory", {})]:
        if element.get("type") == "button" and element.get("action_id") == action_id:
            known = ("action_id", "text", "value", "url", "style", "type")
            action = {name: element[name] for name in known if name in element}
            return {**action, "block_id": block["block_id"]}
    raise KeyError(action_id)


def event(inner: Mapping[str, Any]) -> JSON:
    now = time()
    authorization = {"enterprise_id": None, "team_id": TEAM, "user_id": BOT, "is_bot": True}
    return {
        "token": VERIFICATION,
        "team_id": TEAM,
        "context_team_id": TEAM,
        "context_enterprise_id": None,
        "api_app_id": APP,
        "event": {"event_ts": f"{now:.6f}", **inner},
        "type": "event_callback",
        "event_id": "Ev" + token_hex(5).upper(),
        "event_time": int(now),
        "authorizations": [{**authorization, "is_enterprise_install": False}],
        "is_ext_shared_channel": False,
    }


def channel_name(channel: Channel) -> str:
    return _UNNAMED.get(channel.kind, channel.name)
