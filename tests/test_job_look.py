"""What a button of a job's modal carries: read back as it was written, and nothing else is taken for one."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.job_look import Look, Tab
from store.model import CustomerOutcome

HEX = UUID(int=1).hex
keys = st.integers(0, 10**18 - 1)
looks = st.builds(Look, st.uuids(), st.sampled_from(Tab), st.none() | st.sampled_from(CustomerOutcome))
turned = st.one_of(
    looks,
    st.builds(Look, st.uuids(), st.sampled_from(Tab), st.none(), after=keys),
    st.builds(Look, st.uuids(), st.sampled_from(Tab), st.none(), before=keys),
)


@given(turned)
def test_a_look_is_read_back_as_it_was_written(look: Look) -> None:
    assert Look.read(look.value) == look
    assert len(look.value) <= 75, "it must fit an option's value, and a select's limits"


@pytest.mark.parametrize(
    "value",
    [
        "", "x", HEX, f"{HEX}.timeline", f"{HEX}.nonsense..", f"{HEX}.customers.9.",
        f"{HEX}.customers.12.", f"{HEX}.customers..a", f"{HEX}.customers..c1", f"{HEX}.customers..a-1",
        f"{HEX}.customers..a{'9' * 19}", f"{HEX[:-1]}G.timeline..", f"{HEX}.timeline..a1\n",
        f" {HEX}.timeline..", f"{HEX}.customers.1.a\u0661",
    ],
)  # fmt: skip
def test_nothing_else_is_one(value: str) -> None:
    assert Look.read(value) is None
