"""The files a thread is given: lists too long for a message, as CSV that a spreadsheet opens without harm."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.views.preview import Path
from bot.views.text import customers
from store.model import Customer, CustomerOutcome, Job

# A spreadsheet runs a cell that begins so (the last four are the full-width forms of the first), and many
# take `;` or a tab inside a cell for the beginning of another, quoted or not.
FORMULA = re.compile(r"((?:^|[;\t\r\n])[\s\";]*+)([=+\-@\uff1d\uff0b\uff0d\uff20]?)")
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
        table(["customer_id", "outcome", "reason"], ((c.cid, "refused", c.detail or "") for c in refused)),
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
        table(["customer_id", "state", "what will be done"], rows),
    )


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A CSV in which no cell is a formula."""
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(headings)
    lines.writerows([_inert(cell) for cell in row] for row in rows)
    return text.getvalue()


def _inert(cell: str) -> str:
    return FORMULA.sub(lambda found: f"{found[1]}'{found[2]}" if found[2] else found[0], cell)
