"""What every message must withstand: Slack's limits, and a parser that lets only our own tokens live.

The parser shares nothing with bot/views: it says what may be live, and everything else is a fault.
"""

import re
from collections.abc import Iterator
from typing import Any

from bot.sandbox.workspace.chat import LONGEST_UPDATE, said
from bot.views.message import Message

# The ids and addresses that the messages of tests are built from; nothing else may come alive.
USERS = ("U0ASTER", "U0BRAM", "W0CLEO", "U0BOT")
GROUPS = ("S0ONCALL",)
CHANNELS = ("C0OPS", "G0SECRET", "D0PEOPLE")
WORKSPACE = "https://sandbox.slack.com/"

_LIVE = re.compile(
    rf"<@(?:{'|'.join(USERS)})>"
    rf"|<!subteam\^(?:{'|'.join(GROUPS)})>"
    rf"|<#(?:{'|'.join(CHANNELS)})>"
    r"|<!date\^[0-9]+\^[{}a-z_, ]+\|[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} UTC>"
    rf"|<{re.escape(WORKSPACE)}archives/(?:{'|'.join(CHANNELS)})/p[0-9]+\|(?:Open the thread|[0-9a-f]{{8}})>"
)
_ENTITY = re.compile(r"&(?:amp|lt|gt);")


def live_faults(mrkdwn: str) -> list[str]:
    """Every `<`, `>` or `&` that is neither a token of ours nor an escape, with what follows it."""
    faults = []
    position = 0
    while position < len(mrkdwn):
        whole = _LIVE.match(mrkdwn, position) or _ENTITY.match(mrkdwn, position)
        if whole:
            position = whole.end()
            continue
        if mrkdwn[position] in "<>&":
            faults.append(mrkdwn[position : position + 30])
        position += 1
    return faults


def mrkdwn_in(payload: Any) -> Iterator[str]:
    """Every string of a message that Slack reads as mrkdwn: its own text, and text objects that say so."""
    for node in _nodes(payload):
        if node.get("type", "mrkdwn") == "mrkdwn" and isinstance(node.get("text"), str):
            yield node["text"]


def words_of(message: Message) -> str:
    """Everything a message says."""
    return "\n".join(_texts(message.payload()))


def check(message: Message) -> None:
    """The SDK takes it, Slack takes it (posted or as an update), and nothing foreign in it is live."""
    payload = message.payload()
    assert payload["text"]
    said(payload, LONGEST_UPDATE)
    for mrkdwn in mrkdwn_in(payload):
        assert live_faults(mrkdwn) == []


def _nodes(payload: Any) -> Iterator[dict[str, Any]]:
    if isinstance(payload, dict):
        yield payload
        for value in payload.values():
            yield from _nodes(value)
    elif isinstance(payload, list):
        for value in payload:
            yield from _nodes(value)


def _texts(payload: Any) -> Iterator[str]:
    for node in _nodes(payload):
        if isinstance(node.get("text"), str):
            yield node["text"]
