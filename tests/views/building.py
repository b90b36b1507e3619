"""Builds whatever a view is drawn from, by its type alone: every text in it is hostile, every id is known.

So a view nobody has written a test for is put to the test all the same.
"""

import dataclasses
import enum
import types
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from hypothesis import strategies as st
from slack_sdk.models.blocks import Block, DividerBlock

from bot.errors import InvalidRequest, NoLongerPossible, NotAllowed, SetActionError
from bot.views import notices
from bot.views.message import Message
from bot.views.preview import Path
from store.batch_model import BatchPlace
from store.holds import Hold
from tests.views.checking import CHANNELS, GROUPS, USERS, WORKSPACE
from tests.views.worst import moments

LIVE = st.sampled_from(("<!channel> & <@U0EVIL>", "<https://evil.example|My jobs>`*_~&amp;", "&lt;<!here>"))
MOST = 3
# Texts that are no texts: ids from our own rows or from Slack, by the name under which views know them. What
# is not named here is hostile.
IDS: Mapping[str, st.SearchStrategy[str]] = {
    **dict.fromkeys(
        ("user_id", "bot_user_id", "by", "to", "made_by", "assigned_to", "decided_by", "stopped_by"),
        st.sampled_from(USERS),
    ),
    **dict.fromkeys(("channel_id", "channel"), st.sampled_from(CHANNELS)),
    "whose": st.sampled_from(("", "*", *USERS)),
    "url": st.just(WORKSPACE),
    **dict.fromkeys(("without", "chosen"), st.sampled_from(USERS)),
    "ask": st.sampled_from((*USERS, *GROUPS)),
    "card_ts": st.just("1732360000.000100"),
    "reference": st.just("0a1b2c3d"),
    "short_id": st.just("0a1b2c3d"),
    "digest": st.just("0123456789abcdef"),
}
# A code is one of ours on a batch, and may be anything where it is Slack's error.
OWN: Mapping[tuple[str, str], st.SearchStrategy[str]] = {
    ("Batch", "code"): st.just("7Q2KX4"),
    ("JobFilter", "batch"): st.just("7Q2KX4"),
    ("Recorded", "actor"): st.just("T0/U0ASTER") | st.just("bot"),
    ("", "form"): st.just("csv"),
    ("Source", "kind"): st.sampled_from(("form", "file", "card", "batch")),
    ("Job", "last_cause"): st.sampled_from(("unauthorized", "accepted")),
    ("Job", "preview_states.key"): st.sampled_from(("1", "2", "3", "4", "7")),
}


def codes(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[int, Any]]:
    """By code of a state; some codes are not known."""
    return st.dictionaries(st.integers(1, 5), values, min_size=3, max_size=5)


steps = st.frozensets(st.integers(1, 5), max_size=2)
errors: st.SearchStrategy[SetActionError] = st.one_of(
    st.builds(InvalidRequest, st.lists(LIVE, min_size=1, max_size=MOST)),
    st.builds(NoLongerPossible, LIVE),
    st.builds(NotAllowed, LIVE, ask=st.lists(IDS["ask"], max_size=MOST)),
)
SIMPLE: Mapping[Any, st.SearchStrategy[Any]] = {
    int: st.integers(1, 5) | st.integers(1, 50_000),
    float: st.floats(0, 100_000),
    bool: st.booleans(),
    datetime: moments,
    UUID: st.uuids(),
    Path: st.builds(Path, codes(LIVE), codes(steps), codes(steps)),
    SetActionError: errors,
    Message: errors.map(notices.refusal),
    types.NoneType: st.none(),
    Any: LIVE | st.integers(0, 50_000) | st.none(),
    Block: st.just(DividerBlock()),
}

# A mapping that is written by one hand and read by another, under names they agree on.
AGREED: Mapping[tuple[str, str], st.SearchStrategy[Any]] = {
    ("Told", "detail"): st.fixed_dictionaries(
        {"hold": st.sampled_from(Hold).map(lambda hold: hold.value)},
        optional={
            "who": st.lists(st.sampled_from(USERS), max_size=MOST).map(",".join),
            "by": st.none() | st.sampled_from(USERS),
            "why": LIVE,
            "reminder": st.integers(0, 5),
            "following": st.none() | st.just(1_795_000_000),
            "given": st.integers(0, 2),
        },
    ),
}


class Unbuildable(LookupError):
    """No way to build this is known: say how in tests/views/building.py."""


def of(kind: Any, name: str = "", owner: str = "") -> st.SearchStrategy[Any]:
    """Anything of this type; `name` is the parameter's or field's, `owner` the class it stands in."""
    if (owner, name) in AGREED:
        return AGREED[owner, name]
    if kind is str:
        return OWN.get((owner, name), IDS.get(name, LIVE))
    if kind in SIMPLE:
        return SIMPLE[kind]
    origin, inside = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return st.one_of(*(of(one, name, owner) for one in inside))
    if origin is tuple and inside[-1] is not Ellipsis:
        return st.tuples(*(of(one, name, owner) for one in inside))
    if origin is Counter:
        return st.dictionaries(of(inside[0], name, owner), st.integers(1, 9), max_size=MOST).map(Counter)
    if origin in (tuple, frozenset, list, Sequence, Iterable, Collection):
        several = st.lists(of(inside[0], name, owner), min_size=1, max_size=MOST)
        return several.map(origin) if origin in (tuple, frozenset) else several
    if origin in (dict, Mapping):
        keys, values = of(inside[0], f"{name}.key", owner), of(inside[1], name, owner)
        return st.dictionaries(keys, values, min_size=1, max_size=MOST)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return st.sampled_from(tuple(kind))
    if isinstance(kind, type) and (dataclasses.is_dataclass(kind) or kind is BatchPlace):
        fields = get_type_hints(kind)
        kept = [name for name in fields if not str(fields[name]).startswith("typing.ClassVar")]
        return st.builds(kind, **{name: of(fields[name], name, kind.__name__) for name in kept})
    raise Unbuildable(f"{owner}.{name}: {kind}")
