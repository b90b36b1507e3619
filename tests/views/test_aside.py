"""Who is mentioned at the end of a job, and the one line that others are told."""

from dataclasses import replace

import pytest
from hypothesis import given

from bot.views import aside, pending, thread
from bot.views.listing import Workspace
from store.home_model import Notify
from store.model import Job, JobState
from tests.views.checking import WORKSPACE, check, words_of
from tests.views.worst import NOW, SENT_JOB, jobs, names

GOOD = replace(SENT_JOB, accepted=3, refused=0, unknown=0)
LATE = replace(GOOD, watch_until=NOW, arrived=2)
MENTION = "<@U0ASTER>"


@given(job=jobs((JobState.DONE,)), name=names)
def test_one_line_at_its_worst_mentions_nobody(job: Job, name: str) -> None:
    message = aside.ended(job, name, Workspace(WORKSPACE))
    check(message)
    assert f"<@{job.operator.user_id}>" not in words_of(message)


@pytest.mark.parametrize(
    ("notify", "job", "mentioned"),
    [
        (Notify.MENTION, GOOD, True),
        (Notify.DIRECT, GOOD, True),
        (Notify.FAILURE, GOOD, False),
        (Notify.NEVER, GOOD, False),
        (Notify.FAILURE, replace(GOOD, accepted=2, refused=1), True),
        (Notify.FAILURE, replace(GOOD, accepted=2, unknown=1), True),
        (Notify.FAILURE, LATE, True),
        (Notify.FAILURE, replace(LATE, arrived=3), False),
        (Notify.FAILURE, replace(LATE, state=JobState.WATCHING), False),  # they may still come
        (Notify.NEVER, SENT_JOB, False),
    ],
)
def test_who_is_mentioned(notify: Notify, job: Job, mentioned: bool) -> None:
    assert aside.addressed(job, notify) == (f"{MENTION}: " if mentioned else "")
    ended = thread.Ended(job, "Evian 3", (), (), None, notify)
    assert (MENTION in thread.outcome(ended).text) == mentioned
    assert (MENTION in pending.checked(ended, 1, None, 0).text) == mentioned


def test_the_line_leads_to_the_thread() -> None:
    told = aside.ended(replace(GOOD, reason="ticket <4711>"), "Evian 3", Workspace(WORKSPACE))
    assert "archives/C0OPS/p1732360000000100|" in told.text
    assert "T-Enable on Evian 3 (evian3), 3 customers: all 3 accepted by the cluster." in told.text
    assert "ticket &lt;4711&gt;" in words_of(told)
    assert "|" not in aside.ended(replace(GOOD, card_ts=None), "Evian 3", Workspace(WORKSPACE)).text
