"""A filter of a list of jobs: what it holds, and the short value in which it travels through Slack and back.

Slack keeps the value in a `block_id` (255 characters) or a button (2,000) and returns it; what comes back is
taken apart strictly, and what a person may see is asked anew each time.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from store.listing_model import Place, Standing

LONGEST = 255
MINE, EVERYBODY = "", "*"
FIRST = Place()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_VALUE = re.compile(
    r"1\.(?P<whose>\*|[UW][A-Z0-9]{1,31})?\.(?P<standing>[a-z]+)?\.(?P<action>\d{1,4})?\.(?P<batch>[0-9A-Z]{6})?"
    r"\.(?P<since>\d{1,15})?\.(?P<until>\d{1,15})?\.(?P<page>[<>]\d{1,18})?\.(?P<cluster>.{0,64})",
    re.DOTALL | re.ASCII,
)


class NotAFilter(ValueError):
    """The value is none of ours, or too old."""


@dataclass(frozen=True, slots=True)
class JobFilter:
    """`whose`: MINE, EVERYBODY or a user's id; `action` is a code, `cluster` a key, `batch` a code.

    Jobs asked for at `since` or later, and before `until`.
    """

    whose: str = MINE
    standing: Standing | None = None
    action: int | None = None
    cluster: str | None = None
    batch: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def narrows(self) -> bool:
        """Whether it leaves anything out."""
        return self != JobFilter(self.whose)

    @property
    def cleared(self) -> "JobFilter":
        """Nothing left out of the same people's jobs."""
        return JobFilter(self.whose)


def packed(wanted: JobFilter, place: Place = FIRST) -> str:
    """The value that stands for a filter and a place in its list; at most LONGEST characters."""
    page = ""
    if place.before is not None or place.after is not None:
        page = f"<{place.before}" if place.after is None else f">{place.after}"
    parts = (
        wanted.whose,
        wanted.standing.value if wanted.standing else "",
        "" if wanted.action is None else str(wanted.action),
        wanted.batch or "",
        _stamp(wanted.since),
        _stamp(wanted.until),
        page,
        wanted.cluster or "",
    )
    return ".".join(("1", *parts))


def unpacked(value: str) -> tuple[JobFilter, Place]:
    """The filter and the place that a value stands for. Raises NotAFilter."""
    found = _VALUE.fullmatch(value) if len(value) <= LONGEST else None
    if found is None:
        raise NotAFilter
    try:
        standing = Standing(found["standing"]) if found["standing"] else None
        since, until = _moment(found["since"]), _moment(found["until"])
    except (ValueError, OverflowError) as exc:
        raise NotAFilter from exc
    page = found["page"]
    place = Place()
    if page:
        place = Place(before=int(page[1:])) if page[0] == "<" else Place(after=int(page[1:]))
    wanted = JobFilter(
        whose=found["whose"] or MINE,
        standing=standing,
        action=int(found["action"]) if found["action"] else None,
        cluster=found["cluster"] or None,
        batch=found["batch"],
        since=since,
        until=until,
    )
    return wanted, place


def _stamp(at: datetime | None) -> str:
    return "" if at is None else str((at - _EPOCH) // timedelta(milliseconds=1))


def _moment(stamp: str | None) -> datetime | None:
    return _EPOCH + timedelta(milliseconds=int(stamp)) if stamp else None
