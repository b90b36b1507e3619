"""Forms at their worst: within Slack's limits, nothing alive that we did not put there."""

import json
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.views import View

from bot.draft import LONGEST_TEXT, MOST_KEPT, AttachedFile, Choices, Draft, portions
from bot.intake.ids import BadLine
from bot.sandbox.workspace.blocks import Surface, checked_view
from bot.seal import LENGTH
from bot.views import files, form, notices, waiting_forms
from bot.views.message import Message
from store.model import Job
from tests.views.checking import CHANNELS, live_faults, mrkdwn_in
from tests.views.worst import hostile, jobs, names

some = st.lists(hostile(60), min_size=1, max_size=250, unique=True)


def checked(view: View, surface: Surface = "modal") -> dict[str, Any]:
    """The SDK takes it, Slack takes it, and nothing foreign in it is live."""
    told = view.to_dict()
    checked_view(told, surface)
    assert len(told.get("private_metadata", "")) <= 3_000 - LENGTH
    for mrkdwn in mrkdwn_in(told["blocks"]):
        assert live_faults(mrkdwn) == []
    return told


@st.composite
def drafts(draw: st.DrawFn, choices: Choices) -> Draft:
    """Whatever can stand in the form."""
    ids = draw(st.lists(st.integers(10**6, 10**9), max_size=MOST_KEPT, unique=True))
    source = uuid4() if draw(st.booleans()) else None
    return Draft(
        action=draw(st.none() | st.sampled_from([*choices.actions, "gone"])),
        cluster=draw(st.none() | st.sampled_from([*choices.clusters, "gone"])),
        text=draw(st.just("") | hostile(LONGEST_TEXT)),
        reason=draw(st.just("") | hostile(500)),
        channel=draw(st.none() | st.sampled_from(CHANNELS)),
        files=tuple(AttachedFile(f"F{n}", draw(st.just("") | hostile(300)), kept=True) for n in ids),
        source=source,
        customers=50_000 if source else 0,
        replaces=source,
        notice=draw(st.just("") | hostile(500)),
    )


@given(data=st.data(), actions=some, clusters=some, problems=st.lists(hostile(4_000), max_size=7))
def test_the_form_with_whatever_is_in_it(
    data: st.DataObject, actions: list[str], clusters: list[str], problems: list[str]
) -> None:
    only_on = dict.fromkeys(actions[::2], clusters)
    choices = Choices(actions, {f"key{n}": name for n, name in enumerate(clusters)}, only_on=only_on)
    draft = data.draw(drafts(choices))
    told = checked(form.form(draft, choices, problems))
    memory = json.loads(told["private_metadata"])
    assert [file["id"] for file in memory["files"]] == [file.id for file in draft.files]


def test_a_long_text_goes_on_in_further_fields() -> None:
    ids = [f"{n:032x}" for n in range(1_200)]  # 40,000 characters, Slack's limit of a message
    parts = portions("\n".join(ids))
    assert [cid for part in parts for cid in part.split("\n")] == ids
    assert max(map(len, parts)) <= LONGEST_TEXT
    told = checked(form.form(Draft(text="\n".join(ids)), Choices(["T-Enable"], {"lab": "lab"})))
    texts = [block["element"].get("initial_value") for block in told["blocks"] if "cids" in block["block_id"]]
    assert texts == parts
    assert portions("") == [""]


@pytest.mark.parametrize(
    "view",
    [
        form.loading(),
        form.waiting(),
        form.taken("C0OPS"),
        form.taken(),
        form.told(notices.not_now("0a1b2c3d")),
        form.told(Message("")),
        form.form(Draft(), Choices((), {})),
    ],
)
def test_what_stands_in_place_of_the_form(view: View) -> None:
    checked(view)


@given(name=st.none() | names, text=hostile(40))
def test_the_list_of_bad_lines(name: str | None, text: str) -> None:
    file = files.bad_lines(name, [BadLine(7, text, "why")])
    assert file.content.startswith("line,text,why")
    assert "1 line without a customer id" in file.title


@given(job=jobs(), name=names)
def test_the_small_forms_of_a_job_that_waits(job: Job, name: str) -> None:
    for form_of in (waiting_forms.deny, waiting_forms.override, waiting_forms.retime):
        checked(form_of(job, f"{name} ({name})"))
