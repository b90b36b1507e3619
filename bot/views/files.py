"""The files a thread is given: lists too long for a message."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.intake.ids import BadLine
from bot.views.preview import Path
from bot.views.sheet import bad_lines_csv, sheet
from bot.views.text import count, customers
from store.model import Customer, CustomerOutcome, Job

WILL = {
    CustomerOutcome.ALREADY_THERE: "left out: already there",
    CustomerOutcome.MISSING: "left out: does not exist",
}


@dataclass(frozen=True, slots=True)
class File:
    """A file for a thread. The same name in the same thread is the same file."""

    name: str
    title: str
    content: str


def refused(job: Job, refused: Sequence[Customer]) -> File:
    """Every refused customer with its reason."""
    return File(
        # The number is part of the name: after some were sent again the list may have grown, and is another.
        f"refused-{job.short_id}-{len(refused)}.csv",
        f"{job.refused:,} refused customers of job {job.short_id}, with reasons",
        sheet(["customer_id", "outcome", "reason"], ((c.cid, "refused", c.detail or "") for c in refused)),
    )


def stragglers(job: Job, found: Sequence[Customer], path: Path) -> File:
    """Every customer that was accepted and has not arrived, with the state in which it was last."""
    rows = ((c.cid, "accepted", "" if c.last_state is None else path.name(c.last_state)) for c in found)
    until = f"-{job.watch_until:%H%M%S}" if job.watch_until else ""  # watched again it is another list
    return File(
        f"not-arrived-{job.short_id}-{len(found)}{until}.csv",
        f"{customers(len(found))} of job {job.short_id} that have not arrived, with their state",
        sheet(["customer_id", "outcome", "state"], rows),
    )


def everybody(job: Job, found: Sequence[Customer], path: Path) -> File:
    """Every customer of a card that is not decided, with its state on the cluster and what will be done."""
    rows = (
        (c.cid, "" if c.seen is None else path.name(c.seen), WILL.get(c.outcome, "will be sent"))
        for c in found
    )
    return File(
        f"customers-{job.short_id}-{job.digest}.csv",
        f"{customers(job.total)} as the card of {job.action_name} shows them",
        sheet(["customer_id", "state", "what will be done"], rows),
    )


def bad_lines(name: str | None, lines: Sequence[BadLine]) -> File:
    """Everything in a file, or in the form's text, that is no customer id."""
    source = name or "the form"
    return File(
        "bad-lines.csv",
        f"{count(len(lines), 'line')} without a customer id in {source}",
        bad_lines_csv(lines),
    )
