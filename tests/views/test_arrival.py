"""What is said of arrival: within Slack's limits at its worst, true, and told apart from acceptance."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.views import arrival, files, states, thread
from bot.views.arrival import Awaited
from bot.views.card import Card, card
from store.model import Customer, CustomerOutcome, Job, JobState
from tests.views.checking import check, words_of
from tests.views.test_limits import SENT, ended_jobs
from tests.views.worst import NOW, PATH, SENT_JOB, hostile, jobs, messages, names

UNTIL = NOW + timedelta(hours=1)
ALL_THERE = re.compile(r"\ball [\d,]+ (?:customers )?(?:accepted )?(?:have )?arrived|\barrived\. It took")


@st.composite
def awaited_jobs(draw: st.DrawFn) -> Awaited:
    """A job that was watched, with those of its customers that have not arrived."""
    job = draw(jobs(SENT).filter(lambda job: job.accepted > 0))
    job = replace(job, arrived=draw(st.integers(0, job.accepted - 1)), watch_until=UNTIL)
    codes = draw(st.lists(st.none() | st.integers(0, 999), min_size=1, max_size=40))
    cid = draw(hostile(64))
    stragglers = [
        Customer(cid, CustomerOutcome.ACCEPTED, None, last_state=codes[n % len(codes)])
        for n in range(min(job.to_arrive, 500))
    ]
    return Awaited(job, draw(names), stragglers, PATH, draw(messages), draw(st.booleans()))


@given(awaited_jobs())
def test_every_message_of_arrival_at_its_worst(awaited: Awaited) -> None:
    check(arrival.not_arrived(awaited))
    check(arrival.arrived(awaited))
    check(arrival.watched_again(awaited.job))
    error = awaited.error
    check(card(Card(replace(awaited.job, watch_error=error), "Evian 3", ["a"], NOW, PATH)))


@given(ended_jobs(tame=True))
def test_all_have_arrived_is_said_only_where_all_have(ended: thread.Ended) -> None:
    job = ended.job
    said = words_of(card(Card(job, ended.cluster_name, ["a"], NOW, PATH)))
    if job.to_arrive and job.accepted:
        assert not ALL_THERE.search(said), said
    if not job.watched:
        assert "arriv" not in said


def watched(**changes: Any) -> Job:
    """126 customers, of which 118 were accepted and 8 refused, unless said otherwise."""
    values: dict[str, Any] = {
        "total": 126, "accepted": 118, "refused": 8, "unknown": 0, "watch_until": UNTIL,
    }  # fmt: skip
    return replace(SENT_JOB, **(values | changes))


WHOLE = {"total": 118, "refused": 0}
WATCHING = {"state": JobState.WATCHING, "watch_at": NOW, "finished_at": None}


@pytest.mark.parametrize(
    ("job", "symbol", "words"),
    [
        (watched(**WHOLE, **WATCHING, arrived=40), ":eyes:", "accepted, 40 of 118 arrived"),
        (watched(**WATCHING, arrived=40), ":eyes:", "118 accepted, 8 refused, 40 of 118 arrived"),
        (
            watched(**WATCHING, refused=0, unknown=8, check_at=NOW),
            ":mag:",
            "118 accepted, 8 unknown and being checked, 0 of 118 arrived",
        ),
        (watched(**WHOLE, arrived=118), ":white_check_mark:", "all 118 arrived"),
        (watched(**WHOLE, arrived=115), ":warning:", "done: 3 of 118 have not arrived"),
        (watched(**WHOLE, arrived=117), ":warning:", "done: 1 of 118 has not arrived"),
        (watched(arrived=118), ":warning:", "partly failed: 118 accepted, 8 refused, all 118 arrived"),
        (
            watched(refused=0, unknown=8, arrived=1),
            ":grey_question:",
            "118 accepted, 8 unknown, 117 of 118 have not arrived",
        ),
        (watched(total=1, accepted=1, refused=0, arrived=1), ":white_check_mark:", "arrived"),
        (watched(accepted=0, refused=126), ":x:", "failed: refused by the cluster"),
        (watched(**WHOLE, watch_until=None), ":white_check_mark:", "all 118 accepted by the cluster"),
    ],
)  # fmt: skip
def test_how_a_watched_job_stands(job: Job, symbol: str, words: str) -> None:
    assert (states.symbol(job), states.words(job)) == (symbol, words)


def test_the_card_has_a_bar_for_each() -> None:
    said = words_of(card(Card(watched(**WATCHING, arrived=59), "Evian 3", ["a"], NOW, PATH)))
    assert "▓▓▓▓▓▓▓▓▓▓ 126 of 126 answered (118 accepted, 8 refused)" in said
    assert "▓▓▓▓▓░░░░░ 59 of 118 arrived" in said
    assert f"until <!date^{int(UNTIL.timestamp())}^" in said


def told(job: Job, codes: Sequence[int | None], error: str | None = None, *, ended: bool = False) -> str:
    """What is said of these stragglers."""
    stragglers = [
        Customer(f"c{n:03d}", CustomerOutcome.ACCEPTED, None, last_state=code) for n, code in enumerate(codes)
    ]
    return words_of(arrival.not_arrived(Awaited(job, "Evian 3", stragglers, PATH, error, ended)))


def test_where_those_are_who_have_not_arrived() -> None:
    said = told(watched(**WHOLE, arrived=114), [2, 2, None, 7])
    assert ":warning: <@U0ASTER>: T-Enable on Evian 3 (evian3), 4 of 118 customers accepted have not" in said
    assert "• 2 are in PE-Enable\n• 1 is not on the cluster any more\n• 1 is in state 7" in said
    assert "c000" in said
    assert "Watch again" in said
    assert "failed" not in said


def test_what_was_not_read_is_not_said() -> None:
    said = told(watched(**WHOLE, arrived=114), [None] * 4, "The customers' state could not be read.")
    assert "When last asked: The customers' state could not be read." in said
    assert "on the cluster" not in said
    gone = told(watched(**WHOLE, arrived=117), [None], "Nobody can be asked.", ended=True)
    assert "1 of 118 customers accepted has not arrived." in gone
    assert "They are not watched any more: Nobody can be asked." in gone


def test_the_requester_is_called_when_sending_ends_only_where_something_needs_them() -> None:
    fine = thread.Ended(watched(**WHOLE, **WATCHING), "Evian 3", [], [])
    assert "<@U0ASTER>" not in words_of(thread.outcome(fine, awaited=True))
    assert "<@U0ASTER>" in words_of(thread.outcome(fine))
    refused = thread.Ended(watched(**WATCHING), "Evian 3", [], [])
    assert "<@U0ASTER>" in words_of(thread.outcome(refused, awaited=True))
    assert thread.AWAITED in words_of(thread.outcome(refused, awaited=True))


def test_the_file_of_stragglers() -> None:
    late = [
        Customer("c1", CustomerOutcome.ACCEPTED, None, last_state=2),
        Customer("c2", CustomerOutcome.ACCEPTED, None),
    ]
    file = files.stragglers(watched(arrived=116), late, PATH)
    assert file.content.splitlines()[1:] == ["c1,accepted,PE-Enable", "c2,accepted,"]
