"""Every message at its worst: within Slack's limits, and with nothing alive that we did not put there."""

import dataclasses
from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import InvalidRequest, NoLongerPossible, NotAllowed
from bot.job_filter import LONGEST, JobFilter, NotAFilter, packed, unpacked
from bot.outbox.waiting import IN_THREAD
from bot.sandbox.workspace.errors import ApiError
from bot.views import (
    customer_history,
    job_list,
    listing,
    notices,
    pending,
    record,
    text,
    thread,
    waiting,
    waiting_thread,
)
from bot.views.card import Card, card
from bot.views.message import Message
from bot.views.waiting_thread import Told
from store.holds import Hold
from store.listing_model import Deed, Place, Standing
from store.model import CustomerOutcome, Job, JobState, Pause
from store.outbox_model import Note
from store.records_model import Period
from tests.views.checking import CHANNELS, GROUPS, USERS, WORKSPACE, check, live_faults
from tests.views.worst import NOW, PATH, customers, hostile, jobs, messages, moments, names, papers, pauses

REFUSED, UNKNOWN = CustomerOutcome.REFUSED, CustomerOutcome.UNKNOWN
SENT = (JobState.WATCHING, JobState.DONE)
people = st.lists(st.sampled_from((*USERS, *GROUPS)), max_size=5)


@st.composite
def ended_jobs(draw: st.DrawFn, *, tame: bool = False) -> thread.Ended:
    """A job whose last chunk is settled, with what the outbox reads of its customers."""
    job = draw(jobs(SENT, tame=tame))
    return thread.Ended(
        job,
        "Evian 3" if tame else draw(names),
        draw(customers(REFUSED, job.refused, tame=tame)),
        draw(customers(UNKNOWN, min(job.unknown, thread.SHOWN), tame=tame)),
    )


@given(job=jobs(), name=names, cids=st.lists(hostile(64), min_size=1, max_size=5), pause=st.none() | pauses())
def test_a_card_in_every_state(job: Job, name: str, cids: list[str], pause: Pause | None) -> None:
    check(card(Card(job, name, cids[: job.total], NOW, PATH, pause)))


@given(data=st.data(), name=names, cids=st.lists(hostile(64), min_size=1, max_size=5))
def test_a_card_that_waits_and_its_copies(data: st.DataObject, name: str, cids: list[str]) -> None:
    job = data.draw(jobs((JobState.AWAITING, JobState.SCHEDULED, JobState.DENIED, JobState.CANCELLED)))
    decided = data.draw(papers(job))
    check(card(Card(job, name, cids[: job.total], NOW, PATH, papers=decided)))
    check(waiting.copy(job, f"{name} ({name})", PATH, decided))


@given(data=st.data(), name=names, note=st.sampled_from(sorted(IN_THREAD)))
def test_what_the_thread_is_told_while_it_waits(data: st.DataObject, name: str, note: Note) -> None:
    job = data.draw(jobs())
    detail = {
        "who": ",".join(data.draw(people) * 2),
        "by": data.draw(st.sampled_from((None, *USERS))),
        "hold": data.draw(st.sampled_from(tuple(Hold))).value,
        "why": data.draw(messages),
        "reminder": data.draw(st.integers(0, 5)),
        "following": data.draw(st.none() | st.just(1_795_000_000)),
        "given": data.draw(st.integers(0, 2)),
    }
    check(waiting_thread.tell(note, Told(job, f"{name} ({name})", data.draw(papers(job)), detail)))


@given(job=jobs(), name=names)
def test_started(job: Job, name: str) -> None:
    check(thread.started(job, name))


@given(ended_jobs())
def test_an_outcome_of_every_mixture(ended: thread.Ended) -> None:
    check(thread.outcome(ended))


@given(ended=ended_jobs(), turned=st.integers(0, 50_000), error=messages, resent=st.integers(0, 50_000))
def test_checked(ended: thread.Ended, turned: int, error: str | None, resent: int) -> None:
    check(pending.checked(ended, turned, error, resent))


@given(job=jobs(), name=names, pause=st.none() | pauses())
def test_paused(job: Job, name: str, pause: Pause | None) -> None:
    check(pending.paused(job, name, pause))


@given(job=jobs(), number=st.integers(1, 50_000))
def test_resent(job: Job, number: int) -> None:
    check(pending.resent(job, number))


NAMED = job_list.Names({"evian3": "Evian 3"}, {3: "T-Enable"})
filters = st.builds(
    JobFilter,
    st.sampled_from(("", "*", *USERS)),
    st.none() | st.sampled_from(Standing),
    st.none() | st.integers(1, 999),
    st.none() | names,
    st.none() | st.just("7Q2KX4"),
    st.none() | moments,
    st.none() | moments,
)


@given(filters)
def test_a_filter_comes_back_from_its_value_as_it_was(wanted: JobFilter) -> None:
    for place in (Place(), Place(before=10**18 - 1), Place(after=1)):
        value = packed(wanted, place)
        assert len(value) <= LONGEST
        assert unpacked(value) == (wanted, place)


@given(st.text(max_size=300) | st.text(max_size=60).map(lambda rest: f"1.{rest}"))
def test_whatever_comes_back_is_a_filter_or_refused(value: str) -> None:
    try:
        wanted, place = unpacked(value)
    except NotAFilter:
        return
    assert unpacked(packed(wanted, place)) == (wanted, place)


@given(
    found=st.lists(jobs(), max_size=10),
    newer=st.none() | st.integers(1, 10**18),
    older=st.none() | st.integers(1, 10**18),
    name=names,
    wanted=filters,
)
def test_a_page_of_my_jobs(
    found: list[Job], newer: int | None, older: int | None, name: str, wanted: JobFilter
) -> None:
    by_key = {job.cluster: name for job in found[::2]}  # a cluster may have left the configuration
    known = job_list.Names(by_key | {f"c{n}": name for n in range(120)}, dict.fromkeys(range(1, 40), name))
    page = job_list.Page(found, newer, older, (job_list.NO_ZONE, job_list.LIMITED))
    check(job_list.job_list(page, wanted, known, listing.Workspace(WORKSPACE)))


@st.composite
def deeds(draw: st.DrawFn) -> Deed:
    return Deed(draw(jobs()), draw(st.sampled_from(CustomerOutcome)), draw(messages))


@given(found=st.lists(deeds(), max_size=10), cid=hostile(64), name=names, state=messages, why=messages)
def test_a_customers_history(
    found: list[Deed], cid: str, name: str, state: str | None, why: str | None
) -> None:
    present = [customer_history.Present(key, state, why) for key in ("evian3", "lab", name)]
    told = customer_history.Told(cid, found, present, 10**15, 10**15, (job_list.LIMITED,))
    known = job_list.Names({"evian3": name}, {3: name})
    check(customer_history.customer_history(told, known, listing.Workspace(WORKSPACE)))


@given(
    number=st.integers(0, 50_000), clusters=st.none() | st.lists(names, max_size=200), at=st.none() | moments
)
def test_the_record_is_handed_over(number: int, clusters: list[str] | None, at: datetime | None) -> None:
    check(record.exported(Period(at, at), number, clusters, "jsonl"))


offers = st.lists(names, max_size=6) | st.lists(names, min_size=999, max_size=999)


@given(
    actions=st.lists(names, max_size=6),
    clusters=st.dictionaries(names, names, max_size=6),
    times=st.sampled_from((1, 200)),
    problems=st.lists(hostile(700) | hostile(100_000), min_size=1, max_size=12),
)
def test_help_and_a_mistake(
    actions: list[str], clusters: dict[str, str], times: int, problems: list[str]
) -> None:
    # Configuration bounds a name, not how many there are.
    many = {f"{key}{n}": name for key, name in clusters.items() for n in range(times)}
    example = (actions[0], next(iter(many))) if actions and many else None
    for only_on in ((), tuple(many)[:2]):
        may = {f"{action}{n}": only_on for action in actions for n in range(times)}
        check(notices.help_message(may, many, example))
        check(notices.mistake(problems, may, many, None))


@given(problems=st.lists(hostile(3_000), min_size=1, max_size=12), ask=people)
def test_a_refusal(problems: list[str], ask: list[str]) -> None:
    check(notices.refusal(InvalidRequest(problems)))
    check(notices.refusal(NoLongerPossible(problems[0])))
    check(notices.refusal(NotAllowed(problems[0], ask=ask)))


@given(
    job=jobs(),
    channel=st.sampled_from(CHANNELS),
    code=st.sampled_from(("is_archived", "not_in_channel", "channel_not_found")) | hostile(80),
    kept=st.booleans(),
)
def test_cannot_post(job: Job, channel: str, code: str, kept: bool) -> None:
    check(notices.cannot_post(dataclasses.replace(job, channel_id=channel), code, "U0BOT", kept=kept))


@pytest.mark.parametrize(
    "message",
    [
        notices.still_working(),
        notices.not_now("0a1b2c3d"),
        job_list.job_list(job_list.Page([]), JobFilter(), NAMED, listing.Workspace(WORKSPACE)),
        job_list.job_list(job_list.Page([]), JobFilter("*"), NAMED, listing.Workspace(WORKSPACE)),
        notices.help_message({}, {}, None),
    ],
)
def test_what_is_always_the_same(message: Message) -> None:
    check(message)


@pytest.mark.parametrize(
    "live",
    [
        "<!channel>", "<@U0EVIL>", "<#C0EVIL>", "<https://evil.example|Open the thread>", "a < b", "R&D",
        "&l…", "<@U0AST…", "<!date^0^{date}|<!here>>", f"<{WORKSPACE}archives/C0OPS/p1|click <!here>>",
    ],
)  # fmt: skip
def test_the_parser_sees_what_is_live(live: str) -> None:
    assert live_faults(f"before {live} after")


@pytest.mark.parametrize(
    "ours",
    [
        text.mention("U0ASTER"),
        text.mention("S0ONCALL"),
        text.moment(NOW),
        text.day_and_time(NOW),
        "&lt;!channel&gt; R&amp;D",
        f"<{WORKSPACE}archives/C0OPS/p1732360000000100|0a1b2c3d>",
    ],
)
def test_the_parser_knows_what_is_ours(ours: str) -> None:
    assert live_faults(f"before {ours} after") == []


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda: Message("<!channel>"),
        lambda: Message("x", [text.section("<@U0EVIL>")]),
        lambda: Message("x", [text.context("R&D")]),
        lambda: Message("x", [text.listing([], 0)]),
        lambda: Message("x", [text.section("x")] * 51),
        lambda: Message("x" * 4_001),
        lambda: Message(""),
    ],
)
def test_the_check_can_fail(spoilt: Callable[[], Message]) -> None:
    with pytest.raises((AssertionError, ApiError)):
        check(spoilt())
