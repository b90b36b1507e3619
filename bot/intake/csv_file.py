"""A CSV file, as people and spreadsheets write it, read as customer ids, row by row."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import IO, NamedTuple

from bot.intake import columns, decoded
from bot.intake.columns import SEPARATORS, Table
from bot.intake.ids import AROUND, Gathering, Taken, UnusableFile
from bot.vocabulary import Vocabulary

# What decides which column holds the ids: so many lines at the beginning, or a chunk of long ones.
LOOKED_AT = 200
AT_ONCE = 200  # rows; if each of them is plain, they are taken without a look at each

Rows = Sequence[Sequence[str]]


class Block(NamedTuple):
    """Some rows, with the number of the line the first of them begins in, and whether each is one line."""

    line: int
    rows: Rows
    even: bool


_EMPTY = "there is no customer id in this line"
_ENDING = re.compile(r"\r\n|\r|\n")  # of a line, as `decoded.lines` parts them
_STATED = re.compile(r'\s*"?sep=(.?)"?[\s,;]*', re.IGNORECASE)  # Excel's own first line
_SPACE = re.compile(r'" +(?=[,;\t\r\n]|\Z)')  # behind a closing quotation mark, where none may be


def read(file: IO[bytes], *, id_pattern: re.Pattern[str], names: Vocabulary | None = None) -> Taken:
    """Read a file's customer ids; blocks, so call it on a worker thread. The file stays open.

    The `names` of actions and clusters, where they are given, are no ids.

    Which column holds the ids, `columns.find` decides by the first `LOOKED_AT` lines. An only column may be
    headed with other words that head lists (`Kunde`); a first row without a digit over rows that all have one
    is an id all the same; `remark` says which. A row with more cells than the heading (or the first row) is
    bad, for its cells may have moved. A bad row has the number of the line it begins in, as an editor counts:
    blank lines and those within quotes too.

    Raises UnusableFile, at the latest where the file turns out to be unreadable.
    """
    lines = (_SPACE.sub('"', line) if '" ' in line else line for line in decoded.lines(file))
    head = _beginning(lines)
    stated = _STATED.fullmatch(head[0]) if head else None
    number = 2 if stated else 1  # of the first line that may hold an id
    head = head[number - 1 :]
    table = columns.find(head, _separators(stated), id_pattern)
    gathering = Gathering(id_pattern, names)
    blocks = _blocks(chain(head, lines), table.separator, number)
    doubt = None
    if begun := _begun(blocks):
        doubt = (begun.line, begun.rows[0][0]) if table.doubtful else None
        if table.heading is not None:
            begun = Block(begun.line + _height(begun.rows[0]), begun.rows[1:], begun.even)
        for block in chain([begun], blocks):
            _gather(block, table, gathering)
    column = table.column + 1 if table.width > 1 else None
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


def _begun(blocks: Iterator[Block]) -> Block | None:
    """The first block that holds anything, from there on."""
    for block in blocks:
        for at, (line, row) in enumerate(_numbered(block)):
            if _filled(row):
                return Block(line, block.rows[at:], block.even)
    return None


def _gather(block: Block, table: Table, gathering: Gathering) -> None:
    column, width = table.column, table.width
    lengths = set(map(len, block.rows))
    plain = column < min(lengths, default=0) and max(lengths) <= width
    if plain and gathering.take_all([row[column] for row in block.rows]):
        return
    for line, row in _numbered(block):
        if len(row) > width and _filled(row[width:]):
            gathering.refuse(table.separator.join(row), line, _too_many(len(row), width))
        elif len(row) > column and (word := row[column].strip(AROUND)):
            gathering.take(word, line)
        elif _filled(row):
            gathering.refuse(table.separator.join(row), line, _EMPTY)


def _blocks(lines: Iterable[str], separator: str, number: int) -> Iterator[Block]:
    """Yield the rows, some at a time; `number` is that of the first line."""
    reader = csv.reader(lines, delimiter=separator, strict=True, skipinitialspace=True)
    line = number
    while True:
        rows: list[list[str]] = []
        try:
            rows.extend(islice(reader, AT_ONCE))  # what stands before an error is in it too
        except csv.Error as exc:
            line += sum(map(_height, rows))
            raise UnusableFile(
                f"The file cannot be read from line {line} on: a quotation mark there is out of place or "
                "never closed, or a cell has no end. Put them around whole cells only, and double any within "
                "a cell."
            ) from exc
        if not rows:
            return
        following = number + reader.line_num
        yield Block(line, rows, following - line == len(rows))
        line = following


def _numbered(block: Block) -> Iterator[tuple[int, Sequence[str]]]:
    """Each row with the number of the line it begins in."""
    line = block.line
    for row in block.rows:
        yield line, row
        line += 1 if block.even else _height(row)


def _height(row: Sequence[str]) -> int:
    """The lines a row has in the file."""
    return 1 + len(_ENDING.findall("\0".join(row)))


def _separators(stated: re.Match[str] | None) -> Sequence[str]:
    if stated and stated[1] not in SEPARATORS:
        raise UnusableFile(
            "The first line (“sep=…”) names a separator that is not read here; "
            "use a comma, a semicolon or a tab."
        )
    return (stated[1],) if stated else SEPARATORS


def _filled(row: Sequence[str]) -> bool:
    return any(cell.strip(AROUND) for cell in row)


def _too_many(cells: int, width: int) -> str:
    return (
        f"has {cells} cells where the first row has {width}; "
        "a separator within a cell needs quotation marks around the cell"
    )
