"""The audit log for use elsewhere, line by line: CSV for a spreadsheet, JSON Lines to the letter."""

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, fields

from bot.views.files import File
from bot.views.message import Message
from bot.views.sheet import sheet_lines
from bot.views.text import clip, day_and_time, escape
from store.records_model import Period, Record

HEADINGS = tuple(field.name for field in fields(Record))

NAMES = {"csv": "CSV", "jsonl": "JSON Lines"}


def log_file(records: Sequence[Record], form: str) -> File:
    """A part of the log as a file."""
    return File(f"audit-log.{form}", f"Audit log: {entries(len(records))}", "".join(lines(records, form)))


def exported(period: Period, number: int, clusters: Collection[str] | None, form: str) -> Message:
    """To whoever asked for it: what the file that is on its way holds."""
    since = f"since {day_and_time(period.since)}" if period.since else "from the beginning"
    until = f", before {day_and_time(period.until)}" if period.until else ", until now"
    only = f", of {escape(clip(', '.join(sorted(clusters)), 300))} only" if clusters is not None else ""
    return Message(
        f"The audit log {since}{until}{only}: {entries(number)}. The {NAMES[form]} file comes in a direct "
        "message. That it was handed to you is on the record."
    )


def entries(number: int) -> str:
    """How many entries, in words."""
    return "1 entry" if number == 1 else f"{number:,} entries"


def lines(records: Iterable[Record], form: str) -> Iterator[str]:
    """Whole lines, each with its end; `form` is csv or jsonl."""
    return _jsonl(records) if form == "jsonl" else _csv(records)


def _csv(records: Iterable[Record]) -> Iterator[str]:
    return sheet_lines(HEADINGS, map(_cells, records))


def _cells(record: Record) -> list[str]:
    told = {**asdict(record), "at": record.at.isoformat(timespec="milliseconds")}
    return ["" if cell is None else str(cell) for cell in told.values()]


def _jsonl(records: Iterable[Record]) -> Iterator[str]:
    for record in records:
        told = asdict(record) | {
            "at": record.at.isoformat(timespec="milliseconds"),
            "detail": json.loads(record.detail),
        }
        yield json.dumps(told, ensure_ascii=False) + "\n"
