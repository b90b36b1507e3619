"""The words: unknown is never called failed, accepted never arrived; one is one and many are many."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from hypothesis import given

from bot.views import listing, thread
from bot.views.card import Card, card
from bot.views.message import Message
from store.model import Customer, CustomerOutcome, Job, JobState
from tests.views.checking import WORKSPACE, words_of
from tests.views.test_limits import ended_jobs
from tests.views.worst import NOW, SENT_JOB

ONE_OF_MANY = re.compile(r"(?<![\d,.])1 (?:customers|duplicates|other reasons)\b")
MANY_OF_ONE = re.compile(r"(?<![\d,.])(?!1 )[\d,]+ (?:customer|duplicate|other reason)\b")


def everything_said(ended: thread.Ended) -> Iterator[Message]:
    """Every message there is about a job that was sent."""
    job, workspace = ended.job, listing.Workspace(WORKSPACE)
    yield card(Card(job, ended.cluster_name, ["e106b3d0"], NOW))
    yield thread.started(job, ended.cluster_name)
    yield thread.outcome(ended)
    yield thread.checked(ended, min(1, job.accepted), None)
    yield thread.checked(ended, 0, "The connection could not be established")
    yield listing.my_jobs([job], None, None, {job.cluster: ended.cluster_name}, workspace)
    yield listing.detail(job, ended.cluster_name, ended.refused[:5], ended.unknown[:5], workspace)


@given(ended_jobs(tame=True))
def test_unknown_is_never_called_failed(ended: thread.Ended) -> None:
    job = ended.job
    for message in everything_said(ended):
        said = words_of(message).lower()
        if not job.refused:
            assert "fail" not in said
            assert ":x:" not in said
            assert "nothing was done" not in said
        if job.unknown:
            assert ":white_check_mark:" not in said


@given(ended_jobs(tame=True))
def test_accepted_is_never_called_arrived(ended: thread.Ended) -> None:
    for message in everything_said(ended):
        said = words_of(message).replace("This bot does not check whether they have arrived.", "")
        assert "arriv" not in said.lower()
        assert not re.search(
            r"\b(?:moved|succeeded|success|complete)\b", said.lower().replace("no complete", "")
        )


@given(ended_jobs(tame=True))
def test_everything_unknown_is_said_to_be(ended: thread.Ended) -> None:
    if ended.job.unknown:
        for message in everything_said(ended):
            if "has started" not in message.text:
                assert "unknown" in words_of(message).lower() or "not known" in words_of(message)
        assert words_of(thread.outcome(ended)).count("*Unknown: ") == 1


@given(ended_jobs(tame=True))
def test_one_customer_and_many_customers(ended: thread.Ended) -> None:
    for message in everything_said(ended):
        assert not ONE_OF_MANY.search(words_of(message))
        assert not MANY_OF_ONE.search(words_of(message))


@given(ended_jobs(tame=True))
def test_check_again_is_offered_just_where_something_is_unknown(ended: thread.Ended) -> None:
    offered = "Check again" in words_of(thread.outcome(ended))
    assert offered == bool(ended.job.unknown and ended.job.state is JobState.DONE)
    assert ("Check again" in words_of(thread.checked(ended, 0, None))) == bool(ended.job.unknown)


def told(job: Job, refused: Sequence[str] = (), unknown: Sequence[str] = ()) -> thread.Ended:
    """A job with its refused and unknown customers, one for each reason."""
    return thread.Ended(
        job,
        "Evian 3",
        [Customer(f"r{n}", CustomerOutcome.REFUSED, why) for n, why in enumerate(refused)],
        [Customer(f"u{n}", CustomerOutcome.UNKNOWN, why) for n, why in enumerate(unknown)],
    )


def test_the_reason_of_an_unknown_customer_is_not_the_last_answer_of_another() -> None:
    said = words_of(thread.outcome(told(SENT_JOB, ["does not exist"], ["No complete answer came in time"])))
    assert "“No complete answer came in time”" in said
    assert "Sending action" not in said


def test_a_failure_names_the_status_and_the_clusters_own_words() -> None:
    job = replace(SENT_JOB, accepted=0, refused=3, unknown=0, last_status=401, last_cause="unauthorized")
    job = replace(job, last_message="Invalid <access> token")
    said = words_of(thread.outcome(told(job, ["Invalid <access> token"] * 3)))
    assert "HTTP 401, “Invalid &lt;access&gt; token”" in said
    assert thread.ADVICE["unauthorized"] in said


def test_advice_is_given_only_where_it_holds_for_every_customer() -> None:
    job = replace(SENT_JOB, accepted=0, refused=3, unknown=0, last_cause="unauthorized")
    said = words_of(
        thread.outcome(told(job, ["TMS bootstrap status(INIT) is not Ready", "Invalid", "Invalid"]))
    )
    assert thread.ADVICE["unauthorized"] not in said
    assert "• 2 customers: “Invalid”" in said


def test_a_status_is_said_once() -> None:
    job = replace(SENT_JOB, accepted=0, refused=0, unknown=3, last_status=502)
    job = replace(job, last_message="502 with an HTML page")
    assert words_of(thread.outcome(told(job, (), ["502 with an HTML page"] * 3))).count("502") == 1


def test_many_reasons_are_counted_and_left_to_the_file() -> None:
    job = replace(SENT_JOB, total=5, accepted=0, refused=5, unknown=0)
    said = words_of(thread.outcome(told(job, "abcde")))
    assert "• and 2 other reasons, all in the file below" in said


def test_what_is_unknown_is_not_counted_as_answered() -> None:
    said = words_of(card(Card(SENT_JOB, "Evian 3", ["r0"], NOW)))
    assert f"{'▓' * 6}{'░' * 4} 2 of 3 answered (1 accepted, 1 refused, 1 unknown)" in said
