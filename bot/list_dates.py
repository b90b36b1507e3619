"""Dates as people type them: today, yesterday, 2026-11-24, 7d; each the beginning and end of a time."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
MOST_DAYS = 3_650
_DAY = re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})", re.ASCII)
_AGO = re.compile(r"(\d{1,4})\s*(h|d|w)(?:ours?|ays?|eeks?)?", re.IGNORECASE | re.ASCII)
_UNIT = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class Clock:
    """What time it is, in the zone of a person; not `known` where that is UTC for want of one."""

    now: datetime
    zone: tzinfo = UTC
    known: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` (in it) to `end` (not in it); None: it has not ended."""

    start: datetime
    end: datetime | None


def read_date(word: str, clock: Clock) -> Span | None:
    """The time that a word stands for; None when it is no date. `7d` is the last seven times 24 hours."""
    word = word.casefold()
    today = clock.now.astimezone(clock.zone).date()
    if word in ("today", "yesterday"):
        day = today - timedelta(days=word == "yesterday")
    elif found := _DAY.fullmatch(word):
        try:
            day = datetime(int(found[1]), int(found[2]), int(found[3])).date()  # noqa: DTZ001 - a day has no zone
        except ValueError:
            return None
    elif found := _AGO.fullmatch(word):
        ago = int(found[1]) * _UNIT[found[2].lower()]
        return Span(clock.now - ago, None) if ago <= timedelta(days=MOST_DAYS) else None
    else:
        return None
    try:
        start, end = (
            datetime.combine(at, time(), clock.zone).astimezone(UTC) for at in (day, day + _UNIT["d"])
        )
    except OverflowError:
        return None
    return Span(start, end) if start >= EARLIEST else None
