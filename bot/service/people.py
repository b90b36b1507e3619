"""Who a person is to the policy, asked at the moment it matters."""

from typing import Protocol

from bot.errors import NotAllowed
from bot.policy import Person, Policy, Right
from store.model import Operator


class Membership(Protocol):
    """Knows the user groups of people."""

    async def groups_of(self, operator: Operator) -> frozenset[str]:
        """The ids of the policy's user groups this person belongs to.

        Raises NotAllowed when Slack cannot be asked: what is not known to be allowed is refused.
        """
        ...


class People:
    """Turns a Slack user into a person of the policy."""

    def __init__(self, policy: Policy, membership: Membership) -> None:
        self.policy = policy
        self._membership = membership

    async def person(self, operator: Operator) -> Person:
        """The person with their groups. Raises NotAllowed when those cannot be read."""
        if not self.policy.names_groups:
            return Person(operator.user_id)
        return Person(operator.user_id, await self._membership.groups_of(operator))

    async def requester(self, operator: Operator, action: str, cluster: str) -> Person:
        """The person as far as it matters for asking for this action there. Raises NotAllowed as `person`."""
        return await self.holding(Right.REQUEST, operator, action, cluster)

    async def holding(self, right: Right, operator: Operator, action: str, cluster: str) -> Person:
        """The person as far as it matters for this right.

        Whoever a rule names directly needs no group, and no answer from Slack. Raises NotAllowed as `person`.
        """
        alone = Person(operator.user_id)
        if self.policy.permits(alone, right, action, cluster):
            return alone
        return await self.person(operator)

    def refusal(self, words: str, action: str, cluster: str) -> NotAllowed:
        """A refusal for want of a rule, with those whom the policy names for this action and cluster."""
        named = [
            *self.policy.who_may(Right.ADMIN, action, cluster),
            *self.policy.who_may(Right.REQUEST, action, cluster),
        ]
        ask = tuple(dict.fromkeys(who for who in named if who != "*"))[:5]
        return NotAllowed(words if ask else f"{words} Ask the people who run this bot.", ask=ask)
