"""The grammar of `/my-jobs`: filters in any order, one customer's history, or the audit log for a period."""

import re

from bot.catalogue import folded
from bot.errors import InvalidRequest
from bot.list_dates import EARLIEST, Clock, read_date
from bot.list_reading import Reading
from bot.list_words import KEYS, Answer, JobWanted, Words
from bot.vocabulary import Vocabulary
from bot.words import SEPARATORS, WRAPPING, unescaped

NEVER_MORE = 200  # words read; a longer text is no list of filters

# A person who is mentioned, as Slack sends it where the manifest says `should_escape`: the one live `<`.
_MENTION = re.compile(r"<@([UW][A-Z0-9]{1,31})(?:\|[^<>]*)?>")
_KEY = re.compile(rf"({'|'.join(KEYS)})\s*[:=]\s*", re.IGNORECASE | re.ASCII)
_JOB_ID = re.compile(r"[0-9a-f][0-9a-f-]{2,40}[0-9a-f]", re.IGNORECASE | re.ASCII)
_ANY_CLOCK = Clock(EARLIEST.replace(year=2026))


def is_job_id(text: str, words: Words) -> bool:
    """Whether the text is the beginning of a job's id, and no name that looks like one."""
    word = text.strip().strip(WRAPPING + "#")
    if not _JOB_ID.fullmatch(word) or read_date(word, _ANY_CLOCK):
        return False
    return next(Vocabulary(words.catalogue, words.clusters).at([word], 0), None) is None


def parse(text: str, words: Words, clock: Clock) -> Answer:
    """Read the text as Slack sends it. Raises InvalidRequest with every problem, each one plain sentence."""
    if is_job_id(text, words):
        return JobWanted(text.strip().strip(WRAPPING + "#"))
    tokens = _tokens(text)
    if len(tokens) > NEVER_MORE:
        raise InvalidRequest([f"That is more than {NEVER_MORE} words; a few filters are enough."])
    reading = Reading(words, clock)
    if tokens and folded(tokens[0]) in ("export", "audit"):
        reading.exporting = True
    position = 0
    while position < len(tokens):
        position = reading.step(tokens, position)
    return reading.answer()


def needs_clock(text: str) -> bool:
    """Whether what the text means may depend on the time zone of the person."""
    return any(read_date(word, _ANY_CLOCK) for word in _tokens(text))


def _tokens(text: str) -> list[str]:
    """The words; a person mentioned is NUL and their id, a key ends in a colon."""
    marked = unescaped(_MENTION.sub(" \x00\\1 ", text.replace("\x00", " ")))
    keyed = _KEY.sub(lambda key: f" {key[1].lower()}: ", marked)
    tokens = (token.strip(WRAPPING) for token in SEPARATORS.split(keyed))
    return [token for token in tokens if folded(token)]
