"""Who may do what on which cluster, by the rules of the configuration; what no rule allows is forbidden."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

EVERYTHING = "*"


class Right(StrEnum):
    """What a rule can allow."""

    REQUEST = "request"
    APPROVE = "approve"
    AUDIT = "audit"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Rule:
    """One permission. `who`: Slack user ids (U…, W…) and user group ids (S…); `actions`: canonical names;
    `clusters`: keys; `workspaces`: ids (T…) or organisations (E…). In each `*` stands for all there are.
    """

    who: tuple[str, ...]
    may: tuple[Right, ...]
    actions: tuple[str, ...]
    clusters: tuple[str, ...]
    workspaces: tuple[str, ...] = (EVERYTHING,)

    def covers(self, right: Right, action: str, cluster: str) -> bool:
        """Whether this rule is about `right` to `action` on `cluster`, whoever asks."""
        return right in self.may and _named(action, self.actions) and _named(cluster, self.clusters)


class Account(StrEnum):
    """What kind of account somebody has, as far as rules are concerned."""

    MEMBER = "member"
    GUEST = "guest"
    STRANGER = "stranger"  # of another organisation, by Slack Connect
    DEACTIVATED = "deactivated"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in Slack, with the ids of the user groups they are in, and what kind of account they have."""

    user_id: str
    groups: frozenset[str] = frozenset()
    account: Account = Account.MEMBER

    def is_among(self, who: Iterable[str]) -> bool:
        """Whether `who` (ids, or `*`) includes this person.

        `*` and groups mean members; a guest or a stranger must be named, and nothing means the deactivated.
        """
        if self.account is Account.DEACTIVATED:
            return False
        if self.account is not Account.MEMBER:
            return self.user_id in who
        return any(name in {EVERYTHING, self.user_id} or name in self.groups for name in who)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a person may use at all: action names and cluster keys, and one pair allowed together.

    `only_on`: the clusters of an action that may not be used on all of them.
    """

    actions: tuple[str, ...]
    clusters: tuple[str, ...]
    example: tuple[str, str] | None
    only_on: Mapping[str, tuple[str, ...]] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Policy:
    """All rules together; a rule only ever adds."""

    rules: tuple[Rule, ...]

    def within(self, *workspace: str) -> "Policy":
        """The rules that hold in a workspace, given by its id and its organisation's."""
        here = {EVERYTHING, *workspace}
        return Policy(tuple(rule for rule in self.rules if here & set(rule.workspaces)))

    def permits(self, person: Person, right: Right, action: str, cluster: str) -> bool:
        """Whether some rule gives `person` the right to `action` (canonical name) on `cluster` (key)."""
        return any(person.is_among(rule.who) for rule in self._about(right, action, cluster))

    def actions_for(
        self, person: Person, right: Right, cluster: str, action_names: Iterable[str]
    ) -> tuple[str, ...]:
        """Return those of `action_names` that `person` has the right to on `cluster`, in the order given."""
        return tuple(name for name in action_names if self.permits(person, right, name, cluster))

    def offers(
        self, person: Person, right: Right, action_names: Iterable[str], cluster_keys: Iterable[str]
    ) -> Offer:
        """Return what `person` may use of these actions and clusters, in the order given."""
        return _offer(self, person, right, tuple(action_names), tuple(cluster_keys))

    def who_may(self, right: Right, action: str, cluster: str) -> tuple[str, ...]:
        """Return the ids (or `*`) with the right to `action` on `cluster`, in the order of the rules."""
        return tuple(dict.fromkeys(name for rule in self._about(right, action, cluster) for name in rule.who))

    def rules_for(self, person: Person, right: Right) -> tuple[Rule, ...]:
        """Return the rules that give `person` this right on something."""
        return tuple(rule for rule in self.rules if right in rule.may and person.is_among(rule.who))

    def holders(self, right: Right) -> tuple[str, ...]:
        """Return the ids (or `*`) with this right on something, in the order of the rules."""
        return tuple(dict.fromkeys(name for rule in self.rules if right in rule.may for name in rule.who))

    def requests_on(self, person: Person, cluster: str) -> bool:
        """Whether some rule lets `person` ask for some action on `cluster` (key)."""
        return any(
            Right.REQUEST in rule.may and _named(cluster, rule.clusters) and person.is_among(rule.who)
            for rule in self.rules
        )

    def administers(self, person: Person, cluster: str) -> bool:
        """Whether some rule makes `person` an administrator of `cluster` (key), of whichever actions."""
        return any(person.is_among(rule.who) for rule in self._administering(cluster))

    def administrators(self, cluster: str) -> tuple[str, ...]:
        """Return the ids (or `*`) of the administrators of `cluster`, in the order of the rules."""
        return tuple(dict.fromkeys(name for rule in self._administering(cluster) for name in rule.who))

    def rules_covering(self, person: Person, right: Right, action: str, cluster: str) -> tuple[Rule, ...]:
        """The rules that give `person` this right there: why they may."""
        return tuple(rule for rule in self._about(right, action, cluster) if person.is_among(rule.who))

    @property
    def names_groups(self) -> frozenset[str]:
        """The ids of all user groups that some rule names: those whose members must be known."""
        return frozenset(name for rule in self.rules for name in rule.who if name.startswith("S"))

    def _administering(self, cluster: str) -> Iterator[Rule]:
        return (rule for rule in self.rules if Right.ADMIN in rule.may and _named(cluster, rule.clusters))

    def _about(self, right: Right, action: str, cluster: str) -> Iterator[Rule]:
        return (rule for rule in self.rules if rule.covers(right, action, cluster))


def _named(name: str, names: tuple[str, ...]) -> bool:
    return EVERYTHING in names or name in names


@lru_cache(1_000)  # asked with every form and every word of help, always the same of the same person
def _offer(
    policy: Policy, person: Person, right: Right, names: tuple[str, ...], keys: tuple[str, ...]
) -> Offer:
    allowed = [(name, key) for name in names for key in keys if policy.permits(person, right, name, key)]
    offered = tuple(key for key in keys if any(key == pair[1] for pair in allowed))
    where = {name: tuple(key for one, key in allowed if one == name) for name in names}
    return Offer(
        actions=tuple(name for name in names if where[name]),
        clusters=offered,
        example=allowed[0] if allowed else None,
        only_on={name: at for name, at in where.items() if at and at != offered},
    )
