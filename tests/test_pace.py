"""Slack's limits kept from our side, on a clock that a test moves."""

import pytest

from bot.outbox import pace
from bot.outbox.pace import Pace


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def posted(kept: Pace, channel: str) -> int:
    """How many messages may go at this moment."""
    count = 0
    while not kept.post(channel):
        count += 1
    return count


def test_a_channel_gets_a_short_burst_then_one_a_second(clock: Clock) -> None:
    kept = Pace(clock)
    assert posted(kept, "C1") == 3
    assert kept.post("C1") == pytest.approx(1.0)
    clock.now += 0.5
    assert kept.post("C1") == pytest.approx(0.5)
    clock.now += 0.5
    assert [kept.post("C1") == 0, kept.post("C1") == 0] == [True, False]


def test_one_channel_does_not_hold_up_another(clock: Clock) -> None:
    kept = Pace(clock)
    assert posted(kept, "C1") == 3
    assert posted(kept, "C2") == 3


def test_the_workspace_has_a_budget_over_all_channels(clock: Clock) -> None:
    kept = Pace(clock)
    assert sum(posted(kept, f"C{n}") for n in range(50)) == 20
    clock.now += 2
    assert sum(posted(kept, f"D{n}") for n in range(50)) == 10


def test_a_refused_leave_uses_up_nothing(clock: Clock) -> None:
    kept = Pace(clock)
    for n in range(20):
        assert kept.post(f"C{n}") == 0
    assert [kept.post("C99") for _ in range(5)] == [pytest.approx(0.2)] * 5
    clock.now += 60
    assert posted(kept, "C99") == 3


@pytest.mark.parametrize("step", [0.05, 0.3, 1.0])
def test_no_minute_sees_more_updates_than_the_tier_allows(clock: Clock, step: float) -> None:
    kept, at = Pace(clock), list[float]()
    while clock.now < 1_300:
        if not kept.update(len(at), ended=False):
            at.append(clock.now)
        clock.now += step
    for start in at:
        # Fifty a minute and a burst of ten: Slack answers the few beyond with 429, which is obeyed.
        assert sum(start <= moment < start + 60 for moment in at) <= 60
    assert len(at) == pytest.approx(10 + 300 * 50 / 60, abs=6)


def test_after_the_time_it_names_there_is_leave(clock: Clock) -> None:
    kept = Pace(clock)
    for card in range(200):
        if wait := kept.update(card, ended=False):
            clock.now += wait + 1e-6
            assert kept.update(card, ended=False) == 0


def test_posts_and_updates_do_not_share_a_budget(clock: Clock) -> None:
    kept = Pace(clock)
    while not kept.update(1, ended=True):
        continue
    assert posted(kept, "C1") == 3


def test_a_running_jobs_card_waits_its_time_and_uses_up_no_leave_meanwhile(clock: Clock) -> None:
    kept = Pace(clock)
    assert kept.update(1, ended=False) == 0
    clock.now += 0.5
    assert [kept.update(1, ended=False) for _ in range(50)] == [pytest.approx(1.0)] * 50
    assert sum(kept.update(card, ended=False) == 0 for card in range(2, 50)) == 9  # of the burst of ten
    clock.now += 60
    assert kept.update(1, ended=False) == 0
    assert kept.update(1, ended=True) == 0, "its last form does not wait"


def test_channels_are_forgotten_longest_unused_first(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "REMEMBERED", 2)
    kept = Pace(clock)
    assert posted(kept, "C1") == 3
    assert posted(kept, "C2") == 3
    assert kept.post("C1") > 0  # used again: now C2 is the older one
    assert posted(kept, "C3") == 3
    assert kept.post("C1") > 0
    assert len(kept._channels) == 2


def test_a_home_is_published_once_in_a_while_and_all_of_them_leave_room_for_forms(clock: Clock) -> None:
    kept = Pace(clock)
    assert kept.home("U0ASTER") == 0
    assert kept.home("U0ASTER") == pytest.approx(pace.BETWEEN_HOMES_S)
    clock.now += pace.BETWEEN_HOMES_S
    assert kept.home("U0ASTER") == 0
    at_once = [kept.home(f"U{n}") for n in range(40)]
    assert at_once.count(0) < 25
    assert max(at_once) > 0
    in_a_minute = 0
    for _ in range(600):
        clock.now += 0.1
        in_a_minute += not kept.home(f"U{clock.now}")
    assert in_a_minute <= 81
