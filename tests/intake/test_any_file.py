"""What holds of every file: nothing valid lost, nothing invalid taken, no crash; the csv module is the judge.

The judge reads the whole decoded text at once and has an id pattern of its own.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.customer_ids import DEFAULT_ID_PATTERN, HEADING_WORDS, JOINING
from bot.intake import columns, csv_file
from bot.intake.ids import Taken, UnusableFile
from bot.words import WRAPPING

ID = re.compile(r"(?!(?i:all)\Z)[0-9A-Za-z][0-9A-Za-z._-]{2,63}")
LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


@pytest.fixture(scope="module", autouse=True)
def few_at_once() -> Iterator[None]:
    """So that short files are taken in several blocks, as long ones are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_file, "AT_ONCE", 3)
        yield


@dataclass(frozen=True)
class Judgement:
    """The ids in order, how many more there were of them, and the lines of what is none."""

    cids: tuple[str, ...]
    duplicates: int
    bad: tuple[int, ...]


def of(taken: Taken) -> Judgement:
    return Judgement(taken.cids, taken.duplicates, tuple(bad.line for bad in taken.bad))


def is_id(cell: str) -> bool:
    return ID.fullmatch(cell) is not None and cell.casefold() not in HEADING_WORDS | JOINING


def core(cell: str) -> str:
    while cell and (cell[0].isspace() or cell[0] in WRAPPING):
        cell = cell[1:]
    while cell and (cell[-1].isspace() or cell[-1] in WRAPPING):
        cell = cell[:-1]
    return cell


def judged(rows: Sequence[tuple[int, Sequence[str]]], column: int, width: int) -> Judgement:
    good: list[str] = []
    bad: list[int] = []
    for line, row in rows:
        cells = [core(cell) for cell in row]
        if not any(cells):
            continue
        cell = cells[column] if column < len(cells) else ""
        if not any(cells[width:]) and is_id(cell):
            good.append(cell)
        else:
            bad.append(line)
    cids = tuple(dict.fromkeys(good))
    return Judgement(cids, len(good) - len(cids), tuple(bad))


def parted(text: str, separator: str) -> list[tuple[int, Sequence[str]]]:
    """The filled rows with the lines they begin in. Raises csv.Error."""
    reader = csv.reader(LINE.findall(text), delimiter=separator, strict=True, skipinitialspace=True)
    rows: list[tuple[int, Sequence[str]]] = []
    line = 1
    for row in reader:
        rows.append((line, row))
        line = reader.line_num + 1
    return [(at, row) for at, row in rows if any(map(core, row))]


def independent(text: str, separator: str, taken: Taken) -> Judgement | None:
    """Judge a text by what was said of its column; None when it cannot be read with this separator."""
    try:
        rows = parted(re.sub(r'"[ ]+([,;\t\r\n]|\Z)', r'"\1', text), separator)
    except csv.Error:
        return None
    if not rows:
        return None
    column = (taken.column or 1) - 1
    if taken.heading is not None:
        return judged(rows[1:], column, len(rows[0][1]))
    width = max(at + 1 for at, cell in enumerate(rows[0][1]) if core(cell))
    return judged(rows, column, max(width, column + 1))


def read(content: bytes) -> Taken:
    return csv_file.read(io.BytesIO(content), id_pattern=DEFAULT_ID_PATTERN)


def read_or_refused(content: bytes) -> Taken | None:
    try:
        return read(content)
    except UnusableFile as refusal:
        (problem,) = refusal.problems
    assert problem.isprintable()
    assert problem.endswith(".")
    return None


ids = st.uuids().map(lambda value: value.hex) | st.from_regex(r"[0-9][0-9A-Za-z._-]{2,63}", fullmatch=True)
# What a cell may hold: every separator, quotes, new lines, marks nobody sees, letters of any script.
letters = st.sampled_from("aZ09.-_ ,;\t\"'\n\r=+@<&\u00e9\u0430\u200b\u2028\ufeff\uff11") | st.characters(
    exclude_categories=["Cs"], exclude_characters="\0"
)
words = st.text(letters, max_size=12)
nearly_ids = st.one_of(
    ids,
    st.builds("{}{}".format, ids, letters),
    st.builds("{}{}".format, letters, ids),
    st.sampled_from(["ALL", "all", "", "  ", "ab", "x" * 65, "1.2E+31", "=1+1", "\u0430bc1", "cid"]),
    words,
)
separators = st.sampled_from(columns.SEPARATORS)
line_ends = st.sampled_from(["\n", "\r\n", "\r"])
headings = st.sampled_from(["customer_id", "CUST_ID", "cid", "Id", " cid ", "Customer ID"])
encodings = st.sampled_from(["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be"])


def written(cell: str, separator: str, *, quoted: bool) -> str:
    if quoted or set(cell) & {separator, '"', "\r", "\n"}:
        return '"' + cell.replace('"', '""') + '"'
    return cell


def encoded(text: str, encoding: str) -> bytes:
    return (("\ufeff" if encoding.startswith("utf-16") else "") + text).encode(encoding)


@dataclass(frozen=True)
class File:
    """A file as it was meant; `rows` with the lines they begin in, the heading left out."""

    text: str
    encoding: str
    separator: str
    heading: str | None
    column: int
    width: int
    rows: Sequence[tuple[int, Sequence[str]]]

    @property
    def content(self) -> bytes:
        return encoded(self.text, self.encoding)


@st.composite
def files(draw: st.DrawFn, cells: st.SearchStrategy[str]) -> File:
    """A heading over one column of `cells` among others, or one column without a heading."""
    heading, line_end = draw(st.none() | headings), draw(line_ends)
    before, after = (0, 0) if heading is None else (draw(st.integers(0, 2)), draw(st.integers(0, 2)))
    # One column tells nothing of its separator, and is read as with commas.
    separator = draw(separators) if before + after else ","
    # Without a heading the first row says how many columns there are, so it must not look like several.
    found = draw(st.lists(cells, min_size=1, max_size=12))
    found = [draw(ids), *found] if heading is None else found
    named = [] if heading is None else [[*["name"] * before, heading, *["note"] * after]]
    rows = [
        [*(draw(words) for _ in range(before)), cell, *(draw(words) for _ in range(after))] for cell in found
    ]
    text = draw(st.sampled_from(["", line_end, f" {line_end}{line_end}"]))
    begun: list[tuple[int, Sequence[str]]] = []
    for row in [*named, *rows]:
        begun.append((len(LINE.findall(text)) + 1, row))
        text += (
            separator.join(written(cell, separator, quoted=draw(st.booleans())) for cell in row) + line_end
        )
    if draw(st.booleans()):
        text = text.removesuffix(line_end)
    return File(text, draw(encodings), separator, heading, before, before + 1 + after, begun[len(named) :])


@given(files(ids))
def test_a_valid_file_comes_through_exactly(file: File) -> None:
    taken = read(file.content)
    cids = [row[file.column] for _, row in file.rows]
    assert taken.cids == tuple(dict.fromkeys(cids))
    assert taken.duplicates == len(cids) - len(taken.cids)
    assert taken.bad == ()
    assert taken.heading == (file.heading and file.heading.strip())
    assert taken.column == (file.column + 1 if file.width > 1 else None)


@given(files(nearly_ids))
def test_a_hostile_file_is_judged_as_the_csv_module_would(file: File) -> None:
    taken = read_or_refused(file.content)
    if taken is None:
        assert not any(any(map(core, row)) for _, row in file.rows)
        return
    assert of(taken) == judged(file.rows, file.column, file.width)
    assert of(taken) == independent(file.text, file.separator, taken)


@given(files(ids | nearly_ids), st.data())
def test_a_damaged_file_loses_nothing_silently(file: File, data: st.DataObject) -> None:
    text = file.text
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + data.draw(letters) + text[at + data.draw(st.integers(0, 2)) :]
    taken = read_or_refused(encoded(text, file.encoding))
    if taken is None:
        return
    assert of(taken) in [independent(text, separator, taken) for separator in columns.SEPARATORS]


@given(st.lists(ids, min_size=2, max_size=30), separators, st.integers(0, 2))
def test_the_only_column_of_ids_is_found_without_a_heading(cids: list[str], separator: str, at: int) -> None:
    rows = [[*["X Y", "Müller!", ""][:at], cid, "", "=1"] for cid in cids]
    taken = read("\n".join(separator.join(row) for row in rows).encode("cp1252"))
    assert taken.cids == tuple(dict.fromkeys(cids))
    assert (taken.column, taken.bad) == (at + 1, ())


# In a column of ids, in no order; and what may stand beside it: the first four can be no customer's id.
bad_cells = st.sampled_from(["", " ", "1.23E+31", "ab", "x y", "?", "and", "\u0430bc1"]) | ids.map(
    "{} ?".format
)
BESIDE = {
    "dates": st.dates().map(str) | st.dates().map("{:%d.%m.%Y}".format),
    "amounts": st.decimals(0, 10**6, places=2).map(str) | st.integers(0, 999).map("{},50".format),
    "names": st.sampled_from(["Ann Lee", "Bo Li", "M\u00fcller & Co", ""]),
    "blanks": st.sampled_from(["", " ", "-", "no"]),
    "codes": st.integers(0, 9999).map("SITE-{:04}".format) | st.just(""),
    "numbers": st.integers(0, 10**6).map("{:,}".format),
    "words": st.sampled_from(["Berlin", "Lee, Ann", "x", ""]),
}
HARMLESS = {"dates", "amounts", "names", "blanks"}


@st.composite
def headless(draw: st.DrawFn) -> tuple[File, bool]:
    """Several columns, one of them of ids with bad cells, no heading; whether there can be no doubt of it."""
    kinds = draw(st.lists(st.sampled_from(sorted(BESIDE)), min_size=1, max_size=3))
    column, separator = draw(st.integers(0, len(kinds))), draw(separators)
    cells = draw(st.lists(ids, min_size=1, max_size=8))
    good = len(cells)
    cells = draw(st.permutations([*cells, *draw(st.lists(bad_cells, max_size=good + 4))]))
    rows = []
    for cell in cells:
        row = [draw(BESIDE[kind]) for kind in kinds]
        rows.append([*row[:column], cell, *row[column:]])
    sure = set(kinds) <= HARMLESS and 2 * good >= len(cells)
    text = "".join(
        separator.join(written(cell, separator, quoted=draw(st.booleans())) for cell in row) + "\n"
        for row in rows
    )
    width = max((at + 1 for at, cell in enumerate(rows[0]) if core(cell)), default=0)
    begun = list(enumerate(rows, 1))
    return File(text, "utf-8", separator, None, column, max(width, column + 1), begun), sure


@given(headless())
def test_a_bad_cell_never_makes_another_column_take_over(given: tuple[File, bool]) -> None:
    file, sure = given
    taken = read_or_refused(file.content)
    assert taken is not None or not sure
    if taken is not None:
        assert taken.column in (None, file.column + 1)
        assert of(taken) == judged(file.rows, file.column, file.width)


marks = [
    b"",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\xff\xfe\0\0",
    b"\0\0\xfe\xff",
    b"PK\3\4",
    b"\x1f\x8b",
    b"sep=",
]
pieces = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [b"cid", b",", b";", b"\t", b'"', b"\n", b"\r", b"a01", b"\0", b"=1", b"a\0b\0c\0\n\0", b"{", b"<"]
    ),
    ids.map(str.encode),
)
bytestrings = st.builds(bytes.__add__, st.sampled_from(marks), st.lists(pieces, max_size=12).map(b"".join))


@given(bytestrings)
@example(b"\r")
@example(b'"')
@example(b"\xff\xfe\xff\xfe\xff\xfe")
@example(b"\n" * 500)
@example(b"sep=\n")
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    taken = read_or_refused(content)
    if taken is None:
        return
    assert taken.found == len(taken.cids) + taken.duplicates + len(taken.bad) > 0
    assert len(set(taken.cids)) == len(taken.cids)
    # An id is ASCII: in every encoding it stands in the bytes, zeros between its letters at most.
    bare = content.replace(b"\0", b"").replace(b'""', b'"')
    assert all(is_id(cid) and cid.encode() in bare for cid in taken.cids)
    lines = [bad.line for bad in taken.bad]
    assert lines == sorted(set(lines))
    assert all(
        bad.text.isascii() and bad.text.isprintable() and bad.why for bad in taken.bad if bad.text[-1:] != "…"
    )
