"""The actions a cluster knows: their names, codes, other spellings, and which state each should follow."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from bot.errors import ConfigurationError, Problem

# Text fields turn "-" into a typographic dash on some phones and desktops (U+2010 to U+2015, U+2212).
JOINTS = re.compile("[\\s_\\-\u2010-\u2015\u2212]+")

MOST_LISTED = 20


@lru_cache(1_024)  # the same few names with every command
def folded(words: str) -> str:
    """Return the form in which all spellings of a name are equal, `t-enable` for `T enable` or `t_Enable`."""
    return JOINTS.sub("-", unicodedata.normalize("NFC", words).casefold()).strip("-")


def closest(word: str, names: Iterable[str]) -> str | None:
    """Return the name that `word` most likely stands for, None when none is near."""
    by_fold = {folded(name): name for name in names}
    near = difflib.get_close_matches(folded(word), by_fold, n=1)
    return by_fold[near[0]] if near else None


@dataclass(frozen=True, slots=True)
class Action:
    """One action. `code` is the state customers read back in, `name` the spelling sent to the cluster.

    `after` names the states it is meant to follow; customers in another are warned about. Empty: it begins,
    and customers are warned about that have gone further already (see `Catalogue.passed`).
    """

    code: int
    name: str
    aliases: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    @property
    def spellings(self) -> tuple[str, ...]:
        """The name, then the aliases."""
        return (self.name, *self.aliases)


# Observed on real clusters; the usual path of a customer is 1, 2, 3, 4, while 5 goes directly.
DEFAULT_ACTIONS = (
    Action(1, "Tran-Begin", aliases=("Trans-Begin", "Transition-Begin", "begin")),
    Action(2, "PE-Enable", aliases=("pe",), after=("Tran-Begin",)),
    Action(3, "T-Enable", aliases=("t",), after=("PE-Enable",)),
    Action(4, "PE-Finalize", aliases=("finalize",), after=("T-Enable",)),
    Action(5, "PE-Direct", aliases=("direct",)),
)


class Catalogue:
    """The actions in the order of their codes; found by any spelling.

    Raises ConfigurationError, with every problem, when a code or a spelling stands for two actions, when a
    spelling has no letter or digit, or when `after` names an action that does not exist.
    """

    def __init__(self, actions: Iterable[Action]) -> None:
        self._actions = tuple(sorted(actions, key=lambda action: action.code))
        self._by_name = {action.name: action for action in self._actions}
        self._by_spelling: dict[str, Action] = {}
        if problems := [*self._same_codes(), *self._clashing_spellings(), *self._unknown_states()]:
            raise ConfigurationError(problems)

    def __iter__(self) -> Iterator[Action]:
        return iter(self._actions)

    def __len__(self) -> int:
        return len(self._actions)

    def __getitem__(self, name: str) -> Action:
        """Return the action of exactly this canonical name; raises KeyError."""
        return self._by_name[name]

    @property
    def names(self) -> tuple[str, ...]:
        """The canonical names, in the order of the codes."""
        return tuple(action.name for action in self._actions)

    def find(self, words: str) -> Action | None:
        """Return the action spelled `words`, aliases included; case, `_`, space and `-` do not matter."""
        return self._by_spelling.get(folded(words))

    def later(self) -> Mapping[int, frozenset[int]]:
        """Return which states (codes) lie further on the path than each: those that follow it, and so on."""
        follow = {
            action.code: {other.code for other in self if action.name in other.after} for action in self
        }
        return {code: _reached(code, follow) - {code} for code in follow}

    def passed(self) -> Mapping[int, frozenset[int]]:
        """Return for each action (code) that begins the states of customers that have gone further already.

        Those are the states that follow another, being steps on a path, and what has a higher code. In a
        catalogue where nothing follows anything there is no order, and so nothing to go against.
        """
        if not any(action.after for action in self):
            return {}
        return {
            begins.code: frozenset(
                other.code
                for other in self
                if other is not begins and (other.after or other.code > begins.code)
            )
            for begins in self
            if not begins.after
        }

    def nearest(self, word: str) -> str | None:
        """Return the canonical name of the action most likely meant by `word`, None when none is near."""
        near = closest(word, self._by_spelling)
        return self._by_spelling[near].name if near is not None else None

    def _same_codes(self) -> Iterator[Problem]:
        owners: dict[int, str] = {}
        for action in self._actions:
            owner = owners.setdefault(action.code, action.name)
            if owner != action.name:
                what = f"{owner} has the code {action.code} already; give each action a code of its own"
                yield Problem(f"actions.{action.name}.code", what)

    def _clashing_spellings(self) -> Iterator[Problem]:
        for action in self._actions:
            for spelling in action.spellings:
                known = self._by_spelling.setdefault(folded(spelling), action)
                if not any(character.isalnum() for character in spelling):
                    yield Problem(f"actions.{action.name}", "a name or alias needs a letter or digit")
                elif known is not action:
                    what = f"“{spelling}” stands for {known.name} already; choose another spelling"
                    yield Problem(f"actions.{action.name}", what)

    def _unknown_states(self) -> Iterator[Problem]:
        for action in self._actions:
            for index, name in enumerate(action.after):
                if name not in self._by_name:
                    what = unknown_name("action", name, self.nearest(name), self.names)
                    yield Problem(f"actions.{action.name}.after[{index}]", what)


def _reached(start: int, follow: Mapping[int, set[int]]) -> frozenset[int]:
    reached: set[int] = set()
    ends = [start]
    while ends:
        fresh = follow[ends.pop()] - reached
        reached |= fresh
        ends += fresh
    return frozenset(reached)


def unknown_name(kind: str, name: str, near: str | None, known: Iterable[str]) -> str:
    """Say that there is no such `kind`, and what was probably meant or else what there is."""
    hint = f"write “{near}”" if near else f"known: {listed(known)}"
    return f"there is no {kind} “{name}”; {hint}"


def listed(names: Iterable[str]) -> str:
    """Return the names with commas between them, at most `MOST_LISTED` of them."""
    names = tuple(names)
    more = len(names) - MOST_LISTED
    return ", ".join(names[:MOST_LISTED]) + (f" and {more} more" if more > 0 else "")
