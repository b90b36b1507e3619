"""Customer ids out of pasted text: a list as people and Slack's editor write one, or a whole message."""

import re
from collections.abc import Sequence

from bot.customer_ids import is_customer_id
from bot.intake.ids import AROUND, Gathering, Taken, heading_rank, is_heading, stands_out
from bot.words import SEPARATORS, unescaped

PROSE = "was taken for an ordinary word, for it has no digit or fewer than six characters"
DATE = "was taken for a date"
SHORTEST_SURE = 6

_NEW_LINE = re.compile(r"\r\n|\r|\n")
# What Slack makes of links, mentions and dates. What people type between < and > arrives escaped.
_LIVE = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
_SCHEME = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)
_MARKS = "•◦▪▫‣\u2043∙·●○■□*>|\u2010\u2011\u2012\u2013\u2014\u2015\u2212-"
_NUMBER = re.compile(r"\A\s*\d{1,4}[.)]\s+(?=\S)")  # of a list; “100.” would fit the pattern
_MARKUP = "*_~()[]{}"  # emphasis as Slack writes it, and brackets
_SENTENCE = ".!?:…"
_DATE = re.compile(r"\d{1,4}([.-])\d{1,2}\1\d{1,4}", re.ASCII)


def read(text: str, *, id_pattern: re.Pattern[str]) -> Taken:
    """Read a list: every word in it is meant as a customer id.

    Words are parted by white space, commas and semicolons. Bullets, numbers of a list, quotes, backticks,
    brackets and emphasis around a word are dropped; so is a first line that is nothing but the heading of a
    column, which `heading` then says (`remark` where it is in doubt). A link shows what was typed before
    Slack made a link of it, and counts as that. Everything else is an id or in `bad`, with its line in the
    text.
    """
    return _read(text, id_pattern, message=False)


def read_message(text: str, *, id_pattern: re.Pattern[str]) -> Taken:
    """Read a message, where ids stand among ordinary words: take only what surely is an id.

    That is a word that fits the pattern, has a digit and at least `SHORTEST_SURE` characters, and is no date;
    the full stop of a sentence is not part of it. The pattern alone would take “please”. A cluster's or a
    ticket's name (`evian3`, `OPS-1234`) still passes: whoever asked sees what was taken, and the preview says
    what does not exist. All other words are in `bad`, for the caller to show as left out.
    """
    return _read(text, id_pattern, message=True)


def _read(text: str, pattern: re.Pattern[str], *, message: bool) -> Taken:
    gathering = Gathering(pattern)
    heading = None
    begun = False
    lines = [unescaped(_LIVE.sub(_as_typed, typed)) for typed in _NEW_LINE.split(text)]
    doubt = None if message else _doubtful(lines)
    for number, line in enumerate(lines, 1):
        if not (begun or message) and (heading_rank(line) is not None or (doubt and is_heading(line))):
            heading, begun = line, True
            continue
        for word in SEPARATORS.split(_NUMBER.sub("", line)):
            core = word.strip(AROUND)
            if not core.strip(_MARKS + _MARKUP + AROUND):
                continue  # a bullet, a dash between two ids, a fence of code
            begun = True
            core = _bare(core, pattern, message=message)
            why = _doubt(core, pattern) if message else None
            if why:
                gathering.refuse(core, number, why)
            else:
                gathering.take(core, number)
    return gathering.taken(heading=heading, doubt=doubt)


def _doubtful(lines: Sequence[str]) -> tuple[int, str] | None:
    """The first line, by its number, if it may be a heading or an id: unlike all others it has no digit."""
    filled = [(number, line) for number, line in enumerate(lines, 1) if line.strip(_MARKS + AROUND)]
    if not filled or heading_rank(filled[0][1]) is not None:
        return None
    (_, first), *others = filled
    words = (word for _, line in others for word in SEPARATORS.split(line) if word.strip(_MARKS + AROUND))
    alone = is_heading(first) or len(SEPARATORS.split(first.strip())) == 1
    return (filled[0][0], first.strip(_MARKS + AROUND)) if alone and stands_out(first, words) else None


def _as_typed(live: re.Match[str]) -> str:
    """Return a link as the text it was made of; a mention or the like as one word that is no id."""
    target, label = live[1], live[2]
    if _SCHEME.match(target):
        return label or SEPARATORS.sub("_", target)
    return SEPARATORS.sub("_", f"<{target}>")


def _bare(word: str, pattern: re.Pattern[str], *, message: bool) -> str:
    """Return the word without marks around it, where that makes an id of it, or ends a sentence."""
    around = _MARKS + _MARKUP + AROUND
    if not message and is_customer_id(word, pattern):
        return word
    core = word.strip(around + _SENTENCE) if message else word.strip(around)
    return core if is_customer_id(core, pattern) else word


def _doubt(word: str, pattern: re.Pattern[str]) -> str | None:
    """Return why a word that fits the pattern may be none of the ids in a message all the same."""
    if not is_customer_id(word, pattern):
        return None
    if _DATE.fullmatch(word):
        return DATE
    sure = len(word) >= SHORTEST_SURE and any(map(str.isdigit, word))
    return None if sure else PROSE
