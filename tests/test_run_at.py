"""`at:…` as people type it: read by their own clocks, or refused with what to write instead."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import InvalidRequest
from bot.run_at import moment, split_at, told

NOW = datetime(2026, 3, 1, tzinfo=UTC)
YEAR_S = 366 * 86_400.0


@pytest.mark.parametrize(
    ("text", "rest", "typed"),
    [
        ("T-Enable evian3 at:2026-11-24T02:00 cid-1", "T-Enable evian3 cid-1", "2026-11-24T02:00"),
        ("AT: 2026-11-24 02:00 cid-1", "cid-1", "2026-11-24T02:00"),
        ("at:2026-11-24T02:00Z, cid-1", ", cid-1", "2026-11-24T02:00Z"),
        ("at:2026-11-24T02:00+01:00", "", "2026-11-24T02:00+01:00"),
        ("cat:2026 cid-1", "cat:2026 cid-1", None),
    ],
)
def test_it_is_found_and_taken_out(text: str, rest: str, typed: str | None) -> None:
    left, found, problems = split_at(text)
    assert (" ".join(left.split()), found, problems) == (rest, typed, [])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("at:", "There is nothing after “at:”"),
        ("at:soon", "“soon” is not a date and time"),
        ("at:2026-11-24", "“2026-11-24” is not a date and time"),
        ("at:02:00", "“02:00” is not a date and time"),
        ("at:2026-11-24T02:00 at:2026-11-25T02:00", "More than one time"),
    ],
)
def test_what_is_wrong_with_it(text: str, problem: str) -> None:
    _, _, problems = split_at(text)
    assert problem in problems[0]


@pytest.mark.parametrize(
    ("typed", "zone", "utc"),
    [
        ("2026-11-24T02:00", "Europe/Berlin", "2026-11-24T01:00"),
        ("2026-07-24T02:00", "Europe/Berlin", "2026-07-24T00:00"),
        ("2026-07-24T02:00", "Asia/Kolkata", "2026-07-23T20:30"),
        ("2026-07-24T02:00-07:00", None, "2026-07-24T09:00"),
        ("2026-10-25T02:30+01:00", "Europe/Berlin", "2026-10-25T01:30"),
    ],
)
def test_a_time_by_somebodys_own_clocks(typed: str, zone: str | None, utc: str) -> None:
    assert moment(typed, zone, NOW, YEAR_S) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        (
            "2026-10-25T02:30",
            "02:30 on 25 October 2026 comes twice in Europe/Berlin, where clocks are set back. "
            "Write at:2026-10-25T02:30+0200 or at:2026-10-25T02:30+0100.",
        ),
        (
            "2026-03-29T02:30",
            "02:30 on 29 March 2026 does not exist in Europe/Berlin, where clocks are set forward. "
            "Write at:2026-03-29T01:30 or at:2026-03-29T03:30.",
        ),
        ("2026-02-28T23:59", "Sat 28 Feb 2026, 23:59 in Europe/Berlin (22:59 UTC) is over already"),
        ("2026-12-24T02:00", "is too far off: at most 30 days ahead are taken."),
    ],
)
def test_a_time_that_is_none_or_two_or_over_or_too_far(typed: str, wanted: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        moment(typed, "Europe/Berlin", NOW, 30 * 86_400)
    assert wanted in str(caught.value)


def test_what_is_proposed_instead_can_be_typed() -> None:
    for typed in ("2026-10-25T02:30+0200", "2026-10-25T02:30+0100", "2026-03-29T01:30", "2026-03-29T03:30"):
        assert split_at(f"at:{typed}")[2] == []
        assert moment(typed, "Europe/Berlin", NOW, YEAR_S) > NOW


@pytest.mark.parametrize("zone", [None, "Mars/Olympus", "../etc/passwd", ""])
def test_without_a_known_zone_a_time_must_say_its_own(zone: str | None) -> None:
    with pytest.raises(InvalidRequest, match="with a Z at its end"):
        moment("2026-11-24T02:00", zone, NOW, YEAR_S)


def test_a_moment_is_told_by_both_clocks() -> None:
    at = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    assert told(at, "Europe/Berlin") == "Tue 24 Nov 2026, 00:30 in Europe/Berlin (Mon 23 Nov, 23:30 UTC)"
    assert (
        told(at + timedelta(hours=2), "Europe/Berlin")
        == "Tue 24 Nov 2026, 02:30 in Europe/Berlin (01:30 UTC)"
    )
    assert told(at, "Etc/UTC") == told(at, None) == "Mon 23 Nov 2026, 23:30 UTC"
