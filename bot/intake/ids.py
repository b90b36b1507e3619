"""What a file or pasted text gave: the customer ids in it, and each line that gave none, with the reason."""

import re
import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.customer_ids import EVERY_CUSTOMER, described, is_customer_id, visible
from bot.errors import InvalidRequest
from bot.words import WRAPPING

# Bounds of memory, far above any list seen; `max_customers` of a job is for the caller to check.
MOST_IDS = 1_000_000
MOST_BAD = 50_000

# What may stand around an id in its cell and is no part of it: every white space, and what wraps a word.
AROUND = (
    string.whitespace
    + "\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"
    + "".join(map(chr, range(0x2000, 0x200B)))
    + WRAPPING
)

EVERYBODY = "“ALL” stands for every customer of a cluster; name each customer by its id"
RUINED = (
    "a spreadsheet turned this id into a number; take the id from its source again, "
    "into a column formatted as text"
)
FORMULA = "begins as a spreadsheet formula does, and an id cannot; nothing of it was run"
FOREIGN = (
    "has letters or marks from outside plain A-Z, a-z and 0-9, perhaps look-alikes; they are shown as codes"
)

# The headings a column of ids is known by, most telling first, folded.
_HEADINGS = ("customerid", "custid", "cid", "id")
# What else a list of customers is headed with, whole words only, in the languages of the lists seen.
_HEADING_WORDS = re.compile(
    r"(?:account|client|code|customer|identifier|key|list|name|number|tenant|user)s?|cids?|cust|ids?|uuids?|no|nr|num"
    r"|clientes?|konto|kunden?|kunden(?:nummer|nr|id)|liste|mandant(?:en)?|nummern?",
    re.IGNORECASE,
)
_AS_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?E\+\d+", re.IGNORECASE | re.ASCII)


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
    """Takes in words one by one. Raises UnusableFile when they are more than memory is meant for."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern = pattern
        self._otherwise = f"an id {described(pattern)}"
        self._cids: dict[str, None] = {}
        self._duplicates = 0
        self._bad: list[BadLine] = []

    def take(self, word: str, line: int) -> None:
        """Take a word, not empty and out of its wrapping, as an id if it is one."""
        if word in self._cids:
            self._duplicates += 1
        elif is_customer_id(word, self._pattern):
            self._cids[word] = None
            if len(self._cids) > MOST_IDS:
                raise UnusableFile(f"There are more than {MOST_IDS:,} different customer ids; send fewer.")
        else:
            self.refuse(word, line, self._why(word))

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
        if doubt and (heading is not None or doubt[1].strip(AROUND) in self._cids):
            remark = f"line {doubt[0]:,}, “{visible(doubt[1].strip(AROUND))}”, taken as "
            remark += "an id" if heading is None else "a heading"
        return Taken(tuple(self._cids), self._duplicates, tuple(self._bad), shown, column, remark)

    def _why(self, word: str) -> str:
        if word.casefold() == EVERY_CUSTOMER:
            return EVERYBODY
        if _AS_NUMBER.fullmatch(word):
            return RUINED
        if word[0] in "=+-@\uff1d\uff0b\uff0d\uff20" and len(word) > 1:
            return FORMULA
        return self._otherwise if word.isascii() else FOREIGN


def heading_rank(words: str) -> int | None:
    """How telling `words` are as the heading of a column of ids, 0 being the most; None if they are none.

    Case, white space, `_`, `-`, a plural and a colon are not looked at: `Customer ID`, `CUST_ID`, `cids:`.
    """
    folded = re.sub(r"[\s_-]+", "", words.strip(AROUND + ":")).casefold().removesuffix("s")
    return _HEADINGS.index(folded) if folded in _HEADINGS else None


def stands_out(first: str, others: Iterable[str]) -> bool:
    """Whether the first of a list has no digit while each of the others, of which there are some, has one."""
    told = [any(map(str.isdigit, word)) for word in others if word.strip(AROUND)]
    return bool(told) and all(told) and bool(first.strip(AROUND)) and not any(map(str.isdigit, first))


def is_heading(words: str) -> bool:
    """Whether `words` are nothing but what lists of customers are headed with: `Kunde`, `Client no.`."""
    each = [word for word in re.split(r"[\W_]+", words) if word]
    return bool(each) and all(map(_HEADING_WORDS.fullmatch, each))
