"""The App Home at its worst: within Slack's limits, nothing foreign alive; and its words."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.views import home as homes
from bot.views.home import Page, Picture
from bot.views.listing import Workspace
from store.batch_model import Batch
from store.home_model import Notify
from store.model import Job, JobState
from tests.views.checking import WORKSPACE
from tests.views.test_batches import made_batches
from tests.views.test_forms import checked
from tests.views.worst import NOW, SENT_JOB, hostile, jobs, names

NOTHING = Page((), (), (), (), Notify.MENTION, None)
LIVE = (JobState.CONFIRMED, JobState.RUNNING, JobState.WATCHING)


@st.composite
def pages(draw: st.DrawFn) -> Page:
    """As much as is ever read, or a little."""

    def some(one: st.SearchStrategy[Any], most: int) -> list[Any]:
        kinds = draw(st.lists(one, max_size=2))
        return (kinds * most)[: most + 1] if draw(st.booleans()) else kinds

    return Page(
        some(jobs((JobState.PROPOSED,)), homes.WAITING),
        some(jobs(LIVE), homes.RUNNING),
        some(jobs((JobState.DONE,)), homes.LAST),
        some(st.tuples(made_batches(), st.none() | jobs()), homes.BATCHES),
        draw(st.sampled_from(Notify)),
        draw(st.none() | st.builds(Picture, st.just("F0123456789"), hostile(3_000))),
    )


@given(page=pages(), name=names)
def test_whatever_is_on_it(page: Page, name: str) -> None:
    by_key = {job.cluster: name for job in (*page.waiting, *page.last)[::2]}
    told = checked(homes.home(page, by_key, Workspace(WORKSPACE)), "home")
    assert len(told["blocks"]) <= 100


def drawn(page: Page) -> str:
    """Everything a home says."""
    return str(homes.home(page, {"evian3": "Evian 3"}, Workspace(WORKSPACE)).to_dict())


def test_an_empty_home_offers_the_form_and_the_menu() -> None:
    told = drawn(NOTHING)
    assert "You have no jobs yet" in told
    assert "Mention me in the thread" in told
    assert "Waiting for you" not in told


def test_a_running_job_has_a_bar_of_what_was_answered_and_one_of_what_has_arrived() -> None:
    job = replace(SENT_JOB, state=JobState.RUNNING, total=8, accepted=4, refused=0, unknown=0, arrived=1)
    assert "▓▓▓▓▓░░░░░ 4 of 8 answered" in drawn(replace(NOTHING, running=[job]))
    assert "arrived" not in drawn(replace(NOTHING, running=[job]))
    watched = replace(job, watch_until=NOW)
    assert "▓▓░░░░░░░░ 1 of 4 arrived" in drawn(replace(NOTHING, running=[watched]))


@pytest.mark.parametrize(("number", "more"), [(10, False), (11, True)])
def test_more_than_fits_is_said(number: int, more: bool) -> None:
    card = replace(SENT_JOB, state=JobState.PROPOSED)
    told = drawn(replace(NOTHING, waiting=[card] * number))
    assert told.count("Decide on its card") == 10
    assert ("There are more" in told) == more


def test_a_batch_without_a_job_says_how_to_run_it() -> None:
    batch = Batch(1, "K7Q2MX", "", "T1", "evian3", "Wave 1", 1, 2, 3, "U0ASTER", "U0ASTER", NOW)
    assert "/set-action ACTION batch:K7Q2MX" in drawn(replace(NOTHING, batches=[(batch, None)]))
    ran: Job = SENT_JOB
    assert "Last: T-Enable" in drawn(replace(NOTHING, batches=[(batch, ran)]))
