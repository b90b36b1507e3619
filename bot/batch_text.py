"""The grammar of `/set-action` where it is about batches: `batches`, `batches CODE`, `ACTION batch:CODE`."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.batch_codes import read_code
from bot.catalogue import Action, Catalogue, folded, listed
from bot.customer_ids import visible
from bot.parsing import UnusableText, read_reason
from bot.run_at import split_at
from bot.vocabulary import Kind, Vocabulary
from bot.words import SEPARATORS, WRAPPING

_LOOK = re.compile(r"\s*batch(?:es)?(?:\s*:\s*|\s+|\s*$)(\S*)\s*", re.IGNORECASE | re.ASCII)
_WITHOUT_COLON = re.compile(r"(?<![\w.-])batch[\s=#]+([^\s,;:]+)", re.IGNORECASE | re.ASCII)
_AROUND = WRAPPING + ".!?…#"
_BATCH = re.compile(r"(?<![\w.-])batch\s*:\s*([^\s,;]*)", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Look:
    """Batches are to be shown: the caller's, or the one with this code, `typed` as it was (safe to show)."""

    code: str | None
    typed: str = ""


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """An action for the customers of a batch; `cluster` is a key, where one was named.

    `typed` is the code as it was written, safe to show.
    """

    action: Action
    code: str
    cluster: str | None
    reason: str | None
    at: str | None = None
    typed: str = field(default="", compare=False)


def is_about_batches(text: str) -> bool:
    """Whether the text of the command, as Slack sends it, is for `parse_batch`."""
    before = read_reason(text)[0]
    return bool(_LOOK.fullmatch(text) or _BATCH.search(before) or _without_colon(before))


def parse_batch(text: str, *, catalogue: Catalogue, clusters: Mapping[str, str]) -> Look | BatchRequest:
    """Read a text that is about batches. Raises UnusableText with every problem, each one plain sentence."""
    if look := _LOOK.fullmatch(text):
        word = look[1].strip(_AROUND)
        return Look(_code(word), visible(word)) if word else Look(None)
    before, reason, problems = read_reason(text)
    before, at, time_problems = split_at(before)
    problems += time_problems
    vocabulary = Vocabulary(catalogue, clusters)
    if not _BATCH.search(before):
        raise UnusableText([_write_a_colon(before, vocabulary)], action=None, cluster=None, count=0)
    typed = list(dict.fromkeys(word.strip(_AROUND) for word in _BATCH.findall(before)))
    if len(typed) > 1:
        problems.append("More than one batch is named; ask for one at a time.")
    code = read_code(typed[0])
    if code is None:
        problems.append(_no_code(typed[0]))
    named = _named(_BATCH.sub(" ", before), vocabulary, problems)
    action, cluster = named.get(Kind.ACTION), named.get(Kind.CLUSTER)
    if problems or action is None or code is None:
        raise UnusableText(problems, action=action, cluster=cluster, count=0)
    return BatchRequest(catalogue[action], code, cluster, reason, at, visible(typed[0]))


def _without_colon(before: str) -> str | None:
    """The code of a batch that is named without a colon: `batch 7Q2KX4`, `batch=7Q2KX4`."""
    codes = (read_code(word.strip(_AROUND)) for word in _WITHOUT_COLON.findall(before))
    return next(filter(None, codes), None)


def _write_a_colon(before: str, vocabulary: Vocabulary) -> str:
    words = _words(before)
    action = vocabulary.first(words, range(len(words)), [Kind.ACTION])
    name = action.name if action else "ACTION"
    return f"To run a batch, write a colon: /set-action {name} batch:{_without_colon(before)}."


def _words(before: str) -> list[str]:
    words = (word.strip(WRAPPING) for word in SEPARATORS.split(before))
    return [word for word in words if folded(word)]


def _code(word: str) -> str:
    code = read_code(word)
    if code is None:
        raise UnusableText([_no_code(word)], action=None, cluster=None, count=0)
    return code


def _no_code(word: str) -> str:
    return (
        f"“{visible(word)}” is not the code of a batch; a code has six letters and digits, as in 7Q2KX4. "
        "/set-action batches lists yours."
    )


def _named(before: str, vocabulary: Vocabulary, problems: list[str]) -> Mapping[Kind, str]:
    """Return the action and cluster beside the batch; add what is wrong with them to `problems`."""
    words = _words(before)
    named: dict[Kind, str] = {}
    stray: list[str] = []
    position = 0
    while position < len(words):
        match = next(vocabulary.at(words, position), None)
        if match is None:
            stray.append(words[position])
            position += 1
            continue
        if not match.exact:
            problems.append(f"Write the {match.kind} {match.name} exactly.")
        elif named.setdefault(match.kind, match.name) != match.name:
            problems.append(f"More than one {match.kind} is named; name one.")
        position = match.end
    if Kind.ACTION not in named and not problems:
        problems.append(_no_action(stray, vocabulary))
    elif stray:
        problems.append(_out_of_place(stray))
    return named


def _no_action(stray: Sequence[str], vocabulary: Vocabulary) -> str:
    known = f"Known actions: {listed(vocabulary.known[Kind.ACTION])}."
    if not stray:
        return f"No action is named; write it before the batch. {known}"
    near = vocabulary.nearest(Kind.ACTION, stray[:1])
    hint = f"; did you mean {near}?" if near else "."
    return f"There is no action “{visible(stray[0])}”{hint} {known}"


def _out_of_place(stray: Sequence[str]) -> str:
    shown = ", ".join(f"“{visible(word)}”" for word in stray[:3])
    more = f" and {len(stray) - 3} more" if len(stray) > 3 else ""
    return (
        f"{shown}{more}: a batch is run with the customers it was made with, and nothing can be added. "
        "Ask for other customers in a command of their own."
    )
