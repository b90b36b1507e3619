"""Tables for a spreadsheet: CSV files that one opens without running anything in them."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

from bot.intake.ids import BadLine

# A spreadsheet runs a cell that begins so (the last four are the full-width forms of the first), and many
# take `;` or a tab inside a cell for the beginning of another, quoted or not.
FORMULA = re.compile(r"((?:^|[;\t\r\n])[\s\";]*+)([=+\-@\uff1d\uff0b\uff0d\uff20]?)")


def sheet(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The rows under their headings, every cell of them made inert."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(headings)
    writer.writerows(map(_inert, row) for row in rows)
    return text.getvalue()


def bad_lines_csv(bad: Iterable[BadLine]) -> str:
    """Every line that gave no customer id: its number, what stood there, and why it was not taken."""
    return sheet(["line", "text", "why"], ((str(at.line), at.text, at.why) for at in bad))


def _inert(cell: str) -> str:
    return FORMULA.sub(lambda found: f"{found[1]}'{found[2]}" if found[2] else found[0], cell)
