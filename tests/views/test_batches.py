"""Batches in messages and forms at their worst: within Slack's limits, and nothing alive that is not ours."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from slack_sdk.models.views import View

from bot.draft import AttachedFile, BatchDraft
from bot.sandbox.workspace.blocks import checked_view
from bot.service.batch_making import LONGEST_NAME
from bot.views import batch_forms, batches
from bot.views.card import Card, card
from bot.views.listing import Workspace
from store.batch_model import Batch, BatchPlace
from store.model import Job, JobState
from tests.effort import examples
from tests.views.checking import USERS, WORKSPACE, check, live_faults, mrkdwn_in, words_of
from tests.views.worst import NOW, PATH, hostile, jobs, moments, names

RAN = tuple(
    state for state in JobState if state not in (JobState.PROPOSED, JobState.CANCELLED, JobState.EXPIRED)
)
places = st.none() | st.builds(BatchPlace, st.booleans(), st.integers(1, 10**15))
nobody_or_somebody = st.none() | st.sampled_from(USERS)


@st.composite
def made_batches(draw: st.DrawFn) -> Batch:
    """A batch as the store may hold it."""
    parts = draw(st.integers(1, 2_000))
    return Batch(
        id=draw(st.integers(1, 10**15)),
        code="7Q2KX4",
        enterprise_id="",
        team_id="T0TEAM",
        cluster=draw(names),
        name=draw(hostile(LONGEST_NAME)),
        part=draw(st.integers(1, parts)),
        parts=parts,
        size=draw(st.sampled_from((1, 2, 100, 50_000))),
        made_by=draw(st.sampled_from(USERS)),
        assigned_to=draw(nobody_or_somebody),
        created_at=draw(moments),
    )


def check_view(form: View) -> None:
    """Slack takes it as a modal, and nothing foreign in it is live."""
    view = form.to_dict()
    checked_view(view, "modal")
    for mrkdwn in mrkdwn_in(view["blocks"]):
        assert live_faults(mrkdwn) == []


@settings(max_examples=examples(12))  # each is a page of worst cases
@given(
    lines=st.lists(st.tuples(made_batches(), st.none() | jobs(RAN), st.booleans()), max_size=10),
    newer=places,
    older=places,
    name=names,
    may_make=st.booleans(),
)
def test_a_page_of_batches(
    lines: Sequence[tuple[Batch, Job | None, bool]],
    newer: BatchPlace | None,
    older: BatchPlace | None,
    name: str,
    may_make: bool,
) -> None:
    by_key = {batch.cluster: name for batch, _, _ in lines[::2]}  # a cluster may have left the configuration
    check(batches.my_batches(lines, newer, older, by_key, may_make=may_make))


@settings(max_examples=examples(12))
@given(
    batch=made_batches(),
    ran=st.lists(jobs(RAN), max_size=10),
    cids=st.lists(hostile(64), min_size=1, max_size=5),
    name=names,
    may_assign=st.booleans(),
)
def test_one_batch_in_full(
    batch: Batch, ran: list[Job], cids: list[str], name: str, may_assign: bool
) -> None:
    check(batches.detail(batch, ran, cids, name, Workspace(WORKSPACE), may_assign=may_assign))


@given(
    some=st.lists(made_batches(), min_size=1, max_size=10), more=st.sampled_from((0, 1, 1_990)), name=names
)
def test_the_word_to_whoever_is_to_run_some(some: list[Batch], more: int, name: str) -> None:
    check(batches.assigned(some, len(some) + more, "U0ASTER", name, to="U0BRAM"))
    check(batches.taken_away(some, len(some) + more, "U0ASTER", name, to="U0BRAM"))


@given(job=jobs(), batch=made_batches(), name=names)
def test_a_card_names_its_batch(job: Job, batch: Batch, name: str) -> None:
    shown = card(Card(job, name, ["e106b3d0"], NOW, PATH, None, batch))
    check(shown)
    assert f"Batch 7Q2KX4: {batch.name}" in words_of(shown)


@given(
    clusters=st.dictionaries(names, names, min_size=1, max_size=5),
    times=st.sampled_from((1, 60)),
    name=hostile(200),
    problems=st.lists(hostile(3_000), max_size=3),
)
def test_the_form_that_makes_batches(
    clusters: dict[str, str], times: int, name: str, problems: list[str]
) -> None:
    many = {f"{key}{n}": name for key, name in clusters.items() for n in range(times)}
    check_view(batch_forms.make(many, LONGEST_NAME, BatchDraft()))
    typed = BatchDraft(next(iter(many)), name, "0", ["U0BRAM"], AttachedFile("F0FILE", name))
    check_view(batch_forms.make(many, LONGEST_NAME, typed, problems))
    check_view(batch_forms.waiting())


@given(
    some=st.lists(made_batches(), min_size=1, max_size=20),
    duplicates=st.integers(0, 2),
    name=names,
    first=names,
    without=st.sampled_from(((), ("U0BRAM",), ("U0BRAM",) * 500)),
)
def test_what_came_of_it(
    some: list[Batch], duplicates: int, name: str, first: str, without: tuple[str, ...]
) -> None:
    words = batch_forms.made(
        some, duplicates, name, remark=first[:100], without=without, chosen=("U0BRAM", *without)
    )
    check(words)
    check_view(batch_forms.shown(words))


@given(batch=made_batches(), name=names)
def test_the_form_that_assigns_one(batch: Batch, name: str) -> None:
    view = batch_forms.assign(batch, name)
    check_view(view)
    assert view.private_metadata == f"7Q2KX4.{batch.assigned_to or ''}"
    check_view(batch_forms.assigned(batch, without=["U0BRAM"]))
