"""The worst that people, clusters and configuration can put into a message, as hypothesis strategies."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from bot.views.preview import Path
from store.model import Customer, CustomerOutcome, Job, JobState, Operator, Pause, Preview, Source
from tests.views.checking import CHANNELS, USERS

FRAGMENTS = (
    "<!channel>", "<!here>", "<@U0EVIL>", "<#C0EVIL>", "<!subteam^S0EVIL>", "<https://evil.example|label>",
    "<mailto:a@evil.example|x>", "<!date^0^{date}|x>", "<", ">", "&", "&lt;", "&amp;", "&amp;lt;", "&l", "|",
    "`", "```", "*", "_", "~", "\n", "\r", "\t", "> ", ":tada:", "@channel", "\u202e", "\u200f", "\u200b",
    '"', "'", ";", ",", "=", "+", "-", "@", "=1+1", "\uff1d", "a", "Z9", " ", "é", "漢", "😀",
)  # fmt: skip
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SIZES = (1, 2, 3, 11, 126, 50_000)


class Long(str):
    """Words too long to be printed when a test fails."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{len(self)} characters of {self[:80]!r}>"


@st.composite
def hostile(draw: st.DrawFn, longest: int) -> str:
    """Up to `longest` characters, often exactly so many, made of what is live or nearly so; never empty."""
    piece = "".join(draw(st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=6)))
    full = piece * (longest // len(piece) + 1)
    cut = draw(st.sampled_from((longest, longest - 1, min(longest, len(piece)))))
    return Long(full[: max(cut, 1)])


# Configuration's own limit for names and keys is 60; what they are made of is not trusted here.
names = hostile(60)
reasons = st.none() | hostile(500)
messages = st.none() | hostile(500) | hostile(100_000)
moments = st.integers(0, 30 * 86_400_000).map(lambda ms: NOW + timedelta(milliseconds=ms))
tame_messages = st.sampled_from((None, "No complete answer came in time", "502 with an HTML page"))


@st.composite
def jobs(
    draw: st.DrawFn,
    states: Sequence[JobState] = tuple(JobState),
    *,
    tame: bool = False,
    sizes: Sequence[int] = SIZES,
) -> Job:
    """A job as the store may hold it; `tame`: with nothing that a test of our own words trips over."""
    state = draw(st.sampled_from(states))
    total = draw(st.sampled_from(sizes))
    accepted, refused, unknown = draw(_counts(state, total))
    there, missing = draw(st.sampled_from(((0, 0), (0, 0), (1, 0), (0, 1), (7, 5), (49_000, 900))))
    decided = state is not JobState.PROPOSED
    begun = decided and state not in (JobState.CANCELLED, JobState.EXPIRED, JobState.CONFIRMED)
    ended = state is JobState.DONE
    return Job(
        id=draw(st.integers(1, 10**15)),
        uuid=draw(st.uuids()),
        operator=Operator("", "T0TEAM", draw(st.sampled_from(USERS))),
        action_code=draw(st.integers(1, 999)),
        action_name="T-Enable" if tame else draw(names),
        cluster="evian3" if tame else draw(names),
        base_url="https://cluster.example",
        state=state,
        total=total + there + missing,
        accepted=accepted,
        refused=refused,
        unknown=unknown,
        open_chunks=0 if state in (JobState.DONE, JobState.WATCHING) else 3,
        duplicates=draw(st.sampled_from((0, 1, 2, 49_999))),
        reason=None if tame else draw(reasons),
        channel_id=draw(st.sampled_from(CHANNELS)),
        card_ts=draw(st.sampled_from((None, "1732360000.000100"))),
        created_at=draw(moments),
        expires_at=draw(moments),
        decided_by=draw(st.sampled_from((None, *USERS))) if decided else None,
        decided_at=draw(moments) if decided else None,
        started_at=NOW if begun else None,
        finished_at=draw(moments) if ended else None,
        check_at=draw(st.none() | moments) if state is JobState.WATCHING else None,
        checked_at=draw(st.none() | moments) if begun else None,
        checks=draw(st.sampled_from((0, 1, 9))),
        last_cause=draw(st.sampled_from(CAUSES)),
        last_status=draw(st.sampled_from((None, 200, 401, 502))),
        last_message=draw(tame_messages if tame else messages),
        **draw(_previews(there, missing, tame=tame)),
        sources=() if tame else draw(sources),
        **draw(_arrival(state, accepted, tame=tame)),
    )


@st.composite
def _arrival(draw: st.DrawFn, state: JobState, accepted: int, *, tame: bool) -> dict[str, Any]:
    """How far those that were accepted have come, where that is watched."""
    if not accepted or draw(st.booleans()):
        return {}
    waiting = state in (JobState.RUNNING, JobState.WATCHING)
    return {
        "arrived": draw(st.sampled_from((0, accepted // 2, accepted))),
        "watch_at": draw(st.none() | moments) if waiting else None,
        "watch_until": draw(moments),
        "watch_error": draw(tame_messages if tame else messages) if waiting else None,
    }


@st.composite
def _previews(draw: st.DrawFn, there: int, missing: int, *, tame: bool) -> dict[str, Any]:
    """What the preview left in a job's row."""
    preview = draw(st.sampled_from(tuple(Preview)))
    return {
        "already_there": there,
        "missing": missing,
        "preview": preview,
        "preview_error": draw(tame_messages if tame else messages),
        "preview_states": draw(st.none() | st.dictionaries(codes, st.integers(1, 50_000), max_size=40)),
        "previewed_at": draw(st.none() | moments),
        "digest": None if preview is Preview.PENDING else "0123456789abcdef",
    }


# Ten files in the form, nine remembered, what was typed and a card: no more come together.
sources = st.lists(
    st.builds(Source, st.sampled_from(("form", "file", "card")), st.integers(0, 50_000), names, names, names),
    max_size=21,
).map(tuple)
codes = st.integers(0, 999).map(str)
PATH = Path({1: "Tran-Begin", 2: "PE-Enable", 3: "T-Enable"}, {3: frozenset({2}), 2: frozenset({1})})


CAUSES = (None, "accepted", "unauthorized", "not_ready", "rate_limited", "unreachable", "unknown_customers")


@st.composite
def _counts(draw: st.DrawFn, state: JobState, total: int) -> tuple[int, int, int]:
    """Accepted, refused, unknown: all of the customers once the job is sent, some while it is being sent."""
    if state not in (JobState.RUNNING, JobState.WATCHING, JobState.DONE):
        return 0, 0, 0
    known = total if state is not JobState.RUNNING else draw(st.integers(0, total))
    least_unknown = 1 if state is JobState.WATCHING else 0
    cuts = sorted((draw(st.integers(0, known)), draw(st.integers(0, known))))
    shares = [cuts[0], cuts[1] - cuts[0], known - cuts[1]]
    if shares[2] < least_unknown:
        shares = [0, 0, known]
    whole = draw(st.sampled_from((None, None, 0, 1, 2)))
    if whole is not None and (whole == 2 or least_unknown == 0):
        shares = [0, 0, 0]
        shares[whole] = known
    return shares[0], shares[1], shares[2]


@st.composite
def customers(
    draw: st.DrawFn, outcome: CustomerOutcome, number: int, *, tame: bool = False
) -> list[Customer]:
    """So many customers with ids of 64 characters and a few different reasons."""
    some = draw(st.lists(tame_messages if tame else messages, min_size=1, max_size=5))
    cid = "e106b3d0" * 8 if tame else draw(hostile(64))
    kinds = [Customer(cid, outcome, detail) for detail in some]
    return list(itertools.islice(itertools.cycle(kinds), number))


@st.composite
def pauses(draw: st.DrawFn, *, tame: bool = False) -> Pause:
    """A cluster that asked to wait, in words of its own."""
    since = draw(moments)
    until = since + timedelta(seconds=draw(st.integers(1, 1_800)))
    why = "TMS bootstrap status(INIT) is not Ready" if tame else draw(hostile(300) | hostile(100_000))
    return Pause("evian3", why, draw(st.integers(1, 20)), since, until)


SENT_JOB = Job(
    id=1,
    uuid=UUID(int=0x5E7AC710 << 96),
    operator=Operator("", "T0TEAM", "U0ASTER"),
    action_code=3,
    action_name="T-Enable",
    cluster="evian3",
    base_url="https://cluster.example",
    state=JobState.DONE,
    total=3,
    accepted=1,
    refused=1,
    unknown=1,
    open_chunks=0,
    duplicates=0,
    reason=None,
    channel_id="C0OPS",
    card_ts="1732360000.000100",
    created_at=NOW,
    expires_at=NOW,
    decided_by="U0ASTER",
    decided_at=NOW,
    started_at=NOW,
    finished_at=NOW,
    check_at=None,
    checked_at=None,
    checks=0,
    last_cause="accepted",
    last_status=200,
    last_message="Sending action to migration services",
)
