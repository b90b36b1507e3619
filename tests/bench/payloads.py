"""What Slack sends in a benchmark, in the size that Slack sends it."""

from itertools import count

from tests.bench.wire import APP, JSON, TEAM

RESPONSE_URL = "http://127.0.0.1:9/response"
_numbers = count(1)


def cids(size: int) -> list[str]:
    """So many customer ids of 32 digits that nobody has used yet."""
    return [f"{next(_numbers):032x}" for _ in range(size)]


def command(user: str, channel: str, text: str) -> JSON:
    """`/set-action TEXT`. https://docs.slack.dev/interactivity/implementing-slash-commands"""
    return {
        "token": "t",
        "team_id": TEAM,
        "team_domain": "bench",
        "channel_id": channel,
        "channel_name": "ops",
        "user_id": user,
        "user_name": user.lower(),
        "command": "/set-action",
        "text": text,
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "response_url": RESPONSE_URL,
        "trigger_id": f"{next(_numbers)}.1.a",
    }


def asked(user: str, channel: str, ids: list[str], cluster: str = "bench") -> JSON:
    """A request for an action."""
    return command(user, channel, f"T-Enable {cluster} {' '.join(ids)} reason: bench")


def click(user: str, card: JSON) -> JSON:
    """A press of a card's button. https://docs.slack.dev/reference/interaction-payloads/block_actions-payload"""
    button = card["button"]
    action = {name: button[name] for name in ("action_id", "block_id", "type", "text", "value")}
    return {
        "type": "block_actions",
        "user": {"id": user, "username": user.lower(), "name": user.lower(), "team_id": TEAM},
        "api_app_id": APP,
        "token": "t",
        "container": {
            "type": "message",
            "message_ts": card["ts"],
            "channel_id": card["channel"],
            "is_ephemeral": False,
        },
        "trigger_id": f"{next(_numbers)}.1.a",
        "team": {"id": TEAM, "domain": "bench"},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": card["channel"], "name": "ops"},
        "message": {"type": "message", "ts": card["ts"], "text": "T-Enable on bench", "team": TEAM},
        "state": {"values": {}},
        "response_url": RESPONSE_URL,
        "actions": [{**action, "action_ts": card["ts"]}],
    }


def loose_card(channel: str) -> JSON:
    """A card that nobody posted, for floors that only acknowledge."""
    text = {"type": "plain_text", "text": "Yes, proceed"}
    button = {"action_id": "confirm", "block_id": "b", "type": "button", "text": text, "value": "1.a"}
    return {"ts": "1700000000.000100", "channel": channel, "button": button}
