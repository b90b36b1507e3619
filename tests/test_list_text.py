"""The text of `/my-jobs`: filters in any order and spelling, dates in a person's zone, words for mistakes."""

import itertools
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.catalogue import DEFAULT_ACTIONS, Catalogue
from bot.customer_ids import DEFAULT_ID_PATTERN
from bot.errors import InvalidRequest
from bot.job_filter import EVERYBODY, JobFilter
from bot.list_dates import Clock, read_date
from bot.list_text import needs_clock, parse
from bot.list_words import STANDINGS, Answer, CustomerWanted, ExportWanted, JobWanted, Words
from store.listing_model import Standing

WORDS = Words(Catalogue(DEFAULT_ACTIONS), {"evian3": "Evian 3", "cafe": "cafe"}, DEFAULT_ID_PATTERN)
CLOCK = Clock(datetime(2026, 11, 25, 3, 30, tzinfo=UTC), known=True)
TODAY = datetime(2026, 11, 25, tzinfo=UTC)
DAY = timedelta(days=1)


def read(text: str) -> Answer:
    return parse(text, WORDS, CLOCK)


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(InvalidRequest) as caught:
        read(text)
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", JobFilter()),
        ("  ,; ", JobFilter()),
        (
            "failed evian3 since:yesterday",
            JobFilter(standing=Standing.FAILED, cluster="evian3", since=TODAY - DAY),
        ),
        ("Evian 3, T_enable PARTLY failed", JobFilter(standing=Standing.PARTLY, cluster="evian3", action=3)),
        (
            "state: waiting to arrive action:t cluster : Evian 3",
            JobFilter("", Standing.ARRIVING, 3, "evian3"),
        ),
        ("since yesterday until=today", JobFilter(since=TODAY - DAY, until=TODAY + DAY)),
        ("yesterday", JobFilter(since=TODAY - DAY, until=TODAY)),
        ("2026-11-24", JobFilter(since=TODAY - DAY, until=TODAY)),
        ("7d", JobFilter(since=CLOCK.now - 7 * DAY)),
        ("until:24h", JobFilter(until=CLOCK.now - DAY)),
        ("batch:7q2kx4 unknown", JobFilter(standing=Standing.UNKNOWN, batch="7Q2KX4")),
        ("all failed", JobFilter(EVERYBODY, Standing.FAILED)),
        ("user:<@U0BRAM|bram> failed", JobFilter("U0BRAM", Standing.FAILED)),
        ("<@W0CLEO>", JobFilter("W0CLEO")),
        ("failed failed", JobFilter(standing=Standing.FAILED)),
        ("cafe", JobFilter(cluster="cafe")),  # also the beginning of an id, but the name of a cluster
        ("`failed`", JobFilter(standing=Standing.FAILED)),
        ("abcd1234", JobWanted("abcd1234")),
        ("#4F2A", JobWanted("4F2A")),
        ("customer e106b3d0fb01", CustomerWanted("e106b3d0fb01")),
        ("Customer: e106b3d0fb01", CustomerWanted("e106b3d0fb01")),
        ("audit export", ExportWanted("csv", None, None)),
        ("export audit log as JSON-lines since:7d", ExportWanted("jsonl", CLOCK.now - 7 * DAY, None)),
        ("audit csv yesterday", ExportWanted("csv", TODAY - DAY, TODAY)),
    ],
)  # fmt: skip
def test_what_is_asked_for(text: str, wanted: Answer) -> None:
    assert read(text) == wanted


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("faild", "“faild” is no filter of a list of jobs; did you mean failed?"),
        ("evian4", "did you mean evian3?"),
        ("failed unknown", "More than one state is named"),
        ("evian3 cafe", "More than one cluster is named"),
        ("cluster:evian4", "There is no cluster “evian4”; did you mean evian3?"),
        ("action:cafe", "There is no action “cafe”"),
        ("state:T-Enable", "There is no state “T-Enable”; known: running"),
        ("pe finalise", "“pe” is nearly PE-Finalize; write it exactly"),
        ("since:", "There is nothing after “since”"),
        ("since:someday", "“someday” is no date; write today, yesterday"),
        ("since:2026-02-30", "is no date"),
        ("since:today until:yesterday", "“since” is later than “until”"),
        ("@bram", "Slack did not say who “@bram” is"),
        ("user:bram", "Slack did not say who “bram” is"),
        ("batch:x", "is not the code of a batch"),
        ("customer a/b", "“a/b” is no customer id"),
        ("customer e106b3d0fb01 failed", "takes no filters"),
        ("audit failed", "An export takes csv or jsonl"),
        ("&lt;!channel&gt;", "“<!channel>” is no filter"),
        ("x " * 300, "more than 200 words"),
        ("help me", "is no filter of a list of jobs"),
    ],
)
def test_what_is_wrong_is_said(text: str, why: str) -> None:
    assert any(why in problem for problem in problems(text)), problems(text)


PARTS = ("failed", "Evian 3", "t-enable", "since:2026-11-01", "until:today", "user:<@U0BRAM>", "batch:7Q2KX4")


@given(st.permutations(PARTS), st.sampled_from((" ", ", ", "  ;\n")), st.booleans())
def test_order_separators_and_case_do_not_matter(parts: list[str], between: str, loud: bool) -> None:
    text = between.join(parts)
    wanted = JobFilter(
        "U0BRAM", Standing.FAILED, 3, "evian3", "7Q2KX4", datetime(2026, 11, 1, tzinfo=UTC), TODAY + DAY
    )
    assert read(text.upper() if loud else text) == wanted


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from((*STANDINGS, *PARTS, "customer", "audit", ":", "@x")), max_size=8).map(
        " ".join
    )
)
def test_whatever_is_typed_is_understood_or_refused_in_words(text: str) -> None:
    said: tuple[str, ...] = ()
    try:
        read(text)
    except InvalidRequest as refusal:
        said = refusal.problems
    assert all(re.search(r"[.?]$", problem) for problem in said)


def test_a_day_is_that_of_the_persons_zone() -> None:
    # 03:30 UTC is still the evening before in New York.
    clock = Clock(CLOCK.now, ZoneInfo("America/New_York"), known=True)
    span = read_date("today", clock)
    assert span
    assert span.start == datetime(2026, 11, 24, 5, tzinfo=UTC)
    assert span.end == datetime(2026, 11, 25, 5, tzinfo=UTC)


def test_a_day_on_which_clocks_change_has_its_own_length() -> None:
    clock = Clock(CLOCK.now, ZoneInfo("Europe/Berlin"), known=True)
    span = read_date("2026-10-25", clock)
    assert span
    assert span.end
    assert span.end - span.start == timedelta(hours=25)


def test_slack_is_asked_for_the_zone_only_where_a_date_is_named() -> None:
    assert needs_clock("failed since:yesterday")
    assert needs_clock("24h")
    assert not any(map(needs_clock, ("", "failed evian3", "abcd1234", "customer e106b3d0fb01")))


def test_no_spelling_of_a_state_is_the_name_of_another_thing() -> None:
    names = [spelling.lower() for action in DEFAULT_ACTIONS for spelling in action.spellings]
    assert not [pair for pair in itertools.product(STANDINGS, names) if pair[0] == pair[1]]
