"""Customer ids out of pasted text: a list as people and Slack's editor write one, or a whole message."""

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain

from bot.customer_ids import is_customer_id
from bot.intake import csv_file
from bot.intake.ids import (
    AROUND,
    BULLETS,
    NAMES,
    Gathering,
    Taken,
    UnusableFile,
    has_digit,
    heading_rank,
    is_figure,
    is_heading,
    stands_out,
)
from bot.vocabulary import Kind, Vocabulary
from bot.words import SEPARATORS, unescaped

WORD = "was taken for an ordinary word, for it has no digit or fewer than three characters"
SHORT = "was taken for an ordinary word, for it has fewer than six characters"
FIGURE = "was taken for a date, an amount, an address or a ticket"
UNLIKE = "is unlike the long customer ids beside it"
MENTION = "is a mention or the like"
NOT_MISSED = frozenset({WORD, MENTION, *NAMES.values()})  # of what is left out of a message
SHORTEST, SHORTEST_SURE = 3, 6
LONG = 16  # characters: a word as long as this with a digit is nothing but an id

_NEW_LINE = re.compile(r"\r\n|\r|\n")
# What Slack makes of links, mentions and dates. What people type between < and > arrives escaped.
_LIVE = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
_SCHEME = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)
_MARKS = BULLETS + "*>|\u2010\u2011\u2012\u2013\u2014\u2015\u2212-"
_NUMBER = re.compile(r"\A[\s>]*\(?(?:\d{1,4}|[a-z]|[ivx]{1,4})[.)]\s+(?=\S)", re.IGNORECASE | re.ASCII)
_LABEL = re.compile(
    r"(?<![\w.-])[\"']?(?:customer|cust|c)?[\s_-]?ids?[\"']?\s*[:=]", re.IGNORECASE | re.ASCII
)
_MARKUP = "*_~()[]{}"  # emphasis as Slack writes it, and brackets
_SENTENCE = ".!?:…"
_OWNED = re.compile(r"['\u2019]s\Z")
_ADDRESS = re.compile(r"\W*https?://\S*[/|]([^/|?#]+)/?", re.IGNORECASE)
_TOGETHER = re.compile(r"[/|+]+")
_TICKET = re.compile(r"[A-Z]{2,10}-\d+", re.ASCII)


def read(text: str, *, id_pattern: re.Pattern[str], names: Vocabulary | None = None) -> Taken:
    """Read a list: every word in it is meant as a customer id.

    Words are parted by white space, commas and semicolons. Bullets, numbers of a list, labels (`cid:`),
    quotes, backticks, brackets and emphasis around a word are dropped, and so is the end of a sentence. A
    first line that is nothing but the heading of a column is what `heading` then says (`remark` where it is
    in doubt); columns pasted with their headings are read as the file they were. A link shows what was typed
    before Slack made a link of it, and counts as that. Everything else is an id or in `bad`, with its line in
    the text, and so are the names of actions and clusters.
    """
    lines = _lines(text)
    if _is_table(lines, id_pattern):
        with suppress(UnusableFile):  # no table then, and its headings are refused among the other words
            table = "\n".join(lines).replace("|", "\t")
            content = io.BytesIO(table.encode(errors="replace"))
            return csv_file.read(content, id_pattern=id_pattern, names=names)
    at, first = next(((at, line) for at, line in enumerate(lines) if line.strip(_MARKS + AROUND)), (0, ""))
    words = _Words(id_pattern, names)
    gathering = Gathering(id_pattern)
    doubt = (at + 1, first.strip(_MARKS + AROUND)) if _is_doubtful(first, lines[at + 1 :]) else None
    heading = first if heading_rank(first) is not None or is_heading(first) else None
    for number, line in enumerate(lines, 1):
        if heading is not None and number == at + 1:
            continue
        for word, kind in words.of(line):
            if kind:
                gathering.refuse(word, number, NAMES[kind])
            else:
                gathering.take(word, number)
    return gathering.taken(heading=heading, doubt=doubt)


def read_message(text: str, *, id_pattern: re.Pattern[str], names: Vocabulary | None = None) -> Taken:
    """Read a message, where ids stand among ordinary words: take only what surely is an id.

    That is a word that fits the pattern, has a digit and at least `SHORTEST_SURE` characters, and is no date,
    address, ticket (`OPS-1234`) or name of an action or cluster; beside ids of `LONG` characters or more a
    shorter word is none. The pattern alone would take “please”. All other words are in `bad`: what is not in
    `NOT_MISSED` of them may have been meant, for the caller to show as left out.
    """
    words = _Words(id_pattern, names)
    found = [
        (number, word, NAMES[kind] if kind else _doubt(word, id_pattern))
        for number, line in enumerate(_lines(text), 1)
        for word, kind in words.of(line)
    ]
    sure = [word for _, word, why in found if why is None and is_customer_id(word, id_pattern)]
    shortest = LONG if any(len(word) >= LONG for word in sure) else 0
    gathering = Gathering(id_pattern)
    for number, word, why in found:
        short = len(word) < shortest and is_customer_id(word, id_pattern)
        if why or short:
            gathering.refuse(word, number, why or UNLIKE)
        else:
            gathering.take(word, number)
    return gathering.taken()


def _lines(text: str) -> Sequence[str]:
    return [unescaped(_LIVE.sub(_as_typed, typed)) for typed in _NEW_LINE.split(text)]


def _as_typed(live: re.Match[str]) -> str:
    """Return a link as the text it was made of; a mention or the like as one word that is no id."""
    target, label = live[1], live[2]
    if _SCHEME.match(target):
        return label or SEPARATORS.sub("_", target)
    return SEPARATORS.sub("_", f"<{target}>")


def _is_table(lines: Sequence[str], pattern: re.Pattern[str]) -> bool:
    """Whether the first line is the headings of columns, one of them of ids, over more lines."""
    first, *others = [line for line in lines if line.strip(AROUND)] or [""]
    cells = [cell.strip(AROUND) for cell in re.split("[\t,;|]", first)]
    headed = len(cells) > 1 and any(heading_rank(cell) is not None for cell in cells)
    return headed and bool(others) and not any(is_customer_id(c, pattern) and has_digit(c) for c in cells)


def _is_doubtful(first: str, others: Sequence[str]) -> bool:
    """Whether a first line may be a heading or an id: unlike all others it has no digit."""
    if heading_rank(first) is not None:
        return False
    words = (word for line in others for word in SEPARATORS.split(line) if word.strip(_MARKS + AROUND))
    alone = len(SEPARATORS.split(first.strip())) == 1
    return is_heading(first) or (alone and stands_out(first, words))


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a line, out of what stands around them."""

    pattern: re.Pattern[str]
    names: Vocabulary | None

    def of(self, line: str) -> Iterator[tuple[str, Kind | None]]:
        """Each word; words that are together the name of an action or cluster as one, with its kind."""
        plain = _LABEL.sub(" ", _NUMBER.sub("", line))
        words = [core for word in SEPARATORS.split(plain) for core in self._cores(word)]
        bare = [word.strip(_MARKS + _MARKUP + _SENTENCE) for word in words]
        position = 0
        while position < len(words):
            ways = [self.names.at(each, position) for each in (words, bare)] if self.names else []
            match = next(chain(*ways), None)
            end = match.end if match else position + 1
            yield " ".join(words[position:end]), match.kind if match else None
            position = end

    def _cores(self, word: str) -> Sequence[str]:
        """What a word is without marks around it, where that makes an id of it; several ids side by side."""
        around = _MARKS + _MARKUP + AROUND
        core = word.strip(AROUND)
        if not core.strip(around):
            return ()  # a bullet, a dash between two ids, a fence of code
        bare = core.strip(around).rstrip(around + _SENTENCE)
        for one in (core.rstrip(_SENTENCE), core, bare, _OWNED.sub("", bare)):
            if is_customer_id(one, self.pattern):
                return (one,)
        if (address := _ADDRESS.fullmatch(bare)) and len(address[1]) >= LONG and self._is_sure(address[1]):
            return (address[1],)
        together = [part.strip(around) for part in _TOGETHER.split(bare)]
        return together if all(map(self._is_sure, together)) else (core,)

    def _is_sure(self, word: str) -> bool:
        return is_customer_id(word, self.pattern) and has_digit(word)


def _doubt(word: str, pattern: re.Pattern[str]) -> str | None:
    """Return why a word that fits the pattern, or is nobody's id, may be none of those in a message."""
    if word.startswith("<"):
        return MENTION
    if not has_digit(word) or len(word) < SHORTEST:
        return WORD
    if not is_customer_id(word, pattern):
        return None
    if is_figure(word) or _TICKET.fullmatch(word):
        return FIGURE
    return SHORT if len(word) < SHORTEST_SURE else None
