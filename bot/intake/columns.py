"""Which separator parts the columns of a file, and which of them holds the customer ids."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import zip_longest

from bot.customer_ids import is_customer_id, visible
from bot.intake.ids import (
    AROUND,
    UnusableFile,
    has_digit,
    heading_rank,
    is_figure,
    is_heading,
    is_ruined,
    stands_out,
)

SEPARATORS = (",", ";", "\t")
CALLED = {",": "commas", ";": "semicolons", "\t": "tabs"}
NAMED = 4  # columns in a refusal

_NAME_IT = "Head the column of customer ids “customer_id”, “cust_id”, “cid” or “id”"
_HEAD_IT = "Put a heading customer_id above the ids' column"
_WORD = re.compile(r"[\w.,-]+", re.ASCII)
_NOT_IN_A_NUMBER = re.compile(r"(?<!\d),|,(?!\d)", re.ASCII)

Rows = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Table:
    """`width` is how many cells a row may have, `heading` what the column is headed with, if it is.

    `doubtful`: the first row is unlike all others, so it may be a heading or an id.
    """

    separator: str
    column: int
    width: int
    heading: str | None = None
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class _Column:
    """A column as one separator parts the lines; `cells` are those of it that are filled."""

    separator: str
    at: int
    cells: Sequence[str]


def find(head: Sequence[str], separators: Sequence[str], pattern: re.Pattern[str]) -> Table:
    """Find the column of ids by the first lines of a file.

    It is the one headed `customer_id`, `cust_id`, `cid` or `id`, the first of these there is; else the only
    column. Of several without a heading one holds the ids only if there is no doubt: it looks like ids, no
    other column does, by whichever separator, and nothing beside it in any row looks like an id either. A
    column looks like ids if at least half of its cells are some (or were, until a spreadsheet made numbers of
    them), all with digits, for names fit the pattern too, and none a date or an amount. So a bad cell never
    makes another column take over; it is a bad cell.

    Raises UnusableFile when there is none, or more than one answer.
    """
    readings = {each: rows for each in separators if (rows := _sample(head, each))}
    parted = {each: rows for each, rows in readings.items() if len(rows[0]) > 1}
    several = {each: rows for each, rows in parted.items() if any(any(cells(row[1:])) for row in rows)}
    parted = parted or {separators[0]: readings.get(separators[0], [])}  # one column: any will do
    headed = [table for each, rows in parted.items() if (table := _headed(each, rows))]
    if len(headed) > 1:
        raise UnusableFile(
            f"It is not clear what separates the columns. {_NAME_IT}, or say so in a first line “sep=;”."
        )
    if headed:
        return headed[0]
    _refuse_title(readings, pattern)
    if not several:
        separator, rows = next(iter(parted.items()))
        return _only(separator, rows, head, pattern)
    return _among(_without_decimals(several, head), head, pattern)


def cells(row: Sequence[str]) -> list[str]:
    """The cells of a row without what stands around a word."""
    return [cell.strip(AROUND) for cell in row]


def _sample(head: Sequence[str], separator: str) -> Rows:
    return [row for row in _readable(head, separator) if any(cells(row))]


def _readable(head: Sequence[str], separator: str) -> Iterator[list[str]]:
    # Another separator's quotes, or a row that goes on after the sample; `csv_file` tells of real faults.
    with suppress(csv.Error):
        yield from csv.reader(head, delimiter=separator, strict=True, skipinitialspace=True)


def _headed(separator: str, rows: Rows) -> Table | None:
    first = rows[0] if rows else []
    ranks = [(rank, at) for at, cell in enumerate(first) if (rank := heading_rank(cell)) is not None]
    if not ranks:
        return None
    (rank, column), *others = sorted(ranks)
    if others and others[0][0] == rank:
        raise UnusableFile(
            f"Two columns are headed “{visible(first[column].strip(AROUND))}”. {_NAME_IT}, and only one."
        )
    return Table(separator, column, len(first), first[column])


def _refuse_title(readings: Mapping[str, Rows], pattern: re.Pattern[str]) -> None:
    """Refuse a file in which a line that is no id stands above the heading."""
    for separator, rows in readings.items():
        headings = [row for row in rows[1:] if any(heading_rank(cell) is not None for cell in row)]
        ids = [cell for cell in cells(rows[0]) if _is_id(cell, pattern)]
        if headings and not ids:
            first = visible(separator.join(rows[0]).strip(AROUND))
            raise UnusableFile(
                f"The first line, “{first}”, is neither a heading nor an id: delete what stands above the "
                "heading."
            )


def _only(separator: str, rows: Rows, head: Sequence[str], pattern: re.Pattern[str]) -> Table:
    first = rows[0][0] if rows else ""
    if first and not is_customer_id(first.strip(AROUND), pattern):
        _refuse_bars(head, pattern)
    heading = first if is_heading(first) else None
    doubtful = heading is not None or stands_out(first, (row[0] for row in rows[1:]))
    return Table(separator, 0, 1, heading, doubtful)


def _among(several: Mapping[str, Rows], head: Sequence[str], pattern: re.Pattern[str]) -> Table:
    columns = [_Column(each, at, found) for each, rows in several.items() for at, found in _columns(rows)]
    likely = [column for column in columns if _looks_like_ids(column.cells, pattern)]
    ways = {column.separator for column in likely}
    beside = [column for column in columns if column.separator in ways and column not in likely]
    rivals = [column for column in beside if any(_may_be_id(cell, pattern) for cell in column.cells)]
    if len(likely) == 1 and not rivals:
        separator, at = likely[0].separator, likely[0].at
        filled = (at for at, cell in enumerate(cells(several[separator][0])) if cell)
        return Table(separator, at, 1 + max(at, *filled))
    _refuse_bars(head, pattern)
    named = likely if len(likely) > 1 else [each for each in columns if each in likely + rivals] or columns
    raise UnusableFile(
        "The file has several columns, and it is not clear which one holds the customer ids: "
        f"{_described(named)}. {_HEAD_IT}; if each line holds nothing but ids, put one in each line."
    )


def _columns(rows: Rows) -> Iterator[tuple[int, Sequence[str]]]:
    for at, column in enumerate(zip_longest(*map(cells, rows), fillvalue="")):
        if found := list(filter(None, column)):
            yield at, found


def _looks_like_ids(found: Sequence[str], pattern: re.Pattern[str]) -> bool:
    ids = [cell for cell in found if is_customer_id(cell, pattern) and not is_figure(cell)]
    ruined = sum(map(is_ruined, found))
    return len(found) <= 2 * (len(ids) + ruined) and all(map(has_digit, ids))


def _may_be_id(cell: str, pattern: re.Pattern[str]) -> bool:
    """Whether a cell is an id, was one, or has one in it; a date or an amount is none."""
    words = [cell, *filter(has_digit, _WORD.findall(cell))]
    return is_ruined(cell) or any(is_customer_id(word, pattern) and not is_figure(word) for word in words)


def _without_decimals(several: Mapping[str, Rows], head: Sequence[str]) -> Mapping[str, Rows]:
    """Leave commas out that only ever stand within a number, where something else parts the cells as well."""
    in_numbers = len(several) > 1 and not any(map(_NOT_IN_A_NUMBER.search, head))
    return {each: rows for each, rows in several.items() if each != "," or not in_numbers}


def _refuse_bars(head: Sequence[str], pattern: re.Pattern[str]) -> None:
    rows = [cells(line.split("|")) for line in head if line.strip(AROUND)]
    known = [cell for row in rows for cell in row if heading_rank(cell) is not None or _is_id(cell, pattern)]
    if known and all(len(row) > 1 for row in rows):
        raise UnusableFile("The columns are separated by “|”; use a comma, a semicolon or a tab.")


def _is_id(cell: str, pattern: re.Pattern[str]) -> bool:
    return is_customer_id(cell, pattern) and has_digit(cell)


def _described(columns: Sequence[_Column]) -> str:
    several = len({column.separator for column in columns}) > 1
    each = [
        f"column {column.at + 1} (“{visible(column.cells[0])}”)"
        + (f" by {CALLED[column.separator]}" if several else "")
        for column in columns[:NAMED]
    ]
    more = f" and {len(columns) - NAMED} more" if len(columns) > NAMED else ""
    return " or ".join(each) + more
