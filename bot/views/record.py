"""The audit log for people and programs elsewhere, line by line: CSV for a spreadsheet, JSON Lines to the letter."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields

from bot.views.sheet import sheet_lines
from store.records_model import Record

HEADINGS = tuple(field.name for field in fields(Record))


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
