"""For which workspace a payload of Slack's comes in; plain functions."""

from collections.abc import Mapping
from typing import Any

ENDING = frozenset({"app_uninstalled", "tokens_revoked"})


def workspace_of(payload: Mapping[str, Any]) -> tuple[str, str]:
    """Enterprise and team, "" where there is none; the team may be part of an organisation's install.

    https://docs.slack.dev/enterprise/developing-for-enterprise-orgs#payloads
    """
    enterprise = _id(payload.get("enterprise")) or _text(payload.get("enterprise_id"))
    team = _id(payload.get("team")) or _text(payload.get("team_id"))
    if not enterprise:
        enterprise = _text(_table(payload.get("team")).get("enterprise_id"))
    if not team:  # of an organisation's install `team` can be null; the person names theirs
        team = _text(_table(payload.get("user")).get("team_id"))
    return enterprise, team


def is_ending(payload: Mapping[str, Any]) -> bool:
    """Whether it tells that the bot was removed from a workspace, or its tokens revoked."""
    return _table(payload.get("event")).get("type") in ENDING


def revoked_bots(payload: Mapping[str, Any]) -> list[str] | None:
    """The bot users whose tokens were revoked; None: the app was uninstalled, and with it all of them."""
    event = _table(payload.get("event"))
    if event.get("type") == "app_uninstalled":
        return None
    found = _table(event.get("tokens")).get("bot")
    return [str(one) for one in found] if isinstance(found, list) else []


def is_of_organisation(payload: Mapping[str, Any]) -> bool:
    """Whether it is about an install for a whole organisation."""
    authorizations = payload.get("authorizations")
    first = _table(authorizations[0]) if isinstance(authorizations, list) and authorizations else {}
    return bool(first.get("is_enterprise_install") or payload.get("is_enterprise_install") is True)


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _id(value: object) -> str:
    return _text(_table(value).get("id"))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
