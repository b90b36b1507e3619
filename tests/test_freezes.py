"""Freeze windows: weekly over midnight and clock changes, dated, joined; mistakes with place and remedy."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import load
from bot.errors import ConfigurationError
from bot.freezes import Dated, Frozen, Weekly, frozen
from tests.test_config_mistakes import CLUSTER, POLICY, VARIABLES

BERLIN = ZoneInfo("Europe/Berlin")
FRIDAY = Weekly(frozenset({4}), time(18), time(6), BERLIN, "weekend")


def at(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        ("2026-11-27T17:59", None),
        ("2026-11-27T18:00", "2026-11-28T06:00"),
        ("2026-11-28T05:59", "2026-11-28T06:00"),
        ("2026-11-28T06:00", None),
        ("2026-11-26T20:00", None),
    ],
)
def test_a_weekly_window_lasts_into_the_next_day(moment: str, until: str | None) -> None:
    found = frozen([FRIDAY], at(moment))
    assert found == (Frozen(at(until), "weekend") if until else None)


def test_midnight_is_the_end_of_its_day_and_windows_that_meet_are_one() -> None:
    saturday = Weekly(frozenset({5, 6}), time(0), time(0), BERLIN, "no one is here")
    friday = Weekly(frozenset({4}), time(18), time(0), BERLIN, "weekend")
    monday = Dated(at("2026-11-30T00:00"), at("2026-11-30T07:00"), "stocktaking")
    found = frozen([friday, saturday, monday], at("2026-11-27T22:00"))
    assert found == Frozen(at("2026-11-30T07:00"), "weekend; no one is here; stocktaking")


@pytest.mark.parametrize(
    ("begins", "ends", "first", "last"),
    [
        (time(2, 15), time(2, 45), "2026-10-25T00:15+00:00", "2026-10-25T01:45+00:00"),  # 02:30 comes twice
        (time(2, 15), time(4), "2026-03-29T00:15+00:00", "2026-03-29T02:00+00:00"),  # 02:15 does not exist
    ],
)
def test_where_clocks_change_it_lasts_as_long_as_can_be_read(
    begins: time, ends: time, first: str, last: str
) -> None:
    window = Weekly(frozenset(range(7)), begins, ends, BERLIN, "why")
    edge, end = datetime.fromisoformat(first), datetime.fromisoformat(last)
    assert window.end_of(edge) == end
    assert window.end_of(end - timedelta(milliseconds=1)) == end
    assert window.end_of(end) is None


@given(
    days=st.sets(st.integers(0, 6), min_size=1, max_size=6),
    begins=st.times(),
    ends=st.times(),
    minutes=st.integers(0, 366 * 1440),
)
def test_the_end_that_is_told_is_no_longer_frozen(
    days: set[int], begins: time, ends: time, minutes: int
) -> None:
    window = Weekly(frozenset(days), begins, ends, BERLIN, "why")
    found = frozen([window], datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes))
    assert found is None or frozen([window], found.until) is None


GOOD = 'days = ["fri", "sat"]\nfrom = "18:00"\nto = "24:00"\ntimezone = "Europe/Berlin"\nreason = "weekend"\n'
DATED = 'from = 2026-12-20T00:00:00\nto = "2027-01-03T06:00"\ntimezone = "UTC"\nreason = "holidays"\n'
HEAD = "[[clusters.evian3.freeze]]\n"


def loaded(tmp_path: Path, *windows: str) -> dict[str, str]:
    """The mistakes by their place; none where it can be used."""
    path = tmp_path / "set-action.toml"
    path.write_text(CLUSTER + "".join(HEAD + window for window in windows) + POLICY)
    try:
        config = load({**VARIABLES, "SET_ACTION_CONFIG": str(path)})
    except ConfigurationError as exc:
        return {problem.where: problem.what for problem in exc.problems}
    assert len(config.clusters["evian3"].freezes) == len(windows)
    return {}


def test_both_kinds_are_read(tmp_path: Path) -> None:
    assert loaded(tmp_path, GOOD, DATED) == {}


@pytest.mark.parametrize(
    ("window", "where", "advice"),
    [
        (GOOD.replace('"fri"', '"friday"'), ".days[0]", "some of mon, tue"),
        (GOOD.replace('["fri", "sat"]', "[]"), ".days", "is empty"),
        (GOOD.replace("Berlin", "Atlantis"), ".timezone", "is not a known time zone"),
        (GOOD.replace('"18:00"', '"6pm"'), ".from", "cannot be read; write a time like"),
        (GOOD.replace('"24:00"', '"2026-12-20T00:00"'), ".to", "the window is weekly"),
        (DATED.replace("2026-12-20T00:00:00", '"00:00"'), ".from", "a time without a date"),
        (DATED.replace("2027", "2025"), ".to", "is not after `from`"),
        (GOOD.replace("weekend", " "), ".reason", "why, for whoever has to wait"),
        (GOOD.replace('reason = "weekend"\n', ""), ".reason", "why nothing may start then"),
        (GOOD + "until = 3\n", ".until", "is not a known key"),
    ],
)
def test_a_mistake_has_its_place_and_a_remedy(tmp_path: Path, window: str, where: str, advice: str) -> None:
    found = loaded(tmp_path, window)
    assert list(found) == [f"clusters.evian3.freeze[0]{where}"]
    assert advice in next(iter(found.values()))


def test_windows_that_leave_no_time_at_all_are_refused(tmp_path: Path) -> None:
    week = GOOD.replace('["fri", "sat"]', '["mon", "tue", "wed", "thu", "fri", "sat", "sun"]')
    found = loaded(tmp_path, week.replace("18:00", "00:00"))
    assert list(found) == ["clusters.evian3.freeze"]
    assert "leaves no time" in found["clusters.evian3.freeze"]


APPROVERS = '[[policy]]\nwho = {}\nmay = ["approve"]\nactions = {}\nclusters = ["*"]\n'


@pytest.mark.parametrize(
    ("text", "where", "advice"),
    [
        ("protected = true\n" + POLICY, "clusters.evian3", "nobody may approve it"),
        (
            "protected = true\napprovals = 2\n" + POLICY + APPROVERS.format('["U1"]', '["*"]'),
            "clusters.evian3",
            "only one person may approve it",
        ),
        (
            "protected = true\n" + POLICY + APPROVERS.format('["S1"]', '["T-Enable"]'),
            "clusters.evian3",
            "Tran-Begin, PE-Enable, PE-Finalize, PE-Direct there needs",
        ),
        (POLICY + "[approvals.actions]\nPE-Finalize = 1\n", "clusters.evian3", "PE-Finalize there needs"),
        (POLICY + "[approvals.actions]\nPE-Finalise = 1\n", "approvals.actions.PE-Finalise", "PE-Finalize"),
        (POLICY + "[approvals]\nremind_after_s = [60, 30]\n", "approvals.remind_after_s", "each more than"),
        ("approvals = 2\n" + POLICY, "clusters.evian3.approvals", "add protected = true"),
        ("protected = true\napprovals = 3\n" + POLICY, "clusters.evian3.approvals", "at most 2"),
        (POLICY + "[schedule]\nlate = 3\n", "schedule.late", "write late_s"),
    ],
)
def test_a_mistake_about_approvals(tmp_path: Path, text: str, where: str, advice: str) -> None:
    path = tmp_path / "set-action.toml"
    path.write_text(CLUSTER + text)
    with pytest.raises(ConfigurationError) as caught:
        load({**VARIABLES, "SET_ACTION_CONFIG": str(path)})
    found = {problem.where: problem.what for problem in caught.value.problems}
    assert list(found) == [where]
    assert advice in found[where]
