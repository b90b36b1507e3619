"""The words: unknown is never called failed, accepted never arrived; one is one and many are many."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from hypothesis import given

from bot.views import listing, pending, thread
from bot.views.card import Card, card
from bot.views.message import Message
from store.model import Customer, CustomerOutcome, Job, JobState, Pause
from tests.views.checking import WORKSPACE, words_of
from tests.views.test_limits import ended_jobs
from tests.views.worst import NOW, PATH, SENT_JOB, pauses

ONE_OF_MANY = re.compile(r"(?<![\d,.])1 (?:customers|duplicates|other reasons)\b")
MANY_OF_ONE = re.compile(r"(?<![\d,.])(?!1 )[\d,]+ (?:customer|duplicate|other reason)\b")


def everything_said(ended: thread.Ended) -> Iterator[Message]:
    """Every message there is about a job that was sent."""
    job, workspace = ended.job, listing.Workspace(WORKSPACE)
    yield card(Card(job, ended.cluster_name, ["e106b3d0"], NOW, PATH))
    yield thread.started(job, ended.cluster_name)
    yield thread.outcome(ended)
    yield pending.checked(ended, min(1, job.accepted), None, 0)
    yield pending.checked(ended, 0, "The connection could not be established", 0)
    yield Message(listing.line(job, {job.cluster: ended.cluster_name}, workspace))


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
    if ended.job.watched:
        return  # see test_arrival
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
            if "is confirmed" not in message.text:
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
    assert ("Check again" in words_of(pending.checked(ended, 0, None, 0))) == bool(ended.job.unknown)


@given(ended_jobs(tame=True))
def test_send_the_rest_is_offered_only_after_a_read_and_says_what_it_means(ended: thread.Ended) -> None:
    said = words_of(pending.checked(ended, 0, None, 0))
    assert ("Send the rest" in said) == bool(ended.job.unknown and ended.job.checked_at)
    assert "Send the rest" not in words_of(thread.outcome(ended)), "nothing was read yet"
    if "Send the rest" in said:
        assert "some may still be on their way" in said


@given(pauses(tame=True))
def test_a_pause_says_why_until_when_and_that_it_ends(pause: Pause) -> None:
    said = words_of(pending.paused(SENT_JOB, "Evian 3", pause))
    assert pause.reason in said
    for moment in (pause.until, pause.ends):
        assert f"<!date^{int(moment.timestamp())}^" in said
    over = words_of(pending.paused(SENT_JOB, "Evian 3", None))
    assert "takes requests again" in over
    assert "<!date^" not in over


def test_what_is_sent_again_names_who_chose_it_and_how_many() -> None:
    assert "<@U0ASTER> sends 1 customer again." in words_of(pending.resent(SENT_JOB, 1))
    assert "<@U0ASTER> sends 2,001 customers again." in words_of(pending.resent(SENT_JOB, 2_001))


def test_what_is_sent_again_as_configured_is_said_with_the_check() -> None:
    said = words_of(pending.checked(told(replace(SENT_JOB, unknown=0)), 1, None, 2))
    assert "1 customer found in T-Enable; the other 2 are sent again, as configured." in said


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
    said = words_of(card(Card(SENT_JOB, "Evian 3", ["r0"], NOW, PATH)))
    assert f"{'▓' * 6}{'░' * 4} 2 of 3 answered (1 accepted, 1 refused, 1 unknown)" in said
