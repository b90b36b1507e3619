"""`at:2026-11-24T02:00`: a time as people type it, in the words of their own clocks, made a moment."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.errors import InvalidRequest

EXAMPLE = "at:2026-11-24T02:00"
LONGEST_SHOWN = 40

_AT = re.compile(
    r"(?<![\w.:-])at\s*:\s*([^\s,;]*)(?:\s+(\d{1,2}:\d{2}(?::\d{2})?)(?![\w:.-]))?", re.IGNORECASE | re.ASCII
)


def split_at(text: str) -> tuple[str, str | None, list[str]]:
    """Return the text without its `at:…`, what was typed there (None: nothing), and what is wrong with it."""
    found = _AT.findall(text)
    if not found:
        return text, None, []
    typed = list(dict.fromkeys("T".join(filter(None, parts)) for parts in found))
    problems = ["More than one time is given; write one “at:”."] if len(typed) > 1 else []
    if not typed[0]:
        problems.append(f"There is nothing after “at:”; write a date and time, as in {EXAMPLE}.")
    elif _clock(typed[0]) is None:
        shown = "".join(c for c in typed[0] if c.isprintable())[:LONGEST_SHOWN]
        problems.append(f"“{shown}” is not a date and time; write it as in {EXAMPLE}.")
    return _AT.sub(" ", text), typed[0] or None, problems


def moment(wanted: str | datetime, zone: str | None, now: datetime, furthest_s: float) -> datetime:
    """When that is, in UTC; a `datetime` is a moment already, text is by the clocks of `zone`.

    Raises InvalidRequest with one plain sentence: it cannot be read, is over, too far off, or not one moment.
    """
    at = _read(wanted, zone) if isinstance(wanted, str) else wanted.astimezone(UTC)
    if at <= now:
        raise InvalidRequest([f"{told(at, zone)} is over already; give a time that is still to come."])
    if at > now + timedelta(seconds=furthest_s):
        raise InvalidRequest(
            [f"{told(at, zone)} is too far off: at most {furthest_s / 86_400:,.4g} days ahead are taken."]
        )
    return at


def told(at: datetime, zone: str | None) -> str:
    """A moment in words, by a person's own clocks and in UTC."""
    utc = at.astimezone(UTC)
    there = _known(zone)
    if there is None or there.key in ("UTC", "Etc/UTC"):
        return f"{utc:%a} {utc.day} {utc:%b %Y, %H:%M} UTC"
    own = at.astimezone(there)
    same_day = own.date() == utc.date()
    beside = f"{utc:%H:%M} UTC" if same_day else f"{utc:%a} {utc.day} {utc:%b}, {utc:%H:%M} UTC"
    return f"{own:%a} {own.day} {own:%b %Y, %H:%M} in {there.key} ({beside})"


def _read(typed: str, zone: str | None) -> datetime:
    wanted = _clock(typed)
    if wanted is None:
        raise InvalidRequest([f"That is not a date and time; write it as in {EXAMPLE}."])
    if wanted.tzinfo:
        return wanted.astimezone(UTC)
    there = _known(zone)
    if there is None:
        raise InvalidRequest(
            [
                "Slack does not tell in which time zone you are. Write the time in UTC with a Z at its end, "
                f"as in {EXAMPLE}Z."
            ]
        )
    return _by_clocks(wanted, there)


def _clock(typed: str) -> datetime | None:
    """A date and time as typed, with its offset if it has one; a date alone is none."""
    try:
        return datetime.fromisoformat(typed.upper()) if ":" in typed else None
    except ValueError:
        return None


def _by_clocks(wanted: datetime, there: ZoneInfo) -> datetime:
    """The one moment at which the clocks there show this. Raises InvalidRequest for none, or two."""
    early, late = (wanted.replace(tzinfo=there, fold=fold).astimezone(UTC) for fold in (0, 1))
    if early == late:
        return early
    shown = f"{wanted:%H:%M} on {wanted.day} {wanted:%B %Y}"
    if early.astimezone(there).replace(tzinfo=None) == wanted:
        first, second = (f"at:{at.astimezone(there):%Y-%m-%dT%H:%M%z}" for at in (early, late))
        raise InvalidRequest(
            [f"{shown} comes twice in {there.key}, where clocks are set back. Write {first} or {second}."]
        )
    before, after = late.astimezone(there), early.astimezone(there)
    raise InvalidRequest(
        [
            f"{shown} does not exist in {there.key}, where clocks are set forward. "
            f"Write at:{before:%Y-%m-%dT%H:%M} or at:{after:%Y-%m-%dT%H:%M}."
        ]
    )


def _known(zone: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(zone) if zone else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
