"""Files as people send them, each with the answer it gets: one row a file."""

import gzip
import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from bot.customer_ids import DEFAULT_ID_PATTERN
from bot.errors import InvalidRequest
from bot.intake import csv_file, ids
from bot.intake.decoded import LARGEST, LONGEST_LINE
from bot.intake.ids import MOST_BAD, MOST_IDS, BadLine, Taken, UnusableFile

ONE = "e106b3d0fb0111efb2cdda09530d43d0"


@dataclass(frozen=True)
class Row:
    """`bad` maps a line to what is said of it; `refused` is part of the words of a refusal."""

    name: str
    content: str | bytes
    ids: str = ""
    bad: Mapping[int, str] = field(default_factory=dict)
    refused: str = ""
    duplicates: int = 0
    heading: str | None = None
    column: int | None = None
    remark: str = ""


def zipped(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return packed.getvalue()


def bom(text: str, encoding: str) -> bytes:
    return f"\ufeff{text}".encode(encoding)


TITLE = "The first line, “{}”, is neither a heading nor an id: delete what stands above the heading."
HEADING = "line {}, “{}”, taken as a heading"
NO_ID = "no customer id in this line"
OUT_OF_PLACE = "quotation mark"
UNCLEAR = "not clear which one holds the customer ids: column 1 (“"
HEAD_IT = "Put a heading customer_id above the ids' column"
NO_WORD = "a heading or an ordinary word"

FILES = [
    # One column.
    Row("one id", "a01", "a01"),
    Row("one column", "a01\nb02\n", "a01 b02"),
    Row("32 digits", f"{ONE}\n", ONE),
    Row("CRLF", "a01\r\nb02\r\n", "a01 b02"),
    Row("CR, as an old Mac", "a01\rb02\r", "a01 b02"),
    Row("line ends of every kind", "a01\rb02\nc03\r\n!\n", "a01 b02 c03", {4: "3 to 64 letters"}),
    Row("no line end at the end", "a01\nb02", "a01 b02"),
    Row("blank lines", "\n\na01\n\n \n\tb02\n\n?\n", "a01 b02", {8: "3 to 64"}),
    Row("spaces around", "  a01 \n\tb02\t\n\u00a0c03\u3000\n", "a01 b02 c03"),
    Row("duplicates", "a01\nb02\na01\na01\n", "a01 b02", duplicates=2),
    Row("case is kept", "a01\nA01\n", "a01 A01"),
    Row("trailing separators", "a01,,\nb02,,\n", "a01 b02"),
    Row("trailing semicolons", "a01;\nb02;\n", "a01 b02"),
    Row("typographic quotes", "“a01”\n'b02'\n`c03`\n", "a01 b02 c03"),
    Row("marks nobody sees, around", "\u200ba01\u200b\n\u2060b02\n", "a01 b02"),
    Row("a mark nobody sees, within", "a\u200b01\nb02", "b02", {1: "outside plain A-Z"}),
    Row(
        "two cells in a file of one", "a01\nb02,c03\nd04\n", "a01 d04", {2: "has 2 cells where the first row"}
    ),
    Row("another separator in one line", "a01\nb02;c03\n", "a01", {2: "3 to 64"}),
    Row("ids side by side", "a01,b02,c03\n", refused="put one in each line"),
    # Headings.
    Row("a heading alone on its column", "customer_id\na01\n", "a01", heading="customer_id"),
    Row("a heading in capitals, spaced", "Name, CUST_ID \nX,a01\n", "a01", heading="CUST_ID", column=2),
    Row("a heading in quotes", '"cid";"name"\n"a01";"X"\n', "a01", heading="cid", column=1),
    Row("a heading as people write it", "n\tCustomer ID\n1\ta01\n", "a01", heading="Customer ID", column=2),
    Row("a heading called id", "name,id\nX,a01\n", "a01", heading="id", column=2),
    Row(
        "blank lines before the heading",
        "\n\ncid,n\na01,!\n?,!\n",
        "a01",
        {5: "3 to 64"},
        heading="cid",
        column=1,
    ),
    Row("the more telling heading", "id,customer_id\n111,a01\n", "a01", heading="customer_id", column=2),
    Row("cust_id before cid", "cid,cust_id\n111,a01\n", "a01", heading="cust_id", column=2),
    Row("the same heading twice", "cid,CID\na01,b02\n", refused="Two columns are headed “cid”"),
    Row("only a heading", "customer_id\n", refused="holds a heading and no rows"),
    Row("only a heading among others", "name,cid\r\n\r\n,,\r\n", refused="holds a heading and no rows"),
    Row("an unknown heading", "Kunde,Name of\na01,Ann\n", refused=UNCLEAR),
    Row("unknown headings", "Kunde,Name of\na01,Ann Lee\nb02,Bo Li\n", "a01 b02", {1: NO_WORD}, column=1),
    Row(
        "a title",
        "Export of 2026-11-23\n\ncustomer_id;name\na01;Ann\n",
        refused=TITLE.format("Export of 2026-11-23"),
    ),
    Row("a title with a comma", "North, wave 1\ncid;name\na01;Ann\n", refused=TITLE.format("North, wave 1")),
    Row("a title of one word", "Export\ncid;name\na01;Ann\n", refused=TITLE.format("Export")),
    Row("a title over one column", "# Wave 1\ncustomer_id\na01\n", refused=TITLE.format("# Wave 1")),
    Row(
        "a heading of other words",
        "\nKunde\na01\n",
        "a01",
        heading="Kunde",
        remark=HEADING.format(2, "Kunde"),
    ),
    Row(
        "a heading of several words",
        "Kunden-Nr.;\na01\n",
        "a01",
        heading="Kunden-Nr.",
        remark=HEADING.format(1, "Kunden-Nr."),
    ),
    Row("a first line unlike the others", "Acme\na01\n", "Acme a01", remark="line 1, “Acme”, taken as an id"),
    Row(
        "names of customers",
        "Customer\nacme\na01\n",
        "acme a01",
        heading="Customer",
        remark=HEADING.format(1, "Customer"),
    ),
    Row("a heading and digits", "Kunde1\na01\n", "Kunde1 a01"),
    Row("a heading's word alone", "Kunde\n", refused="holds a heading and no rows"),
    Row(
        "no id at all in a first line",
        "*Kunden*!?\na01\n",
        "a01",
        heading="*Kunden*!?",
        remark=HEADING.format(1, "*Kunden*!?"),
    ),
    Row("the heading again, further down", "cid\na01\ncid\n", "a01", {3: NO_WORD}, heading="cid"),
    Row("ordinary words", "a01\nand\nCustomer_ID\nb02\n", "a01 b02", {2: NO_WORD, 3: NO_WORD}),
    # Several columns.
    Row("one column of ids, no heading", "1,a01,X Y\n2,b02,Z\n", "a01 b02", column=2),
    Row("two columns of ids, no heading", "a01,Ann\nb02,Bob\n", refused=UNCLEAR),
    Row("no column of ids, no heading", "a b,1\nc d,2\n", refused=UNCLEAR),
    Row("names beside ruined ids, no heading", "1.2E+31;Ann\n3.4E+31;Bob\n", refused=UNCLEAR),
    Row("semicolons, a comma within, no heading", "a01;Lee, Ann\nb02;Poe, Bob\n", "a01 b02", column=1),
    Row("a column not whole, no heading", "a01,1\n?,2\n", "a01", {2: "3 to 64"}, column=1),
    Row("mostly bad, no heading", "a01,1\n?,2\n!,3\n", refused=UNCLEAR),
    Row(
        "one bad cell beside ids",
        "a01;b02\nc03 ?;d04\ne05;f06\n",
        refused="column 1 (“a01”) or column 2 (“b02”)",
    ),
    Row("an id made a number, beside codes", "a01;S-1\n1.23E+31;S-2\nb02;S-3\n", refused=HEAD_IT),
    Row("all ids made numbers, beside codes", "1.06E+31;S-1\n1.26E+31;S-2\n", refused=UNCLEAR),
    Row("all ids in formulas, beside codes", '"=""a01""";S-1\n"=""b02""";S-2\n', refused=UNCLEAR),
    Row("an empty cell, beside codes", ";S-1\na01;S-2\nb02;S-3\n", refused=HEAD_IT),
    Row("a code in one row alone", "a01;\nb02;S-2\n", refused=UNCLEAR),
    Row("dates", "Ann Lee,2026-11-23\nBob Poe,2026-11-24\n", refused=UNCLEAR),
    Row("amounts", '"a01!";100.50\n"b02?";200.50\n', refused=UNCLEAR),
    Row(
        "a bad cell beside dates",
        "a01,2026-11-23\n1.23E+31,2026-11-24\nb02 ?,2026-11-25T03.00\n,2026-11-26\nc03,27.11.2026\n",
        "a01 c03",
        {2: "into a number", 3: "3 to 64", 4: NO_ID},
        column=1,
    ),
    Row("decimal commas", "a01;1,500\nb02;2,750\n", "a01 b02", column=1),
    Row(
        "two columns and decimal commas",
        "a01;b02;1,500\nc03;d04;2,750\n",
        refused="column 1 (“a01”) or column 2",
    ),
    Row(
        "names and numbers, by two separators",
        "x1a\tBerlin, 101\ny2b\tParis, 750\n",
        refused="(“x1a”) by tabs",
    ),
    Row("an empty id", "cid,name\n,Ann\nb02,Bob\n", "b02", {2: NO_ID}, heading="cid", column=1),
    Row("a short row", "name,cid\nAnn\nBob,b02\n", "b02", {2: NO_ID}, heading="cid", column=2),
    Row(
        "a name not quoted moves the cells",
        "name,cid\nLee, Ann,a01\nBob,b02\n",
        "b02",
        {2: "has 3 cells where the first row has 2"},
        heading="cid",
        column=2,
    ),
    Row("empty cells beyond the heading", "cid,name\na01,Ann,,\n", "a01", heading="cid", column=1),
    Row("a wholly empty row", 'cid,name\n,\n"",""\na01,Ann\n', "a01", heading="cid", column=1),
    # Separators and quotes.
    Row("semicolons, a comma within", "cid;name\na01;Lee, Ann\n", "a01", heading="cid", column=1),
    Row("tabs", "name\tcid\nAnn\ta01\n", "a01", heading="cid", column=2),
    Row("sep=;", "sep=;\r\ncid;name\r\na01;X\r\n?;Y\r\n", "a01", {4: "3 to 64"}, heading="cid", column=1),
    Row("sep= in quotes", '"sep=,"\ncid,name\na01,X\n', "a01", heading="cid", column=1),
    Row("sep= and a tab", "sep=\t\na01\t1\nb02\t2\n", "a01 b02", column=1),
    Row("sep= and a bar", "sep=|\na01|1\n", refused="names a separator that is not read"),
    Row("sep= alone", "sep=;\n", refused="nothing but blank lines"),
    Row("bars", "cid|name\na01|Ann\n", refused="separated by “|”; use a comma, a semicolon or a tab."),
    Row("bars, a comma within", "a01|Lee, Ann\nb02|Poe, Bob\n", refused="separated by “|”"),
    Row(
        "two separators, both possible",
        "a01;x,b02\n",
        refused="column 2 (“b02”) by commas or column 1 (“a01”) by semi",
    ),
    Row(
        "two separators, both with a heading",
        "cid,n;id\na01,n;b02\n",
        refused="not clear what separates the columns",
    ),
    Row("separators in quotes", 'name,cid\n"Lee, Ann",a01\n', "a01", heading="cid", column=2),
    Row("quotes doubled", 'name,cid\n"Ann ""A"" Lee",a01\n', "a01", heading="cid", column=2),
    Row(
        "new lines in quotes",
        'name,cid\n"Ann\nLee\r\nX",a01\nBob,?\n',
        "a01",
        {5: "3 to 64"},
        heading="cid",
        column=2,
    ),
    Row(
        "a bad row that begins with new lines",
        'name,cid\n"A\nB",?\n',
        "",
        {2: "3 to 64"},
        heading="cid",
        column=2,
    ),
    Row("a space behind the quotes", '"a01" \n"b02"  \n"c03" ', "a01 b02 c03"),
    Row("spaces all about quotes", 'cid , name\n"a01" , "x" \n', "a01", heading="cid", column=1),
    Row("a space before the quotes", 'name, cid\n"Ann", "a01"\n', "a01", heading="cid", column=2),
    Row("a quote within a word", 'cid,size\na01,5" pipe\n', "a01", heading="cid", column=1),
    Row(
        "a quote never closed",
        'cid,name\na01,"Ann\nb02,Bob\nc03,Cy\n',
        refused="from line 2 on: a quotation mark",
    ),
    Row(
        "a quote closed too early", 'cid,name\na01,X\n"b0"2,Bob\n', refused="from line 3 on: a quotation mark"
    ),
    Row("a quote never closed, one column", 'a01\n"b02\nc03\n', refused="from line 2 on"),
    # What is no id.
    Row("bullets", "• a01\nb02\n", "b02", {1: "begins with a bullet"}),
    Row("a formula", "a01\n=cmd|' /C calc'!A0\n", "a01", {2: "as a spreadsheet formula does"}),
    Row(
        "formulas of every kind",
        "a01\n+1+1\n@SUM(A1)\n-2+3\n\uff1dA1\n",
        "a01",
        dict.fromkeys((2, 3, 4, 5), "spreadsheet formula"),
    ),
    Row("a formula in another column", "cid,n\na01,=1+1\n", "a01", heading="cid", column=1),
    Row('Excel\'s ="…"', 'cid\n"=""0123"""\n', "", {2: "spreadsheet formula"}, heading="cid"),
    Row(
        "an id made a number",
        "a01\n1.23E+31\n1,5e+10\n",
        "a01",
        {2: "turned this id into a number", 3: "2 cells where"},
    ),
    Row(
        "made a number, decimal comma",
        'cid;n\n"1,23E+31";1\n',
        "",
        {2: "into a number"},
        heading="cid",
        column=1,
    ),
    Row("a look-alike letter", "a01\n\u0430bcd\n", "a01", {2: "look-alikes"}),
    Row("full-width digits", "a01\n\uff11\uff12\uff13\n", "a01", {2: "outside plain A-Z"}),
    Row("ALL", "a01\nALL\n all \n", "a01", {2: "every customer of a cluster", 3: "every customer"}),
    Row("too short, too long", f"a0\n{'x' * 65}\na01\n", "a01", {1: "3 to 64", 2: "3 to 64"}),
    Row("spaces within", "a01\nb 02\n", "a01", {2: "3 to 64"}),
    Row("a bell", "a01\nb\x0702\n", "a01", {2: "3 to 64"}),
    Row("Slack's own marks", "a01\n<!channel>\n<@U123>\n", "a01", {2: "3 to 64", 3: "3 to 64"}),
    Row("SQL", "a01\n1'; DROP TABLE jobs--\n", "a01", {2: "3 to 64"}),
    Row("a path", "a01\n../../etc/passwd\n", "a01", {2: "3 to 64"}),
    # Encodings.
    Row("UTF-8 with a mark", bom("cid\na01\n", "utf-8"), "a01", heading="cid"),
    Row(
        "UTF-16 LE, as Excel saves it",
        bom("n\tcid\r\né\ta01\r\n", "utf-16-le"),
        "a01",
        heading="cid",
        column=2,
    ),
    Row("UTF-16 BE", bom("cid;n\na01;é\n", "utf-16-be"), "a01", heading="cid", column=1),
    Row("UTF-32", bom("cid\na01\n", "utf-32-le"), "a01", heading="cid"),
    Row("UTF-16 LE without a mark", "cid;n\na01;é\n".encode("utf-16-le"), "a01", heading="cid", column=1),
    Row("UTF-16 BE without a mark", "a01\nb02\n".encode("utf-16-be"), "a01 b02"),
    Row("UTF-16 cut off", bom("a01\nb02\n", "utf-16-le")[:-1], refused="may have been cut off"),
    Row("UTF-16 in name only", b"\xff\xfe\x00\xd8\x00\x00a", refused="does not go on as such"),
    Row(
        "Windows-1252 in another column",
        "cid;Größe\na01;€ 5\n".encode("cp1252"),
        "a01",
        heading="cid",
        column=1,
    ),
    Row("Latin-1 within an id", b"a01\nb\xe902\n", "a01", {2: "outside plain A-Z"}),
    Row(
        "Windows-1252 around an id",
        b"cid\r\na01\xa0\r\n\x93b02\x94\r\n\xabc03\xbb",
        "a01 b02 c03",
        heading="cid",
    ),
    Row("a mark further down", "a01\n\ufeffb02\n", "a01 b02"),
    Row("only a mark", b"\xef\xbb\xbf", refused="nothing but blank lines"),
    # No CSV at all.
    Row("empty", b"", refused="The file is empty"),
    Row("blank", " \n\t\n\r\n", refused="nothing but blank lines"),
    Row("only separators", ",,,\n,\n", refused="nothing but blank lines"),
    Row("only separators, of two kinds", ",,,\n;;\n", "", {2: "3 to 64"}),
    Row(
        "an Excel workbook",
        zipped("[Content_Types].xml", "xl/workbook.xml"),
        refused="an Excel workbook, not a CSV",
    ),
    Row(
        "a LibreOffice workbook",
        zipped("mimetype/opendocument.spreadsheet"),
        refused="a LibreOffice workbook",
    ),
    Row(
        "an old Excel workbook",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500),
        refused="save it as “CSV UTF-8”",
    ),
    Row("a zip", zipped("ids.csv"), refused="packed, not a CSV. Unpack it"),
    Row("an empty zip", zipped(), refused="Unpack it"),
    Row("gzip", gzip.compress(b"a01\n"), refused="Unpack it"),
    Row("a PNG renamed", b"\x89PNG\r\n\x1a\n" + bytes(50), refused="a picture, not a CSV"),
    Row("a JPEG renamed", b"\xff\xd8\xff\xe0\x00\x10JFIF", refused="a picture"),
    Row("a GIF renamed", b"GIF89a\x01\x00", refused="a picture"),
    Row("a PDF", b"%PDF-1.7\n%\xe2\xe3\n", refused="a PDF, not a CSV"),
    Row("a web page", "<!DOCTYPE html>\n<html><body>Log in</body></html>", refused="a web page"),
    Row("XML", "\ufeff<?xml version='1.0'?><a/>", refused="a web page (HTML or XML)"),
    Row("JSON", '{"cids": ["a01"]}', refused="is JSON"),
    Row("a JSON list", '[\n  "a01"]', refused="is JSON"),
    Row("zero bytes", b"a01\n\x00\x00\nb02\n", refused="zero bytes"),
    Row("a program", b"\x7fELF\x02\x01\x01\x00" + bytes(99), refused="zero bytes"),
    Row(
        "long lines",
        f"cid,note\na01,{'x' * 70_000}\n?,{'y' * 70_000}\n",
        "a01",
        {3: "3 to 64"},
        heading="cid",
        column=1,
    ),
    Row("a line without end", "x" * (LONGEST_LINE + 1), refused="A line is longer than 131,072"),
    Row("a cell without end", '"' + "x\n" * LONGEST_LINE + '"', refused="from line 1 on"),
    Row("too large", b"a01\n" * (LARGEST // 4 + 1), refused="larger than 10 MB"),
    Row(
        "too many bad lines",
        "?\n" * (MOST_BAD + 1),
        refused="More than 50,000 lines hold no customer id; the first is line 1, “?”",
    ),
]


@pytest.mark.parametrize("row", FILES, ids=lambda row: row.name)
def test_a_file_gets_its_answer(row: Row) -> None:
    content = row.content if isinstance(row.content, bytes) else row.content.encode()
    if row.refused:
        with pytest.raises(UnusableFile, match=re.escape(row.refused)) as refusal:
            read(content)
        assert isinstance(refusal.value, InvalidRequest)
        assert str(refusal.value).endswith(".")
        return
    taken = read(content)
    assert taken.cids == tuple(row.ids.split())
    assert (taken.duplicates, taken.heading, taken.column) == (row.duplicates, row.heading, row.column)
    assert taken.remark == row.remark
    assert [bad.line for bad in taken.bad] == list(row.bad)
    for bad in taken.bad:
        assert row.bad[bad.line] in bad.why


def test_no_two_files_are_the_same() -> None:
    assert len({row.name for row in FILES}) == len(FILES) >= 60


def read(content: bytes, pattern: re.Pattern[str] = DEFAULT_ID_PATTERN) -> Taken:
    return csv_file.read(io.BytesIO(content), id_pattern=pattern)


def test_a_bad_line_shows_what_stands_there_harmlessly() -> None:
    taken = read("cid,name\n,Ann\n\u0430b\u202ec,X\n".encode())
    assert [(bad.line, bad.text) for bad in taken.bad] == [(2, ",Ann"), (3, "\\u0430b\\u202ec")]


def test_what_is_found_is_taken_a_duplicate_or_bad() -> None:
    taken = read(b"a01\n\n?\na01\nb02\n")
    assert taken.found == len(taken.cids) + taken.duplicates + len(taken.bad) == 4


def test_another_pattern_is_obeyed_and_quoted() -> None:
    taken = read(b"+49\n49\n", re.compile(r"\+\d+"))
    assert taken.cids == ("+49",)
    assert taken.bad == (BadLine(2, "49", r"an id must match \+\d+; “ALL” is not one"),)


def test_the_largest_file_is_read_and_the_file_left_open() -> None:
    file = io.BytesIO(b"a01\n" * (LARGEST // 4))
    assert csv_file.read(file, id_pattern=DEFAULT_ID_PATTERN).duplicates == LARGEST // 4 - 1
    assert not file.closed


def test_more_ids_than_memory_is_meant_for_are_refused() -> None:
    with pytest.raises(UnusableFile, match="more than 1,000,000 different customer ids"):
        read(b"".join(b"%x\n" % number for number in range(0x1000, 0x1000 + MOST_IDS + 1)))


def test_a_line_that_straddles_two_reads_stays_whole() -> None:
    for shift in range(12):
        content = "\r\n".join(["x" * (50 + shift), *(f"a{n:05}" for n in range(30_000)), "?"]).encode()
        taken = read(content)
        assert len(taken.cids) == 30_001
        assert [bad.line for bad in taken.bad] == [30_002]


def test_reasons_are_told_once_and_what_an_id_is_made_of_last() -> None:
    told = ids.told(read(b"a01\n?\n=1+1\n!\n").bad)
    assert told == (
        "line 3, “=1+1”: begins as a spreadsheet formula does, and an id cannot; nothing of it was run; "
        "line 2, “?”, line 4, “!”: an id has 3 to 64 letters (A-Z, a-z), digits, “.”, “_” or “-”, and begins "
        "with a letter or digit; “ALL” is not one"
    )


@pytest.mark.parametrize("at_once", [1, 2, 3, 5, 200])
def test_lines_are_counted_wherever_the_file_is_cut_into_blocks(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_file, "AT_ONCE", at_once)
    text = '\n\ncid,note\na01,"two\nlines"\n?,\nb02,"three\r\nlines\r"\n\n!,"\n"\nc03,\na01,\n~,\n'
    taken = read(text.encode())
    assert [(bad.line, bad.text) for bad in taken.bad] == [(6, "?"), (11, "!"), (15, "~")]
    assert (taken.cids, taken.duplicates) == (("a01", "b02", "c03"), 1)
    with pytest.raises(UnusableFile, match="cannot be read from line 16 on"):
        read(f'{text}"d04\n'.encode())
