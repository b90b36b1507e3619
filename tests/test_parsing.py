"""The grammar of `/set-action`: what is accepted, what is said about the rest, and what can never happen."""

import re
from itertools import chain
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.catalogue import DEFAULT_ACTIONS, Catalogue
from bot.customer_ids import DEFAULT_ID_PATTERN, is_customer_id
from bot.errors import InvalidRequest
from bot.parsing import HelpWanted, Request, UnusableText, parse

CATALOGUE = Catalogue(DEFAULT_ACTIONS)
CLUSTERS = {"evian3": "Evian 3", "lab": "lab", "berlin-1": "Berlin (one)", "evian": "Évian"}
ONE = "e106b3d0fb0111efb2cdda09530d43d0"
TWO = "c126d3b0fb0111efb2cdda09530d43d0"


def read(text: str, pattern: re.Pattern[str] = DEFAULT_ID_PATTERN) -> HelpWanted | Request:
    return parse(text, catalogue=CATALOGUE, clusters=CLUSTERS, id_pattern=pattern)


def accepted(text: str) -> Request:
    request = read(text)
    assert isinstance(request, Request)
    return request


def refused(text: str, pattern: re.Pattern[str] = DEFAULT_ID_PATTERN) -> UnusableText:
    with pytest.raises(UnusableText) as caught:
        read(text, pattern)
    assert caught.value.problems
    return caught.value


def only_problem(text: str) -> str:
    (problem,) = refused(text).problems
    return problem


@pytest.mark.parametrize("text", ["", "  \n", " - ", "help", " HELP ", "`help`", "\u200b"])
def test_help(text: str) -> None:
    assert read(text) == HelpWanted()


@pytest.mark.parametrize(
    ("names", "action", "cluster"),
    [
        ("T-Enable evian3", "T-Enable", "evian3"),
        ("evian3 T-Enable", "T-Enable", "evian3"),
        ("T Enable evian 3", "T-Enable", "evian3"),
        ("EVIAN_3 t_enable", "T-Enable", "evian3"),
        ("t evian", "T-Enable", "evian"),
        ("T\u2013Enable, évian", "T-Enable", "evian"),
        ("begin Berlin (one)", "Tran-Begin", "berlin-1"),
        ("berlin 1 transition begin", "Tran-Begin", "berlin-1"),
        ("“PE-Finalize” `lab`", "PE-Finalize", "lab"),
    ],
)
def test_names_in_either_order_and_any_spelling(names: str, action: str, cluster: str) -> None:
    request = accepted(f"{names} {ONE}")
    assert (request.action.name, request.cluster, request.cids) == (action, cluster, (ONE,))


def test_ids_by_any_separator_without_duplicates() -> None:
    request = accepted(f"t lab {ONE},{TWO} ;\n`{ONE}`\t“abc”,,'{TWO}'\u00a0\ufeffa.b_c-9\u200b")
    assert request.cids == (ONE, TWO, "abc", "a.b_c-9")
    assert request.duplicates == 2


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        (f"{ONE} reason: planned  work\n today", "planned work today"),
        (f"{ONE}, REASON:x reason: y", "x reason: y"),
        (f"{ONE} Reason : &lt;!channel&gt; &amp;amp; co", "<!channel> &amp; co"),
        (f"{ONE} reason: {'x' * 500}", "x" * 500),
        (f"{ONE} reason: a\u202eb\u200b\x00c\ud800d", "abcd"),
        (ONE, None),
    ],
)
def test_reason(typed: str, reason: str | None) -> None:
    assert accepted(f"T-Enable lab {typed}").reason == reason


def test_unknown_action_suggests_and_lists() -> None:
    problem = only_problem(f"T-Enabel lab {ONE}")
    assert "no action “T-Enabel”; did you mean T-Enable?" in problem
    assert "Tran-Begin, PE-Enable, T-Enable, PE-Finalize, PE-Direct" in problem


def test_unknown_cluster_suggests_and_lists() -> None:
    problem = only_problem(f"T-Enable evain3 {ONE}")
    assert "no cluster “evain3”; did you mean evian3?" in problem
    assert "evian3, lab, berlin-1, evian" in problem
    assert "did you mean" not in only_problem(f"München T-Enable {ONE}")


@pytest.mark.parametrize("text", [f"T-Enabel berln-1 {ONE}", f"berln-1 T-Enabel {ONE}"])
def test_both_unknown_in_the_likeliest_reading(text: str) -> None:
    problems = " ".join(refused(text).problems)
    assert "no action “T-Enabel”; did you mean T-Enable?" in problems
    assert "no cluster “berln-1”; did you mean berlin-1?" in problems


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("T-Enable", ["No cluster is named", "No customer id is given"]),
        ("lab", ["No action is named", "No customer id is given"]),
        ("T-Enable lab", ["No customer id is given"]),
        (ONE, ["No action is named", "No cluster is named"]),
        (f"T-Enable {ONE} {TWO}", ["No cluster is named"]),
        ("reason: x", ["No action is named", "No cluster is named", "No customer id is given"]),
        (f"T-Enable lab {ONE} reason:", ["nothing after “reason:”"]),
        (f"T-Enable lab {ONE} reason: {'x' * 501}", ["1 character too long; 500"]),
        (f"T-Enable lab {ONE} reason: {'x' * 512}", ["12 characters too long; 500"]),
        (f"T-Enable lab {ONE} reason maintenance", ["“reason” needs a colon"]),
        (f"please T-Enable lab {ONE}", ["“please” is out of place"]),
        (f"T-Enable {ONE} lab {TWO}", [f"“{ONE}” is out of place"]),
        (f"T-Enable lab PE_Enable {ONE}", ["action “PE_Enable”"]),
        (f"T-Enable lab {ONE} evian 3 lab", ["cluster “evian 3”, “lab”"]),
    ],
)
def test_says_what_is_missing_or_out_of_place(text: str, said: list[str]) -> None:
    problems = refused(text).problems
    assert len(problems) == len(said)
    for problem, words in zip(problems, said, strict=True):
        assert words in problem


@pytest.mark.parametrize(
    "text", ["lab PE Finalise abc", "PE Finalise lab abc", "PE Finalise", "lab pe-finalise abc"]
)
def test_a_slip_in_a_name_never_becomes_another_action(text: str) -> None:
    error = refused(text)
    assert "PE-Finalize" in error.problems[0]
    assert error.action is None


def test_bad_ids_are_named_cut_and_counted() -> None:
    problem = only_problem(f"T-Enable lab ab {'x' * 90} a! {ONE} a! <!channel> b? c?! d$ e$")
    assert f"these 8 customer ids: “ab”, “{'x' * 39}…”, “a!”, “<!channel>”, “b?” and 3 more" in problem
    assert "3 to 64 letters" in problem


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("\u0430bcd", "\\u0430bcd"),
        ("abc\u200bdef", "abc\\u200bdef"),
        ("abc\u202edef", "abc\\u202edef"),
        ("abc\x07def", "abc\\x07def"),
        ("\uff11\uff12\uff13\uff14", "\\uff11\\uff12\\uff13\\uff14"),
        ("ab\ud800cd", "ab\\ud800cd"),
    ],
)
def test_characters_that_deceive_are_refused_and_shown_for_what_they_are(word: str, shown: str) -> None:
    anything = re.compile(r".+", re.DOTALL)
    for pattern in (DEFAULT_ID_PATTERN, anything):
        error = refused(f"T-Enable lab {ONE} {word}", pattern)
        assert f"“{shown}”" in str(error)
        assert word not in str(error)


@pytest.mark.parametrize("word", ["ALL", "all", "All"])
def test_the_clusters_word_for_every_customer_is_no_id(word: str) -> None:
    assert "“ALL” is not one" in only_problem(f"T-Enable lab {word}")


def test_another_pattern_is_quoted() -> None:
    assert "must match [a-f]+" in str(refused("T-Enable lab xyz", re.compile("[a-f]+")))


@pytest.mark.parametrize(
    ("text", "action", "cluster", "count"),
    [
        (f"T-Enable evain3 {ONE} {ONE} {TWO} !", "T-Enable", None, 2),
        (f"T-Enabel lab {ONE}", None, "lab", 1),
        ("T-Enable lab", "T-Enable", "lab", 0),
        ("nonsense here", None, None, 0),
    ],
)
def test_carries_what_was_recognised(text: str, action: str | None, cluster: str | None, count: int) -> None:
    error = refused(text)
    assert isinstance(error, InvalidRequest)
    assert (error.action, error.cluster, error.count) == (action, cluster, count)


# What can never happen. -------------------------------------------------------------------------------

ids = st.one_of(
    st.uuids().map(lambda value: value.hex),
    st.from_regex(re.compile(r"[0-9][0-9A-Za-z._-]{5,62}[0-9A-Za-z_-]", re.ASCII), fullmatch=True),
)
separators = st.sampled_from([" ", ",", ", ", "\n", ";", "\t", " ,\r\n", "\u00a0", "\u3000"])
wrappings = st.sampled_from(["", "`", '"', "\u201c", "'", "\u200b", "\ufeff"])
joints = st.sampled_from(["-", "_", " ", " - "])
cases = st.sampled_from([str.lower, str.upper, str.title, str.swapcase])
pieces = st.one_of(
    st.text(max_size=6),
    ids,
    separators,
    wrappings,
    st.sampled_from(
        ["T-Enable", "evian3", "pe", "Evian", "3", "reason:", "reason", "help", "&lt;", "ALL", "<!channel>"]
    ),
)
texts = st.lists(pieces, max_size=15).map("".join) | st.lists(pieces, max_size=15).map(" ".join)


@st.composite
def spellings(draw: st.DrawFn, names: tuple[str, ...]) -> str:
    name = draw(st.sampled_from(names)).replace("-", draw(joints))
    return draw(cases)(name)


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, str, list[str], str | None]:
    """A text that must be accepted, with its action, cluster, ids as typed and reason."""
    action = draw(st.sampled_from(DEFAULT_ACTIONS))
    cluster = draw(st.sampled_from(sorted(CLUSTERS)))
    names = [draw(spellings(action.spellings)), draw(spellings((cluster, CLUSTERS[cluster])))]
    cids = draw(st.lists(ids, min_size=1, max_size=20))
    cids += draw(st.lists(st.sampled_from(cids), max_size=5))
    wrapped = [f"{wrap}{cid}{wrap}" for cid, wrap in ((cid, draw(wrappings)) for cid in cids)]
    words = [*draw(st.permutations(names)), *wrapped]
    text = "".join(chain.from_iterable((word, draw(separators)) for word in words))
    reason = draw(st.none() | st.from_regex(r"[a-z0-9<>&;:,]{1,20}( [a-z0-9<>&]{1,20}){0,3}", fullmatch=True))
    if reason is not None:
        text += f"{draw(cases)('reason')}: {reason}"
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped, action.name, cluster, cids, reason


@given(requests())
def test_every_valid_request_comes_through_as_meant(
    given: tuple[str, str, str, list[str], str | None],
) -> None:
    text, action, cluster, cids, reason = given
    request = accepted(text)
    assert (request.action.name, request.cluster, request.reason) == (action, cluster, reason)
    assert request.cids == tuple(dict.fromkeys(cids))
    assert request.duplicates == len(cids) - len(request.cids)


@given(texts)
@example("-" * 300)
@example("reason:" * 50)
@example("\x1c T-Enable \x85 lab \u2028" + ONE)
def test_any_text_is_understood_or_explained(text: str) -> None:
    match outcome(text):
        case UnusableText() as error:
            assert error.problems
            assert all(problem.isprintable() for problem in error.problems)
        case Request() as request:
            assert request.cids
            assert len(set(request.cids)) == len(request.cids)
            assert all(cid in text and is_customer_id(cid, DEFAULT_ID_PATTERN) for cid in request.cids)
            assert request.reason is None or 0 < len(request.reason) <= 500


def outcome(text: str) -> HelpWanted | Request | UnusableText:
    try:
        return read(text)
    except UnusableText as error:
        return error


bad_ids = st.text(
    st.characters(exclude_categories=["Zs", "Zl", "Zp", "Cc"], exclude_characters=",;&<"), max_size=30
).map(lambda text: f"x!{text}x")


@given(st.lists(ids, max_size=8), st.lists(bad_ids, min_size=1, max_size=8, unique=True), st.randoms())
def test_one_bad_id_refuses_all_and_the_counts_add_up(
    good: list[str], bad: list[str], random: Random
) -> None:
    typed = [*good, *bad]
    random.shuffle(typed)
    error = refused(f"T-Enable lab {' '.join(typed)}")
    assert error.count == len(set(good))
    assert (f"these {len(bad)} customer ids" if len(bad) > 1 else "this customer id") in str(error)
    assert ("more" in str(error)) == (len(bad) > 5)
