"""One job's modal at its worst: within Slack's limits for views, and with nothing alive that is not ours."""

import itertools
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.views import View

from bot.applications import Status, Summary, Trouble
from bot.job_look import Everybody, Look, Seen, Tab
from bot.sandbox.workspace.blocks import checked_view
from bot.views import job_applications, job_stop, listing, pending, thread
from bot.views.card import Card, card
from bot.views.job_detail import Surroundings, detail
from bot.views.job_files import of_job
from bot.views.job_record import event_words, folded, line_words
from bot.views.listing import Workspace
from bot.views.message import Message
from store.model import Customer, CustomerOutcome, Job, JobState
from store.recorded import Recorded, Sending
from tests.views.checking import USERS, WORKSPACE, check, live_faults, mrkdwn_in, words_of
from tests.views.worst import NOW, PATH, SENT_JOB, hostile, jobs, names

EVENTS = (
    "requested", "previewed", "changed", "confirmed", "cancelled", "expired", "not_posted", "stopped",
    "check_asked", "checked", "sent_again", "continued", "done", "refused_click", "arrived_some_day",
)  # fmt: skip
AROUND = Surroundings({"evian3": "Evian 3"}, {"T-Enable": "PE-Finalize"}, PATH, Workspace(WORKSPACE))
texts = hostile(500) | hostile(5_000)
values = st.none() | st.integers(0, 50_000) | texts | st.booleans()
keys = st.sampled_from(
    ("why", "error", "customers", "in_flight", "never_sent", "found_accepted", "job", "already_there", "x_y")
)


@st.composite
def records(draw: st.DrawFn) -> list[Recorded]:
    """Anything on the record of a job, requests without an answer and answers without a request included."""
    lines: list[Recorded] = []
    for seq in range(draw(st.integers(0, 60))):
        kind = draw(st.sampled_from(("sent", "answered", *EVENTS)))
        detail: dict[str, Any] = draw(st.dictionaries(keys, values, max_size=4))
        if kind in ("sent", "answered"):
            detail = {"chunk": draw(st.integers(0, 9)), "attempt": draw(st.integers(1, 3)), "customers": 150}
        if kind == "answered":
            cause = draw(st.sampled_from(("accepted", "timeout", "rate_limited", "refused_by_cluster")))
            detail |= {"cause": cause, "status": draw(st.none() | st.integers(100, 599)), "ms": 16_500}
            detail["message"] = draw(st.none() | texts)
        actor = draw(st.sampled_from(("bot", *(f"T0TEAM/{user}" for user in USERS))))
        lines.append(Recorded(seq + 1, NOW + timedelta(seconds=seq), actor, kind, detail))
    return lines


@st.composite
def people(draw: st.DrawFn) -> list[tuple[int, Customer]]:
    """A page of customers of every outcome, with ids and reasons as long as they come."""
    kinds = [
        Customer(draw(hostile(64)), outcome, draw(st.none() | hostile(160)))
        for outcome in draw(st.lists(st.sampled_from(CustomerOutcome), min_size=1, max_size=8))
    ]
    return list(enumerate(itertools.islice(itertools.cycle(kinds), draw(st.sampled_from((1, 20)))), 49_980))


def check_view(view: View) -> None:
    """Slack takes it, and nothing foreign in it is live."""
    told = view.to_dict()
    checked_view(told, "modal")
    assert len(told["private_metadata"]) <= 3_000
    for mrkdwn in mrkdwn_in(told["blocks"]):
        assert live_faults(mrkdwn) == [], mrkdwn


stopped = st.sampled_from((None, *USERS))


@given(
    job=jobs(),
    tab=st.sampled_from(Tab),
    owned=st.booleans(),
    family=st.lists(jobs(), max_size=6),
    by=stopped,
    notice=st.just("") | texts,
)
def test_every_part_of_every_job(
    job: Job, tab: Tab, owned: bool, family: list[Job], by: str | None, notice: str
) -> None:
    if by:
        job = stopped_by(job, by)
    seen = Seen(Look(job.uuid, tab), job, owned, True, family[0] if family else None, family[1:])
    check_view(detail(seen, AROUND, notice))


def stopped_by(job: Job, by: str) -> Job:
    return replace(job, stopped_by=by, stopped_at=NOW, cancelled=max(job.to_send - job.answered, 0))


@given(
    job=jobs(), record=records(), tab=st.sampled_from((Tab.TIMELINE, Tab.REQUESTS)), key=st.integers(0, 70)
)
def test_every_record(job: Job, record: list[Recorded], tab: Tab, key: int) -> None:
    for look in (Look(job.uuid, tab), Look(job.uuid, tab, after=key), Look(job.uuid, tab, before=key)):
        check_view(detail(Seen(look, job, True, True, record=record), AROUND))


@given(
    job=jobs(),
    found=people() | st.just([]),
    outcome=st.none() | st.sampled_from(CustomerOutcome),
    less=st.booleans(),
)
def test_every_page_of_customers(
    job: Job, found: list[tuple[int, Customer]], outcome: CustomerOutcome | None, less: bool
) -> None:
    look = Look(job.uuid, Tab.CUSTOMERS, outcome, after=1)
    check_view(detail(Seen(look, job, True, True, found=found, less=less, more=not less), AROUND))


@st.composite
def summaries(draw: st.DrawFn) -> Summary:
    """Of up to a hundred applications with names as long as they may be."""
    made = Summary(50_000, NOW, draw(st.integers(0, 50_000)), draw(st.integers(0, 3)))
    for n in range(draw(st.sampled_from((0, 1, 30, 100)))):
        made.apps[f"{n}{draw(hostile(190))}"] = Counter(draw(st.lists(st.sampled_from(Status), min_size=1)))
    trouble = Trouble(
        draw(hostile(64)), draw(hostile(200)), draw(hostile(200)), draw(st.none() | hostile(500))
    )
    made.troubles = [trouble] * draw(st.sampled_from((0, 1, 11, 500_000)))
    made.error = draw(st.none() | texts)
    return made


@given(job=jobs(), summary=summaries(), why=texts, name=names)
def test_applications(job: Job, summary: Summary, why: str, name: str) -> None:
    look = Look(job.uuid, Tab.APPLICATIONS)
    for blocks in (
        job_applications.reading(job, name),
        job_applications.unread(job, why),
        job_applications.applications(job, summary, NOW + timedelta(minutes=29)),
    ):
        check_view(detail(Seen(look, job, True, True), AROUND, more=blocks))


@given(job=jobs((JobState.RUNNING, JobState.WATCHING, JobState.DONE)), by=st.sampled_from(USERS))
def test_what_the_thread_is_told_of_a_stop(job: Job, by: str) -> None:
    check(job_stop.stopping(stopped_by(job, by)))


@given(job=jobs((JobState.RUNNING, JobState.WATCHING, JobState.DONE)), by=st.sampled_from(USERS), name=names)
def test_the_card_and_the_outcome_of_a_stopped_job(job: Job, by: str, name: str) -> None:
    job = stopped_by(job, by)
    check(card(Card(job, name, ["e106b3d0"], NOW, PATH)))
    check(thread.outcome(thread.Ended(job, name, [], [])))
    check(Message(listing.line(job, {}, Workspace(WORKSPACE))))


def test_how_far_it_had_come_is_said_word_for_word() -> None:
    job = replace(SENT_JOB, total=1_000, accepted=300, refused=0, unknown=0, cancelled=700)
    job = replace(job, stopped_by="U0ASTER", stopped_at=NOW)
    said = thread.outcome(thread.Ended(job, "Evian 3", [], [])).text
    assert "stopped by <@U0ASTER>: 300 accepted, 700 never sent, of 1,000 customers." in said
    assert "failed" not in words_of(card(Card(job, "Evian 3", [], NOW, PATH)))


def test_185_requests_are_one_line_of_the_timeline() -> None:
    record: list[Recorded] = []
    for n in range(185):
        at, key = NOW + timedelta(seconds=n), {"chunk": n, "attempt": 1}
        cause = "timeout" if n == 7 else "accepted"
        record.append(Recorded(2 * n, at, "bot", "sent", {**key, "customers": 150}))
        record.append(Recorded(2 * n + 1, at, "bot", "answered", {**key, "cause": cause}))
    [line] = folded(record)
    assert line_words(line).endswith("185 requests with 27,750 customers in all: 184 accepted, 1 unknown")


def test_a_reading_that_failed_is_told_as_such_whatever_the_reason() -> None:
    why = "The address of evian3 was changed after this was asked for."
    read = Recorded(1, NOW, "bot", "previewed", {"customers": 7, "error": why})
    assert event_words(read) == f"Reading the customers for the card failed: {why}"
    told = pending.checked(thread.Ended(SENT_JOB, "Evian 3", [], []), 0, why, 0).text
    assert f"nothing was learned from the cluster. {why}" in told


def test_an_event_without_words_of_its_own_is_told_by_its_name_and_numbers() -> None:
    one = Recorded(1, NOW, "T0TEAM/U0ASTER", "watch_begun", {"customers": 7, "why": "<!channel>"})
    assert event_words(one) == "Watch begun by <@U0ASTER>: customers 7"


def test_the_file_says_of_each_customer_which_request_it_went_with() -> None:
    found = [
        Customer("a", CustomerOutcome.ACCEPTED, None, seen=2),
        Customer("b", CustomerOutcome.MISSING, None),
        Customer("=c", CustomerOutcome.REFUSED, "no", arrived_at=None),
        Customer("d", CustomerOutcome.CANCELLED, None),
    ]
    sendings = [Sending(0, 1, NOW, 812, 200), Sending(2, 2, NOW + timedelta(minutes=1), None, None)]
    file = of_job(Everybody(SENT_JOB, found, sendings), PATH)
    assert file.content.splitlines()[1:] == [
        "a,accepted,,PE-Enable,2026-11-23 03:00:00,0.812,200,,",
        "b,left out: not on the cluster,,,,,,,",
        "'=c,refused,no,,2026-11-23 03:01:00,,,,",
        "d,never sent,,,,,,,",
    ]
