"""The words' small change: cutting, escaping, counting, durations, the bar."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.views.text import bar, clip, count, cut, escape, mention, took
from tests.views.checking import live_faults
from tests.views.worst import hostile


@given(words=hostile(100), size=st.integers(1, 120))
def test_clip_keeps_within_the_size_and_says_that_it_cut(words: str, size: int) -> None:
    clipped = clip(words, size)
    assert len(clipped) <= size
    assert clipped == words if len(words) <= size else clipped == words[: size - 1] + "…"


@given(words=hostile(60), size=st.integers(1, 300))
def test_cut_never_leaves_half_an_entity_or_half_a_mention(words: str, size: int) -> None:
    whole = f"{escape(words)}<@U0ASTER>{escape(words)}"
    shown = cut(whole, size)
    assert live_faults(shown) == []
    assert len(shown) <= size
    assert shown == whole or (shown.endswith("…") and whole.startswith(shown[:-1]))
    assert len(shown) > min(size, len(whole)) - len("<@U0ASTER>") - 1


@given(hostile(100))
def test_escaping_makes_everything_inert_and_can_be_undone(words: str) -> None:
    escaped = escape(words)
    assert live_faults(escaped) == []
    assert escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == words


@given(total=st.integers(1, 50_000), share=st.floats(0, 1))
def test_the_bar_is_full_just_when_all_is_done(total: int, share: float) -> None:
    done = int(total * share)
    drawn = bar(done, total)
    assert len(drawn) == 10
    assert (drawn == "▓" * 10) == (done == total)
    assert (drawn == "░" * 10) == (done * 10 < total)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0.1 s"), (0, "0.1 s"), (0.04, "0.1 s"), (0.84, "0.8 s"), (9.94, "9.9 s"), (9.96, "10 s"),
        (16, "16 s"), (59.4, "59 s"), (59.6, "1 min 0 s"), (125, "2 min 5 s"), (3_599.7, "1 h 0 min"),
        (3_780, "1 h 3 min"), (90_000, "25 h 0 min"),
    ],
)  # fmt: skip
def test_how_long_it_took(seconds: float, words: str) -> None:
    assert took(seconds) == words


def test_one_and_many() -> None:
    assert [count(n, "customer") for n in (0, 1, 2, 27_682)] == [
        "0 customers", "1 customer", "2 customers", "27,682 customers",
    ]  # fmt: skip


def test_groups_are_mentioned_otherwise_than_people() -> None:
    assert [mention(who) for who in ("U1", "W1", "S1")] == ["<@U1>", "<@W1>", "<!subteam^S1>"]
