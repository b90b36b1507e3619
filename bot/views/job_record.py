"""The record of one job as people read it: what happened when, its requests folded; and each request."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.views.text import clip, customers, escape, mention, moment
from store.recorded import Recorded

REQUEST = ("sent", "answered")
# What an answer's cause means, in the words of a job's outcome; a cause that is not here means unknown.
MEANS = {
    "accepted": "accepted",
    "refused_by_cluster": "refused",
    "unknown_customers": "refused",
    "unauthorized": "refused",
    "http_refusal": "refused",
    "unreachable": "refused",
    "not_ready": "put off by the cluster",
    "rate_limited": "put off by the cluster",
    "not_sent": "not sent after all",
}


@dataclass(slots=True)
class Request:
    """One attempt of one chunk: from the moment it was about to be sent to its answer, if it had one."""

    sent: Recorded
    answered: Recorded | None = None

    @property
    def customers(self) -> int:
        """How many it was for."""
        return int(self.sent.detail.get("customers") or 0)

    @property
    def end(self) -> str:
        """What came of it, in a word or two."""
        if self.answered is None:
            return "no answer yet"
        return MEANS.get(str(self.answered.detail.get("cause")), "unknown")


@dataclass(slots=True)
class Line:
    """One line of the timeline: an event, or the requests that followed each other. `seq` is its key."""

    seq: int
    event: Recorded | None = None
    requests: list[Request] = field(default_factory=list)


def requests_of(record: Sequence[Recorded]) -> list[Request]:
    """Every attempt, in the order in which they were sent."""
    return [request for line in folded(record) for request in line.requests]


def folded(record: Sequence[Recorded]) -> list[Line]:
    """The timeline: everything but requests event by event, requests without anything between them as one."""
    lines: list[Line] = []
    open_requests: dict[tuple[Any, Any], Request] = {}
    for one in record:
        key = (one.detail.get("chunk"), one.detail.get("attempt"))
        if one.event == "answered" and key in open_requests:
            open_requests.pop(key).answered = one
        elif one.event == "sent":
            request = open_requests[key] = Request(one)
            if not lines or lines[-1].event:
                lines.append(Line(one.seq))
            lines[-1].requests.append(request)
        else:
            lines.append(Line(one.seq, one))
    return lines


def line_words(line: Line) -> str:
    """A line of the timeline, mrkdwn."""
    if line.event:
        return f"{moment(line.event.at)}  {event_words(line.event)}"
    if len(line.requests) == 1:
        return request_words(line.requests[0])
    first, ends = line.requests[0], [r.answered.at for r in line.requests if r.answered]
    until = f" to {moment(max(ends))}" if ends else ""
    told = Counter(request.end for request in line.requests)
    number = sum(request.customers for request in line.requests)
    outcome = ", ".join(f"{times:,} {end}" for end, times in told.most_common())
    many = f"{len(line.requests):,} requests with {customers(number)} in all"
    return f"{moment(first.sent.at)}{until}  {many}: {outcome}"


def request_words(request: Request) -> str:
    """One request, mrkdwn: when, for how many, what came of it, how long it took and the cluster's words."""
    detail, answer = request.sent.detail, request.answered
    attempt = int(detail.get("attempt") or 1)
    name = f"Request {int(detail.get('chunk') or 0) + 1:,}{f', attempt {attempt}' if attempt > 1 else ''}"
    words = f"{moment(request.sent.at)}  *{name}*, {customers(request.customers)}: {request.end}"
    if answer is None:
        return words
    if status := answer.detail.get("status"):
        words += f", HTTP {int(status)}"
    if ms := answer.detail.get("ms"):
        words += f" after {int(ms) / 1000:.1f} s"
    if message := answer.detail.get("message"):
        words += f"\n“{escape(clip(str(message), 200))}”"
    return words


def event_words(one: Recorded) -> str:
    """What happened, mrkdwn. An event without words of its own is told by its name and numbers."""
    tell = EVENTS.get(one.event)
    return tell(one.detail, mention(one.user_id) if one.user_id else "the bot") if tell else _by_name(one)


def _by_name(one: Recorded) -> str:
    numbers = [
        f"{name.replace('_', ' ')} {value:,}" for name, value in one.detail.items() if type(value) is int
    ]
    who = f" by {mention(one.user_id)}" if one.user_id else ""
    name = one.event.replace("_", " ").capitalize()
    return escape(clip(name, 60)) + who + escape(f": {', '.join(numbers)}" if numbers else "")


Detail = Mapping[str, Any]


def _number(detail: Detail, name: str) -> int:
    value = detail.get(name)
    return value if isinstance(value, int) else 0


def _previewed(detail: Detail, _who: str) -> str:
    if error := detail.get("error"):
        return f"Reading the customers for the card failed: {escape(clip(str(error), 300))}"
    return "The state of the customers was read for the card"


def _checked(detail: Detail, _who: str) -> str:
    if error := detail.get("error"):
        return f"Checking what is unknown failed: {escape(clip(str(error), 300))}"
    found, left = _number(detail, "found_accepted"), _number(detail, "still_unknown")
    return f"Checked what was unknown: {found:,} found to be accepted, {left:,} unknown still"


def _stopped(detail: Detail, who: str) -> str:
    flying = _number(detail, "in_flight")
    waited = f", {flying:,} in flight" if flying else ""
    return f"Stopped by {who}: {_number(detail, 'never_sent'):,} never sent{waited}"


def _continued(detail: Detail, who: str) -> str:
    job = escape(str(detail.get("job"))[:8])
    return f"{who} sends {customers(_number(detail, 'customers'))} again in job `{job}`"


def _ended(detail: Detail, _who: str) -> str:
    told = [
        f"{value:,} {name.replace('_', ' ')}"
        for name, value in detail.items()
        if isinstance(value, int) and value
    ]
    return f"Ended: {escape(', '.join(told))}" if told else "Ended"


def _why(detail: Detail) -> str:
    return f": {escape(clip(str(detail['why']), 300))}" if detail.get("why") else ""


EVENTS: Mapping[str, Callable[[Detail, str], str]] = {
    "requested": lambda d, who: f"Asked for by {who}: {customers(_number(d, 'customers'))}",
    "previewed": _previewed,
    "changed": lambda d, who: (
        f"Changed by {who}: already there {escape(clip(str(d.get('already_there')), 40))}"
    ),
    "confirmed": lambda d, who: f"Confirmed by {who}: {customers(_number(d, 'customers'))} to be sent",
    "cancelled": lambda d, who: f"Cancelled by {who}",
    "expired": lambda d, who: "Expired without a decision",
    "not_posted": lambda d, who: "The card could not be posted",
    "stopped": _stopped,
    "check_asked": lambda d, who: f"{who} asked for a check of what is unknown",
    "checked": _checked,
    "sent_again": lambda d, who: f"{customers(_number(d, 'customers'))} planned to be sent again by {who}",
    "continued": _continued,
    "done": _ended,
    "answered": lambda d, who: f"An answer to a request: {MEANS.get(str(d.get('cause')), 'unknown')}",
    "refused_click": lambda d, who: f"{who} pressed a button and was refused{_why(d)}",
}
