"""The files somebody who looks at one job can have."""

from collections.abc import Iterator
from datetime import datetime

from bot.job_look import Everybody
from bot.views.files import File
from bot.views.job_customers import NAMES
from bot.views.preview import Path
from bot.views.sheet import sheet
from bot.views.text import customers
from store.model import CustomerOutcome
from store.recorded import Sending

HEADINGS = (
    "customer_id", "outcome", "reason", "state_before", "sent_at_utc", "answered_after_s", "http_status",
    "arrived_at_utc", "last_state",
)  # fmt: skip
SENT = (
    CustomerOutcome.ACCEPTED,
    CustomerOutcome.ARRIVED,
    CustomerOutcome.REFUSED,
    CustomerOutcome.UNKNOWN,
)
UNSENT = Sending(0, 0, None, None, None)


def of_job(all_of: Everybody, path: Path) -> File:
    """Every customer of a job with what became of it, why, and when."""
    job = all_of.job
    title = f"{customers(job.total)} of job {job.short_id}"
    return File(f"job-{job.short_id}.csv", title, sheet(HEADINGS, _rows(all_of, path)))


def _rows(all_of: Everybody, path: Path) -> Iterator[tuple[str, ...]]:
    requests = iter(all_of.sendings)
    request = next(requests, None)
    for position, one in enumerate(all_of.customers):
        while request and request.last < position:
            request = next(requests, None)
        sent = request if request and request.first <= position and one.outcome in SENT else UNSENT
        yield (
            one.cid,
            NAMES[one.outcome],
            one.detail or "",
            "" if one.seen is None else path.name(one.seen),
            _time(sent.sent_at),
            "" if sent.elapsed_ms is None else f"{sent.elapsed_ms / 1000:.3f}",
            str(sent.http_status or ""),
            _time(one.arrived_at),
            "" if one.last_state is None else path.name(one.last_state),
        )


def _time(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else ""
