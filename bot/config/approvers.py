"""Whether everything that needs approvals has people who can give them."""

from collections.abc import Iterator, Sequence

from bot.catalogue import listed
from bot.config.tables import File, RuleTable
from bot.config.wording import place
from bot.errors import Problem
from bot.policy import EVERYTHING, Right

WHAT = (
    "{} there needs {} of somebody else, and {} may approve it; add a [[policy]] with "
    'may = ["approve"] for these actions and this cluster'
)


def missing_approvers(file: File, actions: Sequence[str]) -> Iterator[Problem]:
    """Yield each cluster with actions that somebody may ask for and that nobody could ever approve."""
    for key, table in file.clusters.items():
        own = table.approvals or int(table.protected)
        lacking = [
            (name, needed, who)
            for name in actions
            if (needed := max(own, file.approvals.actions.get(name, 0)))
            and _who(file.policy, Right.REQUEST, name, key)
            and _too_few(who := _who(file.policy, Right.APPROVE, name, key), needed)
        ]
        if lacking:
            names = listed([name for name, _, _ in lacking])
            needed, few = lacking[0][1], lacking[0][2]
            wanted = "the approval" if needed == 1 else "two approvals"
            whom = "nobody" if not few else "only one person"
            yield Problem(place(("clusters", key)), WHAT.format(names, wanted, whom))


def _who(rules: Sequence[RuleTable], right: Right, action: str, cluster: str) -> set[str]:
    return {
        who
        for rule in rules
        if right in rule.may
        and {action, EVERYTHING} & set(rule.actions)
        and {cluster, EVERYTHING} & set(rule.clusters)
        for who in rule.who
    }


def _too_few(who: set[str], needed: int) -> bool:
    """Groups and `*` may be anybody, so they are taken to be enough."""
    open_ended = any(name == EVERYTHING or name.startswith("S") for name in who)
    return not open_ended and len(who) < needed
