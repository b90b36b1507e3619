"""Freeze windows: when nothing may start on a cluster, weekly or on dates. Plain rules, no I/O."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MOST_JOINED = 1_000  # windows that follow one another without a gap

Pick = Callable[[Sequence[datetime]], datetime]


@dataclass(frozen=True, slots=True)
class Weekly:
    """On each of `days` (0 is Monday) from `begins` to `ends` by that zone's clocks, or to the next day's.

    Where clocks are set back or forward it lasts as long as its words can be read.
    """

    days: frozenset[int]
    begins: time
    ends: time
    zone: ZoneInfo
    reason: str

    def end_of(self, at: datetime) -> datetime | None:
        """The end of the window that `at` is in, if it is in one."""
        today = at.astimezone(self.zone).date()
        for day in (today - timedelta(days=1), today):
            until = day if self.ends > self.begins else day + timedelta(days=1)
            end = _moment(until, self.ends, self.zone, max)
            if day.weekday() in self.days and _moment(day, self.begins, self.zone, min) <= at < end:
                return end
        return None


@dataclass(frozen=True, slots=True)
class Dated:
    """Once, from one moment to another."""

    begins: datetime
    ends: datetime
    reason: str

    def end_of(self, at: datetime) -> datetime | None:
        """The end of the window, if `at` is in it."""
        return self.ends if self.begins <= at < self.ends else None


Window = Weekly | Dated


@dataclass(frozen=True, slots=True)
class Frozen:
    """A cluster is frozen until then, for these reasons."""

    until: datetime
    reason: str


def frozen(windows: Iterable[Window], at: datetime) -> Frozen | None:
    """Whether some window covers `at`; those that follow without a gap count as one."""
    known, until, reasons = tuple(windows), at, dict[str, None]()
    for _ in range(MOST_JOINED):
        covering = [(end, window.reason) for window in known if (end := window.end_of(until))]
        if not covering:
            break
        until = max(end for end, _ in covering)
        reasons |= dict.fromkeys(reason for _, reason in covering)
    return Frozen(until.astimezone(UTC), "; ".join(reasons)) if reasons else None


def _moment(day: date, clock: time, zone: ZoneInfo, pick: Pick) -> datetime:
    """A time of day as a moment: an hour that comes twice, or never, is read in two ways."""
    readings = [datetime.combine(day, clock, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
    return pick(readings)
