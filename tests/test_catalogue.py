"""The catalogue: spellings are forgiven, clashes are not."""

import pytest

from bot.catalogue import DEFAULT_ACTIONS, MOST_LISTED, Action, Catalogue, closest, folded, listed
from bot.errors import ConfigurationError

BUILT_IN = Catalogue(DEFAULT_ACTIONS)


@pytest.mark.parametrize(
    "spelling", ["T-Enable", "t enable", "T_ENABLE", " t - enable ", "T\u2013Enable", "t"]
)
def test_case_separators_and_aliases_are_forgiven(spelling: str) -> None:
    found = BUILT_IN.find(spelling)
    assert found is not None
    assert found.name == "T-Enable"


@pytest.mark.parametrize("spelling", ["", "-", "T-Enabl", "TEnable", "3", "\u0422-Enable"])
def test_nothing_else_is(spelling: str) -> None:
    assert BUILT_IN.find(spelling) is None


def test_the_default_is_the_table_of_the_domain() -> None:
    assert BUILT_IN.names == ("Tran-Begin", "PE-Enable", "T-Enable", "PE-Finalize", "PE-Direct")
    assert [action.code for action in BUILT_IN] == [1, 2, 3, 4, 5]
    assert [action.after for action in BUILT_IN] == [(), ("Tran-Begin",), ("PE-Enable",), ("T-Enable",), ()]


def test_iterates_and_lists_in_the_order_of_the_codes() -> None:
    catalogue = Catalogue([Action(9, "Late"), Action(2, "Early")])
    assert (catalogue.names, len(catalogue)) == (("Early", "Late"), 2)


def test_gets_by_canonical_name_only() -> None:
    assert BUILT_IN["PE-Direct"].code == 5
    with pytest.raises(KeyError):
        BUILT_IN["direct"]


@pytest.mark.parametrize(
    ("word", "name"),
    [("T-Enabel", "T-Enable"), ("transbegin", "Tran-Begin"), ("finalise", "PE-Finalize"), ("xyzzy", None)],
)
def test_suggests_the_nearest(word: str, name: str | None) -> None:
    assert BUILT_IN.nearest(word) == name


@pytest.mark.parametrize(
    ("actions", "where", "word"),
    [
        ([Action(1, "A"), Action(1, "B")], "actions.B.code", "A"),
        ([Action(1, "A-B"), Action(2, "a_b")], "actions.a_b", "A-B"),
        ([Action(1, "A", aliases=("x",)), Action(2, "B", aliases=("X",))], "actions.B", "A"),
        ([Action(1, "A"), Action(2, "B", aliases=("a",))], "actions.B", "A"),
        ([Action(1, "A"), Action(2, "B", after=("AA",))], "actions.B.after[0]", "AA"),
        ([Action(1, "-")], "actions.-", "letter"),
    ],
)
def test_rejects_what_is_ambiguous(actions: list[Action], where: str, word: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Catalogue(actions)
    (problem,) = caught.value.problems
    assert problem.where == where
    assert word in problem.what


def test_rejects_everything_at_once() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Catalogue([Action(1, "A", after=("C",)), Action(1, "B", aliases=("a",))])
    assert [problem.where for problem in caught.value.problems] == [
        "actions.B.code",
        "actions.B",
        "actions.A.after[0]",
    ]


def test_an_alias_that_repeats_its_own_name_is_harmless() -> None:
    assert Catalogue([Action(1, "A-B", aliases=("a b",))]).names == ("A-B",)


def test_closest_answers_the_name_as_written() -> None:
    assert closest("evain_3", ["Evian-3", "Lab"]) == "Evian-3"
    assert closest("evian 3", []) is None


def test_folding_composes_accents() -> None:
    assert folded("E\u0301vian 3") == folded("\u00e9VIAN_3")


def test_long_lists_are_cut() -> None:
    assert listed(["a", "b"]) == "a, b"
    assert listed(map(str, range(MOST_LISTED + 2))).endswith(", 19 and 2 more")


def test_what_lies_further_on_the_path_is_whatever_follows_however_far() -> None:
    assert Catalogue(DEFAULT_ACTIONS).later() == {
        1: frozenset({2, 3, 4}), 2: frozenset({3, 4}), 3: frozenset({4}), 4: frozenset(), 5: frozenset(),
    }  # fmt: skip


def test_what_begins_is_not_for_those_who_have_gone_further() -> None:
    assert Catalogue(DEFAULT_ACTIONS).passed() == {1: frozenset({2, 3, 4, 5}), 5: frozenset({2, 3, 4})}


def test_where_nothing_follows_anything_nobody_has_gone_further() -> None:
    assert Catalogue([Action(1, "A"), Action(2, "B")]).passed() == {}


def test_a_path_that_goes_round_leads_to_everything_but_where_it_began() -> None:
    round_path = Catalogue([Action(1, "A", after=("B",)), Action(2, "B", after=("A",))])
    assert round_path.later() == {1: frozenset({2}), 2: frozenset({1})}
