"""Reads the words of `/my-jobs` one after the other: what each stands for, and what is wrong with it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.batch_codes import read_code
from bot.catalogue import closest, folded, listed
from bot.customer_ids import described, is_customer_id, visible
from bot.errors import InvalidRequest
from bot.job_filter import MINE, JobFilter
from bot.list_dates import Clock, read_date
from bot.list_words import (
    DATES,
    FILTERS,
    FORMATS,
    KEYS,
    STANDINGS,
    WHOSE,
    Answer,
    CustomerWanted,
    ExportWanted,
    Words,
)  # fmt: skip
from bot.vocabulary import Kind, Vocabulary
from store.listing_model import Standing

_PERSON = re.compile(r"\x00([UW][A-Z0-9]+)", re.ASCII)


@dataclass
class Reading:
    """What was found so far, and what is wrong."""

    words: Words
    clock: Clock
    exporting: bool = False
    found: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._names = Vocabulary(self.words.catalogue, self.words.clusters)

    def step(self, tokens: Sequence[str], at: int) -> int:
        """Read what begins at `at`; where the rest begins."""
        key = folded(tokens[at].rstrip(":"))
        if key in KEYS and (tokens[at].endswith(":") or key not in ("state", "action", "cluster")):
            return self._keyed(key, tokens, at + 1)
        if self.exporting:
            return at + self._export_word(tokens[at])
        for end in range(min(at + 3, len(tokens)), at, -1):
            standing = STANDINGS.get(folded("-".join(tokens[at:end])))
            if standing:
                self._take("state", standing)
                return end
        match = next(self._names.at(tokens, at), None)
        if match and match.exact:
            self._take(match.kind.value, match.name)
            return match.end
        self._alone(tokens[at], match.name if match else None)
        return match.end if match else at + 1

    def answer(self) -> Answer:
        """What was asked for. Raises InvalidRequest."""
        found = self.found
        if "customer" in found and len(found) > 1:
            self.problems.append("A customer's history takes no filters; it lists every job, newest first.")
        if since_after_until(found.get("since"), found.get("until")):
            self.problems.append("“since” is later than “until”, so nothing can be in between.")
        if self.problems:
            raise InvalidRequest(list(dict.fromkeys(self.problems)))
        if "customer" in found:
            return CustomerWanted(found["customer"])
        if self.exporting:
            return ExportWanted(found.get("format", "csv"), found.get("since"), found.get("until"))
        action = found.get("action")
        return JobFilter(
            whose=found.get("user", MINE),
            standing=found.get("state"),
            action=self.words.catalogue[action].code if action else None,
            cluster=found.get("cluster"),
            batch=found.get("batch"),
            since=found.get("since"),
            until=found.get("until"),
        )

    def _keyed(self, key: str, tokens: Sequence[str], at: int) -> int:
        if at >= len(tokens):
            self.problems.append(f"There is nothing after “{key}”.")
            return at
        if key in ("state", "action", "cluster"):
            return self._named(key, tokens, at)
        {"since": self._date, "until": self._date, "user": self._user}.get(key, self._other)(key, tokens[at])
        return at + 1

    def _named(self, key: str, tokens: Sequence[str], at: int) -> int:
        """A state, an action or a cluster that is announced as such."""
        if key == "state":
            for end in range(min(at + 3, len(tokens)), at, -1):
                if standing := STANDINGS.get(folded("-".join(tokens[at:end]))):
                    self._take("state", standing)
                    return end
            self.problems.append(_nothing("state", tokens[at], STANDINGS, [s.value for s in Standing]))
            return at + 1
        match = next((m for m in self._names.at(tokens, at) if m.kind == key and m.exact), None)
        if match:
            self._take(key, match.name)
            return match.end
        known = self._names.known[Kind(key)]
        near = self._names.nearest(Kind(key), tokens[at : at + 1])
        self.problems.append(_nothing(key, tokens[at], [near] if near else [], known))
        return at + 1

    def _date(self, key: str, word: str) -> None:
        span = read_date(word, self.clock)
        if span is None:
            self.problems.append(f"“{visible(word)}” is no date; write {DATES}.")
        else:
            self._take(key, span.start if key == "since" else span.end or span.start)

    def _user(self, _key: str, word: str) -> None:
        if person := _PERSON.fullmatch(word):
            self._take("user", person[1])
        elif folded(word) in WHOSE:
            self._take("user", WHOSE[folded(word)])
        else:
            self.problems.append(
                f"Slack did not say who “{visible(word)}” is. Choose the person from the names Slack offers "
                "after an @, or from the menu under /my-jobs all."
            )

    def _other(self, key: str, word: str) -> None:
        if key == "customer" and not is_customer_id(word, self.words.id_pattern):
            what = described(self.words.id_pattern)
            self.problems.append(f"“{visible(word)}” is no customer id. An id {what}.")
        elif key == "customer":
            self._take("customer", word)
        elif code := read_code(word):
            self._take("batch", code)
        else:
            self.problems.append(
                f"“{visible(word)}” is not the code of a batch; a code has six letters and digits, "
                "as in 7Q2KX4."
            )

    def _alone(self, word: str, nearly: str | None) -> None:
        """A word that names no state, action or cluster."""
        span = read_date(word, self.clock)
        if span:
            self._take("since", span.start)
            if span.end:
                self._take("until", span.end)
        elif _PERSON.fullmatch(word) or word.startswith("@") or folded(word) in WHOSE:
            self._user("user", word)
        elif nearly:
            self.problems.append(f"“{visible(word)}” is nearly {nearly}; write it exactly.")
        else:
            names = {folded(n): n for known in self._names.known.values() for n in known}
            names |= {n: n for n in (*STANDINGS, *WHOSE, *KEYS, "today", "yesterday")}
            near = closest(word, names)
            hint = f"did you mean {names[near]}?" if near else f"it can be narrowed by {FILTERS}."
            self.problems.append(f"“{visible(word)}” is no filter of a list of jobs; {hint}")

    def _export_word(self, word: str) -> int:
        if folded(word) in FORMATS:
            self._take("format", FORMATS[folded(word)])
        elif span := read_date(word, self.clock):
            self._take("since", span.start)
            if span.end:
                self._take("until", span.end)
        elif folded(word) not in ("export", "audit", "log", "as"):
            self.problems.append(
                f"“{visible(word)}” does not belong here. An export takes csv or jsonl, since: and until:, "
                "as in /my-jobs audit export csv since:yesterday."
            )
        return 1

    def _take(self, what: str, value: object) -> None:
        """Keep one finding; two different ones of a kind are a problem."""
        if self.found.setdefault(what, value) != value:
            self.problems.append(f"More than one {what} is named; name one.")


def since_after_until(since: datetime | None, until: datetime | None) -> bool:
    """Whether nothing can be in between."""
    return since is not None and until is not None and since >= until


def _nothing(kind: str, word: str, near: Iterable[str], known: Sequence[str]) -> str:
    close = closest(word, near)
    hint = f"did you mean {close}?" if close else f"known: {listed(known)}."
    return f"There is no {kind} “{visible(word)}”; {hint}"
