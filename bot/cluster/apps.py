"""The applications of customers as the cluster reports them: the type, and the strict reading of a body."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot.cluster.reply import plain
from bot.cluster.states import IllFormed

MOST_APPS = 200  # of one customer; more is no list of applications
LONGEST_NAME = 200
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class App:
    """One application of a customer: `status` in the cluster's words (`Ready`), `reason` where it failed."""

    name: str
    status: str
    reason: str | None


def parse_apps(body: bytes, cids: Sequence[str]) -> dict[str, tuple[App, ...]]:
    """Customer id → its applications, of those asked for (domain.md): a list for one id, a map for several.

    A customer that is not in the answer, or has an empty list, is not known to the cluster and is left out.
    One ill-formed entry refuses the whole body. Raises IllFormed. Call it on a thread.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise IllFormed("The answer is not complete JSON") from None
    if isinstance(document, list) and len(cids) == 1:
        document = {cids[0]: document}
    if not isinstance(document, dict):
        raise IllFormed("The answer is JSON but not a map from customers to applications")
    wanted = {cid: document[cid] for cid in cids if cid in document}
    if not wanted and "success" in document:
        raise IllFormed("The answer names no customer")
    found = {cid: _apps(cid, entries) for cid, entries in wanted.items()}
    return {cid: apps for cid, apps in found.items() if apps}


def _apps(cid: str, entries: object) -> tuple[App, ...]:
    if not isinstance(entries, list) or len(entries) > MOST_APPS:
        raise IllFormed(f"The answer's entry {plain(cid)[:64]!r} is not a list of applications")
    return tuple(_app(cid, entry) for entry in entries)


def _app(cid: str, entry: object) -> App:
    if isinstance(entry, dict):
        name, status, reason = entry.get("app_name"), entry.get("status"), entry.get("reason")
        if isinstance(name, str) and isinstance(status, str) and (reason is None or isinstance(reason, str)):
            shown = plain(name), plain(status)
            if all(shown) and max(map(len, shown)) <= LONGEST_NAME:
                return App(*shown, plain(reason)[:LONGEST_REASON] if reason else None)
    raise IllFormed(f"The answer's entry {plain(cid)[:64]!r} is not an application with its status")
