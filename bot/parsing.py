"""The grammar of `/set-action`: action and cluster in either order, ids, perhaps `at:…` and `reason: …`."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.catalogue import Action, Catalogue, folded, listed
from bot.customer_ids import described, visible
from bot.errors import InvalidRequest
from bot.intake import paste
from bot.intake.ids import NAMES, ORDINARY, BadLine
from bot.run_at import split_at
from bot.vocabulary import Kind, Match, Vocabulary
from bot.words import WRAPPING, unescaped

LONGEST_REASON = 500
NAMED_IN_A_PROBLEM = 5

_WORD = re.compile(r"[^\s,;]+")
# How many words a mistyped name may span, or may be in the way, before we stop looking for a known one.
_NEARBY = 4
_NO_COLON = "“reason” needs a colon after it, as in “reason: maintenance”."
# A word as long as this with a digit in it is meant as a customer id, not as the name of a cluster.
_SURELY_AN_ID = 16

_REASON = re.compile(r"(?<![\w.-])reason\s*:", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class HelpWanted:
    """Nothing was asked for but help."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request: `cluster` is a key, `cids` are distinct, in order; `duplicates` is how many were dropped.

    `at`: when it is to start, as typed or as a moment; None is at once.
    """

    action: Action
    cluster: str
    cids: tuple[str, ...]
    duplicates: int
    reason: str | None
    at: str | datetime | None = None


class UnusableText(InvalidRequest):
    """What was typed is not a request; carries what was recognised, for the audit.

    `action` is a canonical name, `cluster` a key, `count` the number of distinct well-formed customer ids.
    """

    def __init__(
        self, problems: Sequence[str], *, action: str | None, cluster: str | None, count: int
    ) -> None:
        super().__init__(problems)
        self.action = action
        self.cluster = cluster
        self.count = count


@dataclass
class _Names:
    """What the first words name, how many words that takes, and what is wrong so far."""

    named: dict[Kind, str]
    end: int
    problems: list[str] = field(default_factory=list)


def parse(
    text: str, *, catalogue: Catalogue, clusters: Mapping[str, str], id_pattern: re.Pattern[str]
) -> HelpWanted | Request:
    """Read the text of the command as Slack sends it; `clusters` maps keys to display names.

    Raises UnusableText with every problem of the text, each one plain sentence.
    """
    before, reason_given, after = _split_reason(unescaped(text))
    before, at, time_problems = split_at(before)
    typed = [(found.end(), found[0].strip(WRAPPING)) for found in _WORD.finditer(before)]
    # A lone "-" joins the words of a name, or begins a line.
    ends, words = [end for end, word in typed if folded(word)], [word for _, word in typed if folded(word)]
    if not reason_given and at is None and [word.casefold() for word in words] in ([], ["help"]):
        return HelpWanted()
    vocabulary = Vocabulary(catalogue, clusters)
    names = _read_names(words, vocabulary)
    rest = before[ends[names.end - 1] if names.end else 0 :].lstrip(",; \t\r\n")
    taken = paste.read(rest, id_pattern=id_pattern, names=vocabulary)
    reason = clean_reason(after)
    problems = [
        *names.problems,
        *_id_problems(taken.bad, id_pattern),
        *(
            []
            if taken.found
            else ["No customer id is given; write the ids after the action and the cluster."]
        ),
        *([_NO_COLON] if not reason_given and "reason" in map(str.casefold, words[names.end :]) else []),
        *time_problems,
        *_reason_problems(reason, reason_given=reason_given),
    ]
    action, cluster = names.named.get(Kind.ACTION), names.named.get(Kind.CLUSTER)
    if problems or action is None or cluster is None:
        raise UnusableText(problems, action=action, cluster=cluster, count=len(taken.cids))
    return Request(catalogue[action], cluster, taken.cids, taken.duplicates, reason or None, at)


def read_reason(text: str) -> tuple[str, str | None, list[str]]:
    """Return what stands before `reason:`, unescaped; the reason, if there is one; what is wrong with it."""
    before, given, after = _split_reason(unescaped(text))
    reason = clean_reason(after)
    return before, reason or None, list(_reason_problems(reason, reason_given=given))


def _split_reason(text: str) -> tuple[str, bool, str]:
    found = _REASON.search(text)
    return (text[: found.start()], True, text[found.end() :]) if found else (text, False, "")


def clean_reason(reason: str) -> str:
    """Drop what is invisible or could reorder or break a message, and make every white space one space."""
    shown = (c for c in reason if c.isspace() or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co"})
    return " ".join("".join(shown).split())


def _read_names(words: Sequence[str], vocabulary: Vocabulary) -> _Names:
    for first in vocabulary.at(words, 0):
        for second in vocabulary.at(words, first.end):
            if second.kind is first.kind.other:
                return _found([first, second], words, second.end)
    first_known = vocabulary.first(words, range(_NEARBY))
    return _one_known(first_known, words, vocabulary) if first_known else _none_known(words, vocabulary)


def _found(matches: Sequence[Match], words: Sequence[str], end: int, *problems: str) -> _Names:
    nearly = [
        f"“{visible(' '.join(words[match.start : match.end]))}” is nearly {match.name}; "
        f"write the {match.kind} exactly."
        for match in matches
        if not match.exact
    ]
    named = {match.kind: match.name for match in matches if match.exact}
    return _Names(named, end, [*nearly, *problems])


def _one_known(first: Match, words: Sequence[str], vocabulary: Vocabulary) -> _Names:
    """Read words with a known name near the beginning, but no action and cluster side by side there."""
    other = first.kind.other
    second = vocabulary.first(words, range(first.end, first.end + _NEARBY), [other])
    if second:
        stray = _quoted([*words[: first.start], *words[first.end : second.start]])
        problem = f"{stray} is out of place: the action and the cluster come first, then the ids."
        return _found([first, second], words, second.end, problem)
    if first.start > 0:
        return _found([first], words, first.end, _unknown(other, words[: first.start], vocabulary))
    problem, taken = _guess(other, words[first.end :], vocabulary)
    return _found([first], words, first.end + taken, problem)


def _none_known(words: Sequence[str], vocabulary: Vocabulary) -> _Names:
    """Read the first two words as action and cluster, or the other way round if that is likelier."""
    as_typed = _likeness(Kind.ACTION, words, vocabulary)
    swapped = _likeness(Kind.CLUSTER, words, vocabulary)
    kind = Kind.CLUSTER if swapped > as_typed else Kind.ACTION
    first, taken = _guess(kind, words, vocabulary)
    second, taken_too = _guess(kind.other, words[taken:], vocabulary)
    return _Names({}, taken + taken_too, [first, second])


def _likeness(kind: Kind, words: Sequence[str], vocabulary: Vocabulary) -> int:
    pairs = zip((kind, kind.other), words, strict=False)
    return sum(vocabulary.nearest(meant, [word]) is not None for meant, word in pairs)


def _guess(kind: Kind, words: Sequence[str], vocabulary: Vocabulary) -> tuple[str, int]:
    """Return what is wrong with the name that should begin `words`, and how many words it takes up."""
    if not words or (len(words[0]) >= _SURELY_AN_ID and any(map(str.isdigit, words[0]))):
        return f"No {kind} is named; begin with the action and the cluster. {_known(kind, vocabulary)}", 0
    taken = next((n for n in (1, 2) if vocabulary.nearest(kind, words[:n])), 1)
    return _unknown(kind, words[:taken], vocabulary), min(taken, len(words))


def _unknown(kind: Kind, words: Sequence[str], vocabulary: Vocabulary) -> str:
    near = vocabulary.nearest(kind, words)
    hint = f"; did you mean {near}?" if near else "."
    return f"There is no {kind} “{visible(' '.join(words))}”{hint} {_known(kind, vocabulary)}"


def _known(kind: Kind, vocabulary: Vocabulary) -> str:
    return f"Known {kind}s: {listed(vocabulary.known[kind])}."


def _id_problems(bad: Sequence[BadLine], pattern: re.Pattern[str]) -> Iterable[str]:
    words: dict[str, list[str]] = {}
    for text, why in dict.fromkeys((one.text, one.why) for one in bad):
        words.setdefault(why, []).append(text)
    for kind, why in NAMES.items():
        if typed := words.pop(why, []):
            yield f"Among the ids the {kind} {_listed(typed)} is named; name one {kind}, before the ids."
    if typed := words.pop(ORDINARY, []):
        yield f"Leave out {_listed(typed)}: no customer id, but an ordinary word or a heading."
    if others := list(dict.fromkeys(one.text for one in bad if one.why in words)):
        noun = "this customer id" if len(others) == 1 else f"these {len(others)} customer ids"
        yield f"Correct {noun}: {_listed(others)}. An id {described(pattern)}."


def _reason_problems(reason: str, *, reason_given: bool) -> Iterable[str]:
    if reason_given and not reason:
        yield "There is nothing after “reason:”; say why, or leave it out."
    if len(reason) > LONGEST_REASON:
        over = len(reason) - LONGEST_REASON
        noun = "character" if over == 1 else "characters"
        yield f"The reason is {over} {noun} too long; {LONGEST_REASON} are allowed."


def _quoted(words: Sequence[str]) -> str:
    return _listed([visible(word) for word in words])


def _listed(shown: Sequence[str]) -> str:
    told = ", ".join(f"“{word}”" for word in shown[:NAMED_IN_A_PROBLEM])
    more = len(shown) - NAMED_IN_A_PROBLEM
    return told + (f" and {more} more" if more > 0 else "")
