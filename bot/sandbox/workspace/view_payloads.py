"""What Slack tells the app about shortcuts, and about buttons, inputs and submissions of its views.

Shapes: docs.slack.dev, Shortcuts interaction payloads, View interaction payloads, block_actions payload.
"""

from collections.abc import Mapping
from time import time
from typing import Any

from bot.sandbox.workspace.payloads import VERIFICATION, channel_name
from bot.sandbox.workspace.people import APP, TEAM, TEAM_DOMAIN, Person
from bot.sandbox.workspace.screens import Shown
from bot.sandbox.workspace.world import Channel

JSON = dict[str, Any]


def shortcut(person: Person, callback_id: str, trigger: str) -> JSON:
    """A global one: no channel and no response URL."""
    return {
        **_about("shortcut", person),
        "action_ts": f"{time():.6f}",
        "callback_id": callback_id,
        "trigger_id": trigger,
    }


def message_shortcut(person: Person, channel: Channel, message: Mapping[str, Any], callback_id: str) -> JSON:
    """`message` as the app is told of it; the caller adds `trigger_id` and `response_url`."""
    return {
        **_about("message_action", person),
        "action_ts": f"{time():.6f}",
        "callback_id": callback_id,
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "message_ts": message["ts"],
        "message": dict(message),
    }


def view_action(person: Person, shown: Shown, action: Mapping[str, Any], trigger: str) -> JSON:
    """A button or an input of a modal or a home tab: no channel, no message, no response URL."""
    return {
        **_about("block_actions", person),
        "api_app_id": APP,
        "container": {"type": "view", "view_id": shown.id},
        "trigger_id": trigger,
        "view": shown.for_bot(),
        "actions": [{**action, "action_ts": f"{time():.6f}"}],
    }


def submission(person: Person, shown: Shown, trigger: str, response_urls: list[JSON]) -> JSON:
    return {
        **_about("view_submission", person),
        "api_app_id": APP,
        "trigger_id": trigger,
        "view": shown.for_bot(),
        "response_urls": response_urls,
    }


def closed(person: Person, shown: Shown, *, cleared: bool) -> JSON:
    """`cleared`: the whole stack went, not this view alone."""
    return {
        **_about("view_closed", person),
        "api_app_id": APP,
        "view": shown.for_bot(),
        "is_cleared": cleared,
    }


def _about(kind: str, person: Person) -> JSON:
    name = person.name.lower()
    return {
        "type": kind,
        "token": VERIFICATION,
        "team": {"id": TEAM, "domain": TEAM_DOMAIN},
        "user": {"id": person.id, "username": name, "name": name, "team_id": person.team},
        "enterprise": None,
        "is_enterprise_install": False,
    }
