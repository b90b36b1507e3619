"""A CSV file, as people and spreadsheets write it, read as customer ids: which separator, which column."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from typing import IO

from bot.customer_ids import is_customer_id, visible
from bot.intake import decoded
from bot.intake.ids import AROUND, Gathering, Taken, UnusableFile, heading_rank, is_heading, stands_out

SEPARATORS = (",", ";", "\t")
# What decides which column holds the ids: so many lines at the beginning, or a chunk of long ones.
LOOKED_AT = 200

_EMPTY = "there is no customer id in this line"
_NAME_IT = "Head the column of customer ids “customer_id”, “cust_id”, “cid” or “id”"
_STATED = re.compile(r'\s*"?sep=(.?)"?[\s,;]*', re.IGNORECASE)  # Excel's own first line


@dataclass(frozen=True, slots=True)
class _Table:
    """`width` is how many cells a row may have, `heading` what the column is headed with, if it is.

    `doubtful`: the first row is unlike all others, so it may be a heading or an id.
    """

    separator: str
    column: int
    width: int
    heading: str | None
    doubtful: bool = False


def read(file: IO[bytes], *, id_pattern: re.Pattern[str]) -> Taken:
    """Read a file's customer ids; blocks, so call it on a worker thread. The file stays open.

    The ids are in the column headed `customer_id`, `cust_id`, `cid` or `id`, the first of these there is.
    Without such a heading they are in the only column, or in the only one that holds ids in each of the first
    `LOOKED_AT` lines, if all of those have a digit. An only column may be headed otherwise too (`Kunde`): a
    first row without a digit over rows that all have one is the heading if it consists of words that head
    lists, and else an id; `remark` says which. A row with more cells than the heading (or the first row)
    is bad, for its cells may have moved. A bad row has the number of the line it begins in, as an editor
    counts: blank lines and those within quotes too.

    Raises UnusableFile, at the latest where the file turns out to be unreadable.
    """
    lines = decoded.lines(file)
    head = _beginning(lines)
    stated = _STATED.fullmatch(head[0]) if head else None
    number = 2 if stated else 1  # of the first line that may hold an id
    head = head[number - 1 :]
    table = _table(head, _separators(stated), id_pattern)
    gathering = Gathering(id_pattern)
    records = _records(chain(head, lines), table.separator, number)
    first = next(((line, row) for line, row in records if _filled(row)), None)
    if first and table.heading is None:
        records = chain([first], records)
    _gather(records, table, gathering)
    column = table.column + 1 if table.width > 1 else None
    doubt = (first[0], first[1][0]) if first and table.doubtful else None
    taken = gathering.taken(heading=table.heading, column=column, doubt=doubt)
    if not taken.found:
        what = "a heading and no rows under it" if table.heading is not None else "nothing but blank lines"
        raise UnusableFile(f"The file holds {what}. Add the customer ids, one a line.")
    return taken


def _beginning(lines: Iterator[str]) -> list[str]:
    head: list[str] = []
    room = decoded.CHUNK
    for line in islice(lines, LOOKED_AT):
        head.append(line)
        room -= len(line)
        if room <= 0:
            break
    return head


def _gather(records: Iterable[tuple[int, Sequence[str]]], table: _Table, gathering: Gathering) -> None:
    column, width = table.column, table.width
    for line, row in records:
        if len(row) > width and _filled(row[width:]):
            gathering.refuse(table.separator.join(row), line, _too_many(len(row), width))
        elif len(row) > column and (word := row[column].strip(AROUND)):
            gathering.take(word, line)
        elif _filled(row):
            gathering.refuse(table.separator.join(row), line, _EMPTY)


def _records(lines: Iterable[str], separator: str, number: int) -> Iterator[tuple[int, list[str]]]:
    """Yield each row with the number of the line it begins in; `number` is that of the first line."""
    reader = csv.reader(lines, delimiter=separator, strict=True, skipinitialspace=True)
    line = number
    try:
        for row in reader:
            yield line, row
            line = number + reader.line_num
    except csv.Error as exc:
        raise UnusableFile(
            f"The file cannot be read from line {line} on: a quotation mark there is out of place or never "
            "closed, or a cell has no end. Put them around whole cells only, and double any within a cell."
        ) from exc


def _separators(stated: re.Match[str] | None) -> Sequence[str]:
    if stated and stated[1] not in SEPARATORS:
        raise UnusableFile(
            "The first line (“sep=…”) names a separator that is not read here; "
            "use a comma, a semicolon or a tab."
        )
    return (stated[1],) if stated else SEPARATORS


def _table(head: Sequence[str], separators: Sequence[str], pattern: re.Pattern[str]) -> _Table:
    """Find the separator and the column. Raises UnusableFile when there is none, or more than one answer."""
    samples = {separator: _sample(head, separator) for separator in separators}
    several = {separator: rows for separator, rows in samples.items() if rows and len(rows[0]) > 1}
    if not several:
        several = {separators[0]: samples[separators[0]]}  # one column: any will do
    tables = [table for each in several.items() if (table := _in_column(*each, pattern))]
    tables = [table for table in tables if table.heading is not None] or tables
    if not tables:
        raise UnusableFile(
            f"The file has several columns and it is not clear which one holds the customer ids. {_NAME_IT}; "
            "if each line holds nothing but ids, put one in each line."
        )
    if len(tables) > 1:
        raise UnusableFile(
            f"It is not clear what separates the columns. {_NAME_IT}, or say so in a first line “sep=;”."
        )
    return tables[0]


def _sample(head: Sequence[str], separator: str) -> list[list[str]]:
    return [row for row in _readable(head, separator) if _filled(row)]


def _readable(head: Sequence[str], separator: str) -> Iterator[list[str]]:
    # Another separator's quotes, or a row that goes on after the sample; `_records` tells of real faults.
    with suppress(csv.Error):
        yield from csv.reader(head, delimiter=separator, strict=True, skipinitialspace=True)


def _in_column(separator: str, rows: Sequence[Sequence[str]], pattern: re.Pattern[str]) -> _Table | None:
    first = rows[0] if rows else []
    ranks = [(rank, at) for at, cell in enumerate(first) if (rank := heading_rank(cell)) is not None]
    if ranks:
        (rank, column), *others = sorted(ranks)
        if others and others[0][0] == rank:
            raise UnusableFile(
                f"Two columns are headed “{visible(first[column].strip(AROUND))}”. {_NAME_IT}, and only one."
            )
        return _Table(separator, column, len(first), first[column])
    width = 1 + max((at for at, cell in enumerate(first) if cell.strip(AROUND)), default=0)
    if width == 1:
        doubtful = bool(first) and stands_out(first[0], (row[0] for row in rows[1:]))
        return _Table(separator, 0, width, first[0] if doubtful and is_heading(first[0]) else None, doubtful)
    whole = [at for at in range(width) if all(_holds_id(row, at, pattern) for row in rows)]
    # Names fit the pattern too: without a digit in each cell this may be a column of them, or a heading.
    sure = len(whole) == 1 and all(any(map(str.isdigit, row[whole[0]])) for row in rows)
    return _Table(separator, whole[0], width, None) if sure else None


def _holds_id(row: Sequence[str], column: int, pattern: re.Pattern[str]) -> bool:
    return len(row) > column and is_customer_id(row[column].strip(AROUND), pattern)


def _filled(row: Sequence[str]) -> bool:
    return any(cell.strip(AROUND) for cell in row)


def _too_many(cells: int, width: int) -> str:
    return (
        f"has {cells} cells where the first row has {width}; "
        "a separator within a cell needs quotation marks around the cell"
    )
