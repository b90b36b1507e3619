"""The bytes of a file as lines of text: which encoding, how large, and a clear word for what is no text."""

import codecs
import io
import re
from collections.abc import Iterator
from itertools import chain
from typing import IO

from bot.intake.ids import UnusableFile

LARGEST = 10 * 1024 * 1024  # bytes, Slack's own limit for a file in a form
LONGEST_LINE = 131_072  # characters, as many as the csv module takes in a field
CHUNK = 65_536  # bytes

_SAVE_AS_CSV = "Open it in the spreadsheet program, save it as “CSV UTF-8”, and send that file."
_NO_TEXT = "Send a CSV or text file with one customer id in each line."
_MARKS = (  # the longer first: one of UTF-32 begins as one of UTF-16 does
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_KINDS = (
    (re.compile(rb"PK(?:\x03\x04|\x05\x06).*?xl/", re.DOTALL), "an Excel workbook"),
    (re.compile(rb"PK\x03\x04.*?opendocument\.spreadsheet", re.DOTALL), "a LibreOffice workbook"),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "an old Excel or Office file"),
    (
        re.compile(
            rb"PK(?:\x03\x04|\x05\x06)|\x1f\x8b|BZh\d1AY|\xfd7zXZ|7z\xbc\xaf|Rar!\x1a|\x28\xb5\x2f\xfd"
        ),
        "packed",
    ),
    (re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8[79]a|RIFF.{4}WEBP|II\*\0|MM\0\*", re.DOTALL), "a picture"),
    (re.compile(rb"\s*%PDF-"), "a PDF"),
)
_ADVICE = {
    "an Excel workbook": _SAVE_AS_CSV,
    "a LibreOffice workbook": _SAVE_AS_CSV,
    "an old Excel or Office file": _SAVE_AS_CSV,
    "packed": "Unpack it and send the CSV inside.",
}
_WEB_PAGE = re.compile(r"\s*<[!?/a-z]", re.IGNORECASE)
_JSON = re.compile(r"\s*(?:\{\s*[\"}]|\[\s*[\"{\[\]\d-])")


def lines(file: IO[bytes]) -> Iterator[str]:
    """Every line with its ending, LF, CRLF or CR; reads a chunk at a time.

    UTF-8, UTF-16 and UTF-32 by their byte order mark, UTF-16 without one where half of it is zeros, all on
    one side. Everything else is read as UTF-8 in which a foreign byte stays a character of its own, outside
    ASCII: separators, quotes and ids are ASCII and mean the same in Latin-1, Windows-1252 and their like, so
    there is nothing to guess about the other columns, and a foreign byte inside an id makes it no id.

    Raises UnusableFile at once or on the way.
    """
    head = file.read(CHUNK)
    if not head:
        raise UnusableFile("The file is empty. Send one with a customer id in each line.")
    encoding = _encoding(head)
    for kind, name in _KINDS:
        if kind.match(head):
            raise UnusableFile(f"The file is {name}, not a CSV. {_ADVICE.get(name, _NO_TEXT)}")
    return chain.from_iterable(_blocks(head, file, encoding))


def _encoding(head: bytes) -> str:
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    zeros, half = (head[0::2].count(0), head[1::2].count(0)), len(head) // 2
    if half and zeros[0] == 0 and zeros[1] * 2 >= half:
        return "utf-16-le"
    if half and zeros[1] == 0 and zeros[0] * 2 >= half:
        return "utf-16-be"
    return "utf-8"


def _blocks(head: bytes, file: IO[bytes], encoding: str) -> Iterator[list[str]]:
    """Yield the lines of each chunk; a line that is not whole yet waits for the next."""
    errors = "surrogateescape" if encoding.startswith("utf-8") else "strict"
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    # It translates nothing, and keeps a CR back until it has seen whether an LF follows.
    newlines = io.IncrementalNewlineDecoder(decoder, translate=False)
    size, rest, begun = 0, "", False
    for chunk in chain([head], iter(lambda: file.read(CHUNK), b""), [b""]):
        size += len(chunk)
        if size > LARGEST:
            raise UnusableFile("The file is larger than 10 MB. Send it in parts.")
        text = rest + _text(newlines, chunk)
        if text and not begun:
            _refuse_markup(text)
            begun = True
        if "\0" in text:
            raise UnusableFile(f"The file holds zero bytes, so it is no text. {_NO_TEXT}")
        block = list(io.StringIO(text, newline=""))
        if max(map(len, block), default=0) > LONGEST_LINE:
            raise UnusableFile(f"A line is longer than {LONGEST_LINE:,} characters. {_NO_TEXT}")
        rest = block.pop() if chunk and block and not block[-1].endswith(("\n", "\r")) else ""
        yield block


def _text(newlines: io.IncrementalNewlineDecoder, chunk: bytes) -> str:
    try:
        return newlines.decode(chunk, final=not chunk)
    except UnicodeDecodeError as exc:
        raise UnusableFile(
            "The file begins as Unicode text (UTF-16 or UTF-32) but does not go on as such; it may have been "
            "cut off. Save it as “CSV UTF-8”, and send that file."
        ) from exc


def _refuse_markup(text: str) -> None:
    if _WEB_PAGE.match(text):
        raise UnusableFile(f"The file is a web page (HTML or XML), not a CSV. {_NO_TEXT}")
    if _JSON.match(text):
        raise UnusableFile(f"The file is JSON, not a CSV. {_NO_TEXT}")
