"""Who a person is to the policy, asked at the moment it matters."""

import asyncio
from collections.abc import Iterable
from typing import Protocol

from bot.errors import NotAllowed
from bot.policy import Account, Person, Policy, Right
from store.model import Job, Operator


class Membership(Protocol):
    """Knows the user groups of people."""

    async def groups_of(self, operator: Operator) -> frozenset[str]:
        """The ids of the policy's user groups this person belongs to.

        Raises NotAllowed when Slack cannot be asked: what is not known to be allowed is refused.
        """
        ...


class Accounts(Protocol):
    """Knows what kind of account people have."""

    async def account_of(self, operator: Operator) -> Account:
        """The kind, as it is now or was a minute ago. Raises NotAllowed when Slack cannot be asked."""
        ...


WHY_NOT = {
    Account.MEMBER: "",
    Account.GUEST: "You are a guest in this workspace: only a rule that names you by your user id counts.",
    Account.STRANGER: "You belong to another organisation: only a rule that names your user id counts.",
    Account.DEACTIVATED: "This account is deactivated, and no rule counts for it.",
}
ENDING = (Right.APPROVE, Right.ADMIN)  # whoever may say no to a job may end it too
WANTED = {
    Right.REQUEST: "ask for {action} on {cluster}",
    Right.APPROVE: "approve {action} on {cluster}",
    Right.AUDIT: "read the record of {action} on {cluster}",
    Right.ADMIN: "administer {action} on {cluster}",
}


class People:
    """Turns a Slack user into a person of the policy."""

    def __init__(self, policy: Policy, membership: Membership, accounts: Accounts) -> None:
        self.policy = policy
        self._membership = membership
        self._accounts = accounts

    async def person(self, operator: Operator) -> Person:
        """The person with their account and groups. Raises NotAllowed when those cannot be read."""
        if not self.policy.names_groups:
            return Person(operator.user_id, account=await self._accounts.account_of(operator))
        account, groups = await asyncio.gather(
            self._accounts.account_of(operator), self._membership.groups_of(operator)
        )
        return Person(operator.user_id, groups, account)

    async def requester(self, operator: Operator, action: str, cluster: str) -> Person:
        """The person as far as it matters for asking for this action there. Raises NotAllowed as `person`."""
        return await self.holding(operator, action, cluster, Right.REQUEST)

    async def holding(self, operator: Operator, action: str, cluster: str, *rights: Right) -> Person:
        """The person as far as it matters for these rights; whether they have one is the policy's to say.

        Whoever a rule names directly needs no group, but an account. Raises NotAllowed as `person`.
        """
        alone = Person(operator.user_id)
        if not self._permits_any(alone, rights, action, cluster):
            return await self.person(operator)
        return Person(operator.user_id, account=await self._accounts.account_of(operator))

    async def may_end(self, operator: Operator, job: Job) -> bool:
        """Whether somebody other than the requester may cancel or stop a job: approvers and administrators.

        Rights do not reach into another workspace. Raises NotAllowed as `person`.
        """
        if not same_workspace(job.operator, operator):
            return False
        person = await self.holding(operator, job.action_name, job.cluster, *ENDING)
        return self._permits_any(person, ENDING, job.action_name, job.cluster)

    def who_may_end(self, job: Job) -> tuple[str, ...]:
        """Whom to ask for that: the requester first, then whoever the rules name."""
        named = (who for right in ENDING for who in self.policy.who_may(right, job.action_name, job.cluster))
        return tuple(dict.fromkeys((job.operator.user_id, *(who for who in named if who != "*"))))[:5]

    async def may(self, operator: Operator, right: Right, action: str, cluster: str) -> Person:
        """The person, who has this right at this moment: for anybody, at any time, a scheduled start too.

        Raises NotAllowed with the rule that is missing and whom to ask, or why it cannot be known.
        """
        person = await self.holding(operator, action, cluster, right)
        if self.policy.permits(person, right, action, cluster):
            return person
        wanted = WANTED[right].format(action=action, cluster=cluster)
        raise self.refusal(f"No rule allows you to {wanted}. Nothing was sent.", action, cluster, person)

    def refusal(self, words: str, action: str, cluster: str, person: Person | None = None) -> NotAllowed:
        """A refusal for want of a rule, with those whom the policy names for this action and cluster."""
        named = [
            *self.policy.who_may(Right.ADMIN, action, cluster),
            *self.policy.who_may(Right.REQUEST, action, cluster),
        ]
        ask = tuple(dict.fromkeys(who for who in named if who != "*"))[:5]
        words += f" {WHY_NOT[person.account]}".rstrip() if person else ""
        return NotAllowed(words if ask else f"{words} Ask the people who run this bot.", ask=ask)

    def _permits_any(self, person: Person, rights: Iterable[Right], action: str, cluster: str) -> bool:
        return any(self.policy.permits(person, right, action, cluster) for right in rights)


def same_workspace(one: Operator, other: Operator) -> bool:
    """Whether two people are of the same workspace: rights do not reach beyond it."""
    return (one.enterprise_id, one.team_id) == (other.enterprise_id, other.team_id)
