"""`set-action audit export`: the audit log of a period on standard output, streamed."""

import asyncio
import sys
from contextlib import closing
from datetime import UTC, datetime

from sqlalchemy import Connection

from bot.list_dates import Clock, Span, read_date
from bot.list_words import DATES
from bot.service import record_export
from bot.views.record import lines
from store import records
from store.database import Database
from store.records_model import Period

ACTOR = "command line"


def period(since: str, until: str) -> Period:
    """From the beginning of one day to the end of another, in UTC. Raises ValueError with a sentence."""
    start, end = _span("since", since), _span("until", until)
    return Period(start.start if start else None, (end.end or end.start) if end else None)


def run(url: str, period: Period, form: str) -> None:
    """Write the rows, then put on the log that they were handed on. Raises StoreError."""
    with closing(Database(url, create=False)) as db:
        written = asyncio.run(db.read(_write, period, form))
        asyncio.run(db.write(record_export.record, ACTOR, period, form, written))


def _write(conn: Connection, period: Period, form: str) -> int:
    """Write each row as it is read, so that a log of any size needs no memory; how many rows."""
    written = -1 if form == "csv" else 0  # a heading is no row
    for line in lines(records.read(conn, *records.span(conn, period)), form):
        sys.stdout.write(line)
        written += 1
    return written


def _span(option: str, word: str) -> Span | None:
    if not word:
        return None
    found = read_date(word, Clock(datetime.now(UTC)))
    if found is None:
        raise ValueError(f"--{option}: {word!r} is no date; write {DATES}.")
    return found
