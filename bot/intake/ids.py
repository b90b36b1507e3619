"""What a file or pasted text gave: the customer ids in it, and each line that gave none, with the reason."""

import re
import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.customer_ids import (
    EVERY_CUSTOMER,
    HEADING_WORDS,
    HEADINGS,
    JOINING,
    are_plain_ids,
    described,
    is_customer_id,
    visible,
)
from bot.errors import InvalidRequest
from bot.vocabulary import Kind, Vocabulary
from bot.words import WRAPPING

# Bounds of memory, far above any list seen; `max_customers` of a job is for the caller to check.
MOST_IDS = 1_000_000
MOST_BAD = 50_000

# What may stand around an id in its cell and is no part of it: every white space, and what wraps a word; the
# no-break space and the quotes of Windows-1252 too, as `decoded` hands on a byte that is no UTF-8.
AROUND = (
    string.whitespace
    + "\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"
    + "".join(map(chr, range(0x2000, 0x200B)))
    + WRAPPING
    + b"\x82\x84\x8b\x91\x92\x93\x94\x9b\xa0\xab\xad\xb4\xbb".decode("ascii", "surrogateescape")
)

EVERYBODY = "“ALL” stands for every customer of a cluster; name each customer by its id"
RUINED = (
    "a spreadsheet turned this id into a number; take the id from its source again, "
    "into a column formatted as text"
)
ORDINARY = "a heading or an ordinary word, no customer id; leave it out"
NAMES = {
    Kind.ACTION: "is the name of an action, no customer id",
    Kind.CLUSTER: "is the name of a cluster, no customer id",
}
BULLET = "begins with a bullet; leave the bullet out"
FORMULA = "begins as a spreadsheet formula does, and an id cannot; nothing of it was run"
FOREIGN = (
    "has letters or marks from outside plain A-Z, a-z and 0-9, perhaps look-alikes; they are shown as codes"
)

_MADE_OF = "an id "  # begins the reason that is the same for every word that is otherwise none

BULLETS = "•◦▪▫▸‣\u2043∙·●○■□➢→✓✔✗\uf0b7"
_AS_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?E\+\d+", re.IGNORECASE | re.ASCII)
# Fits the pattern of an id and is none as a rule: a date, an amount, a version, an address of the internet.
_FIGURE = re.compile(r"\d{1,4}([.-])\d{1,2}\1\d{1,4}(?:T[\d.-]+Z?)?|v?\d+(?:\.\d+)+(?:-[a-z]+\d*)?", re.ASCII)


class UnusableFile(InvalidRequest):
    """Nothing of the file was taken; says what is wrong with it and what to do."""

    def __init__(self, problem: str) -> None:
        super().__init__([problem])


@dataclass(frozen=True, slots=True)
class BadLine:
    """Something that is no customer id; `text` is safe to show and cut, `line` counts from 1."""

    line: int
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken, and what not.

    `cids` are distinct, in order of first appearance; `duplicates` is how many more times one of them stood
    there. `heading` is what the column of ids is headed with, as written but safe to show, or None; `column`
    counts from 1, and is None where there are no columns. `remark` says what a first line was taken for that
    may be a heading or an id, safe to show, and is "" where there is no doubt.
    """

    cids: tuple[str, ...]
    duplicates: int
    bad: Sequence[BadLine]
    heading: str | None = None
    column: int | None = None
    remark: str = ""

    @property
    def found(self) -> int:
        """How many rows of a file, or words of a text, were judged: each is taken, a duplicate or bad."""
        return len(self.cids) + self.duplicates + len(self.bad)


class Gathering:
    """Takes in words one by one, `names` as none. Raises UnusableFile when they are too many for memory."""

    def __init__(self, pattern: re.Pattern[str], names: Vocabulary | None = None) -> None:
        self._pattern = pattern
        self._names = names
        self._otherwise = _MADE_OF + described(pattern)
        self._cids: list[str] = []  # in order
        self._seen: set[str] = set()  # the same; a dictionary would keep their order, but takes longer
        self._duplicates = 0
        self._bad: list[BadLine] = []

    def take(self, word: str, line: int) -> None:
        """Take a word, not empty and out of its wrapping, as an id if it is one."""
        if word in self._seen:
            self._duplicates += 1
        elif self._names and (match := next(self._names.at([word], 0), None)):
            self.refuse(word, line, NAMES[match.kind])
        elif is_customer_id(word, self._pattern):
            self._add([word])
        else:
            self.refuse(word, line, self._why(word))

    def take_all(self, words: Sequence[str]) -> bool:
        """Take many at once, out of their cells; or none of them, if any needs to be looked at by itself."""
        plain = all(words) and are_plain_ids(words, self._pattern)
        if not plain or (self._names and not self._names.has_none(words)):
            return False
        new: Sequence[str] = words
        if len(words) > len(set(words)) or not self._seen.isdisjoint(words):
            new = [word for word in dict.fromkeys(words) if word not in self._seen]
        self._duplicates += len(words) - len(new)
        self._add(new)
        return True

    def _add(self, new: Sequence[str]) -> None:
        self._cids += new
        self._seen.update(new)
        if len(self._cids) > MOST_IDS:
            raise UnusableFile(f"There are more than {MOST_IDS:,} different customer ids; send fewer.")

    def refuse(self, text: str, line: int, why: str) -> None:
        """Put down that `text` gave no id."""
        self._bad.append(BadLine(line, visible(text), why))
        if len(self._bad) > MOST_BAD:
            first = self._bad[0]
            raise UnusableFile(
                f"More than {MOST_BAD:,} lines hold no customer id; the first is line {first.line}, "
                f"“{first.text}”: {first.why}. Check that this is the right list."
            )

    def taken(
        self, *, heading: str | None = None, column: int | None = None, doubt: tuple[int, str] | None = None
    ) -> Taken:
        """All so far. `doubt` is a first line, by its number, that may have been a heading or an id."""
        shown = None if heading is None else visible(heading.strip(AROUND))
        remark = ""
        if doubt and (heading is not None or doubt[1].strip(AROUND) in self._seen):
            remark = f"line {doubt[0]:,}, “{visible(doubt[1].strip(AROUND))}”, taken as "
            remark += "an id" if heading is None else "a heading"
        return Taken(tuple(self._cids), self._duplicates, tuple(self._bad), shown, column, remark)

    def _why(self, word: str) -> str:
        if word.casefold() == EVERY_CUSTOMER:
            return EVERYBODY
        if is_ruined(word):
            return RUINED
        if word.casefold().rstrip(".:!?") in HEADING_WORDS | JOINING:
            return ORDINARY
        if word[0] in BULLETS:
            return BULLET
        if word[0] in "=+-@\uff1d\uff0b\uff0d\uff20" and len(word) > 1:
            return FORMULA
        return self._otherwise if word.isascii() else FOREIGN


def told(bad: Sequence[BadLine]) -> str:
    """Name bad lines with what is wrong with them, each reason once; what an id is made of comes last."""
    lines: dict[str, list[str]] = {}
    for one in bad:
        lines.setdefault(one.why, []).append(f"line {one.line:,}, “{one.text}”")
    whys = sorted(lines, key=lambda why: why.startswith(_MADE_OF))
    return "; ".join(f"{', '.join(lines[why])}: {why}" for why in whys)


def has_digit(word: str) -> bool:
    """Whether a word has a digit, as ids have almost always and names seldom."""
    return any(map(str.isdigit, word))


def is_ruined(word: str) -> bool:
    """Whether a word is what a spreadsheet makes of an id that looks like a number."""
    return _AS_NUMBER.fullmatch(word) is not None


def is_figure(word: str) -> bool:
    """Whether a word that may fit the pattern is a date, an amount or the like."""
    return _FIGURE.fullmatch(word) is not None


def heading_rank(words: str) -> int | None:
    """How telling `words` are as the heading of a column of ids, 0 being the most; None if they are none.

    Case, white space, `_`, `-`, a plural and a colon are not looked at: `Customer ID`, `CUST_ID`, `cids:`.
    """
    folded = re.sub(r"[\s_-]+", "", words.strip(AROUND + ":")).casefold().removesuffix("s")
    return HEADINGS.index(folded) if folded in HEADINGS else None


def stands_out(first: str, others: Iterable[str]) -> bool:
    """Whether the first of a list has no digit while each of the others, of which there are some, has one."""
    told = [has_digit(word) for word in others if word.strip(AROUND)]
    return bool(told) and all(told) and bool(first.strip(AROUND)) and not has_digit(first)


def is_heading(words: str) -> bool:
    """Whether `words` are nothing but what lists of customers are headed with: `Kunde`, `Client no.`."""
    each = [word for word in re.split(r"[^\w/]+|_+", words.casefold()) if word]
    return bool(each) and HEADING_WORDS.issuperset(each)
