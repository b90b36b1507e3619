"""Finds the names of actions and clusters among typed words, and the nearest name when there is none."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.catalogue import JOINTS, Catalogue, closest, folded


class Kind(StrEnum):
    """What a name stands for."""

    ACTION = "action"
    CLUSTER = "cluster"

    @property
    def other(self) -> "Kind":
        """The other of the two."""
        return Kind.CLUSTER if self is Kind.ACTION else Kind.ACTION


@dataclass(frozen=True, slots=True)
class Match:
    """The words from `start` up to `end` stand for `name`: a canonical action name or a cluster's key.

    Not `exact` when a slip in the last word would leave a shorter name, and so another action, standing:
    “PE Finalise” is PE-Finalize mistyped, not PE-Enable (alias “pe”) for a customer called “Finalise”.
    """

    kind: Kind
    name: str
    start: int
    end: int
    exact: bool = True


class Vocabulary:
    """Every spelling of every action and cluster (key and display name)."""

    def __init__(self, catalogue: Catalogue, clusters: Mapping[str, str]) -> None:
        self.known = {Kind.ACTION: catalogue.names, Kind.CLUSTER: tuple(clusters)}
        self._spellings: dict[Kind, dict[str, str]] = {
            Kind.ACTION: {folded(word): action.name for action in catalogue for word in action.spellings},
            Kind.CLUSTER: {folded(word): key for key, name in clusters.items() for word in (name, key)},
        }
        self._longest = max(
            (spelling.count("-") + 1 for names in self._spellings.values() for spelling in names), default=0
        )

    def at(self, words: Sequence[str], start: int) -> Iterator[Match]:
        """Yield the names that begin at `start`, longest first; a name may be written as several words."""
        for end in range(min(start + self._longest, len(words)), start, -1):
            spelling = folded("-".join(words[start:end]))
            for kind, names in self._spellings.items():
                if spelling not in names:
                    continue
                longer = self._continued(kind, spelling, words[end]) if end < len(words) else None
                if longer:
                    yield Match(kind, longer, start, end + 1, exact=False)
                else:
                    yield Match(kind, names[spelling], start, end)

    def has_none(self, words: Sequence[str]) -> bool:
        """Whether none of `words` is a name by itself."""
        together = "".join(words)
        jointless = together.isascii() and not JOINTS.search(together)
        spelled = map(str.casefold if jointless else folded, words)  # the same, and much the longer way
        return not any(spelling in names for spelling in spelled for names in self._spellings.values())

    def first(self, words: Sequence[str], starts: range, kinds: Sequence[Kind] = tuple(Kind)) -> Match | None:
        """Return the first name of one of `kinds` that begins in `starts`."""
        matches = (match for start in starts for match in self.at(words, start))
        return next((match for match in matches if match.kind in kinds), None)

    def nearest(self, kind: Kind, words: Sequence[str]) -> str | None:
        """Return the name of this kind that `words` most likely stand for."""
        near = closest("-".join(words), self._spellings[kind])
        return self._spellings[kind][near] if near is not None else None

    def _continued(self, kind: Kind, spelling: str, following: str) -> str | None:
        """Return the longer name that `spelling` and the word after it are nearly."""
        names = self._spellings[kind]
        beginning = f"{spelling}-"
        endings = {name.removeprefix(beginning): name for name in names if name.startswith(beginning)}
        near = closest(following, endings)
        return names[endings[near]] if near is not None else None
