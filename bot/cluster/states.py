"""The state of customers as the cluster reports it: the type, and the strict reading of a body."""

import json
from dataclasses import dataclass

from bot.cluster.reply import plain


class IllFormed(Exception):
    """A body that is not what the API promises; the message is one plain sentence without its full stop."""


@dataclass(frozen=True, slots=True)
class State:
    """The action a customer is in: `code` as in the catalogue (3), `name` as reported (`t-enable`)."""

    code: int
    name: str


def parse_states(body: bytes) -> dict[str, State]:
    """Customer id → state, from `{"<cid>": {"action_code": 3, "action_desc": "t-enable"}, …}` (domain.md).

    One ill-formed entry refuses the whole body: a state that is guessed may send a customer twice.
    Raises IllFormed. Takes some 2 µs a customer: call it on a thread.
    """
    try:
        # The hook lets the interpreter switch threads between entries; the bare parser would hold them up.
        document = json.loads(body, object_hook=_as_it_is)
    except (ValueError, RecursionError):
        raise IllFormed("The answer is not complete JSON") from None
    if not isinstance(document, dict):
        raise IllFormed("The answer is JSON but not an object")
    return {cid: _state(cid, entry) for cid, entry in document.items()}


def _as_it_is(found: dict[str, object]) -> dict[str, object]:
    return found


def _state(cid: str, entry: object) -> State:
    if isinstance(entry, dict):
        code, name = entry.get("action_code"), entry.get("action_desc")
        if type(code) is int and isinstance(name, str) and len(name) <= 200:  # a bool is an int, too
            return State(code=code, name=plain(name))
    raise IllFormed(f"The answer's entry {plain(cid)[:64]!r} is not an action code with its name")
