"""Many words at once are judged as each is by itself, whatever the pattern and the names."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.catalogue import DEFAULT_ACTIONS, Catalogue
from bot.customer_ids import DEFAULT_ID_PATTERN, HEADING_WORDS, are_plain_ids, is_customer_id
from bot.intake import ids
from bot.intake.ids import AROUND, Gathering, UnusableFile
from bot.vocabulary import Vocabulary

PATTERNS = [
    DEFAULT_ID_PATTERN,
    re.compile(DEFAULT_ID_PATTERN.pattern),  # of any script
    re.compile(r"c\d{4}"),
    re.compile(r"[^,]{2,}"),  # takes a line's end, a space, a quotation mark, too
    re.compile(r".*", re.DOTALL),
]
NAMES = Vocabulary(Catalogue(DEFAULT_ACTIONS), {"evian3": "Evian 3", "c0001": "Fourth"})
plain = st.from_regex(r"[0-9a-z][0-9A-Za-z._-]{2,10}", fullmatch=True)
odd = st.sampled_from([
    "", "ab", "ab\ncd", "abc\ndef", "abcd\n", "\nabcd", "ALL", "and", "Kunden", "x" * 65, "\u0430bcd",
    "abc\u00e9", " abc", "'abc'", "a b c", "T-Enable", "t__enable", "TENABLE", "evian3", "Evian-3", "c0001",
    "c0002", "_abc",
])  # fmt: skip
words = st.lists(plain | odd | st.text(max_size=6), max_size=6)


@given(words, st.sampled_from(PATTERNS))
@example(["ab\ncdef"], PATTERNS[3])
@example(["abc\ndef"], DEFAULT_ID_PATTERN)
def test_what_is_plain_together_is_an_id_each(found: list[str], pattern: re.Pattern[str]) -> None:
    if are_plain_ids(found, pattern):
        assert all(is_customer_id(word, pattern) and word.strip(AROUND) == word for word in found)


@given(st.lists(st.from_regex(r"[0-9][0-9A-Za-z._-]{2,63}", fullmatch=True)))
def test_ids_as_they_mostly_are_need_no_look_at_each(found: list[str]) -> None:
    assert are_plain_ids(found, DEFAULT_ID_PATTERN)
    assert Gathering(DEFAULT_ID_PATTERN, NAMES).take_all(found)


@given(words)
def test_names_are_found_among_many_as_by_themselves(found: list[str]) -> None:
    assert NAMES.has_none(found) == all(next(NAMES.at([word], 0), None) is None for word in found)


@given(st.lists(words), st.sampled_from(PATTERNS), st.sampled_from([None, NAMES]))
def test_taking_all_is_taking_each(
    lists: list[list[str]], pattern: re.Pattern[str], names: Vocabulary | None
) -> None:
    together, each = Gathering(pattern, names), Gathering(pattern, names)
    for line, found in enumerate(lists, start=1):
        bare = [core for word in found if (core := word.strip(AROUND))]
        if not together.take_all(found):
            for word in bare:
                together.take(word, line)
        for word in bare:
            each.take(word, line)
    assert together.taken() == each.taken()


def test_repeated_ones_are_taken_once_in_order_and_counted() -> None:
    gathering = Gathering(DEFAULT_ID_PATTERN)
    for found in (["c0003", "c0001", "c0003"], ["c0002", "c0001", "c0002"], ["c0009"]):
        assert gathering.take_all(found)
    taken = gathering.taken()
    assert (taken.cids, taken.duplicates) == (("c0003", "c0001", "c0002", "c0009"), 3)


def test_headings_are_never_taken_together() -> None:
    for word in HEADING_WORDS:
        assert not Gathering(DEFAULT_ID_PATTERN).take_all(["c0001", word.upper()])


def test_too_many_are_too_many_together_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "MOST_IDS", 3)
    gathering = Gathering(DEFAULT_ID_PATTERN)
    assert gathering.take_all(["c0001", "c0002", "c0003", "c0001"])
    with pytest.raises(UnusableFile, match="more than 3 different customer ids"):
        gathering.take_all(["c0004"])
