"""Tables for a spreadsheet: CSV files that one opens without running anything in them."""

import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

from bot.intake.ids import BadLine

# A spreadsheet runs a cell that begins so (the last four are the full-width forms of the first), and many
# take `;` or a tab inside a cell for the beginning of another, quoted or not.
FORMULA = re.compile(r"((?:^|[;\t\r\n])[\s\";]*+)([=+\-@\uff1d\uff0b\uff0d\uff20]?)")


def sheet(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The rows under their headings, every cell of them made inert."""
    return "".join(sheet_lines(headings, rows))


def sheet_lines(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The same, line by line."""
    text = io.StringIO()
    writer = csv.writer(text)
    for row in itertools.chain([headings], rows):
        writer.writerow(_inert(cell) for cell in row)
        yield text.getvalue()
        text.seek(0)
        text.truncate()


def bad_lines_csv(bad: Iterable[BadLine]) -> str:
    """Every line that gave no customer id: its number, what stood there, and why it was not taken."""
    return sheet(["line", "text", "why"], ((str(at.line), at.text, at.why) for at in bad))


def _inert(cell: str) -> str:
    return FORMULA.sub(lambda found: f"{found[1]}'{found[2]}" if found[2] else found[0], cell)
