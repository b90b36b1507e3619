"""Whose jobs a person may see, and how far into the record: one's own, and what the right `audit` opens.

What is refused is put on the record, and so is every look at other people's jobs.
"""

import structlog

from bot.catalogue import Catalogue
from bot.errors import NotAllowed
from bot.policy import EVERYTHING, Right, Rule
from bot.service.people import People
from store import audit
from store.audit import Event
from store.database import Database
from store.listing_model import Grant
from store.model import Operator

NAMED = 5  # people to ask

log = structlog.get_logger()


class Others:
    """Asks the policy, at the moment it matters."""

    def __init__(self, db: Database, people: People, catalogue: Catalogue) -> None:
        self._db = db
        self._people = people
        self._catalogue = catalogue

    async def grants(self, operator: Operator) -> tuple[Grant, ...]:
        """The kinds of other people's jobs they may see. Raises NotAllowed if groups cannot be read."""
        person = await self._people.person(operator)
        return tuple(self._grant(rule) for rule in self._people.policy.rules_for(person, Right.AUDIT))

    async def needed(
        self, operator: Operator, what: str, *, cluster: str | None = None, action: int | None = None
    ) -> tuple[Grant, ...]:
        """As `grants`, some of which are about this cluster and action. Raises NotAllowed, recorded."""
        try:
            grants = await self.grants(operator)
            if any(_covers(grant, cluster, action) for grant in grants):
                return grants
            refusal = self._refusal(what, cluster, action)
        except NotAllowed as unknown:
            refusal = unknown
        await self.refuse(operator, refusal, what, cluster)
        raise refusal

    async def refuse(self, operator: Operator, refusal: NotAllowed, what: str, cluster: str | None) -> None:
        """Put a refusal on the record."""
        detail = {"what": what, "why": str(refusal)[:500]}
        await self._db.write(
            audit.append, Event.REFUSED_REQUEST, actor=operator, cluster=cluster, detail=detail
        )
        log.info("set_action.refused_request", user=str(operator), what=what, why="NotAllowed")

    def without(self, what: str, place: str) -> NotAllowed:
        """The refusal of somebody without the right."""
        ask = tuple(who for who in self._people.policy.holders(Right.ADMIN) if who != EVERYTHING)[:NAMED]
        words = f"You need the right audit{place} to see {what}, and no rule gives it to you."
        return NotAllowed(words if ask else f"{words} Ask the people who run this bot.", ask=ask)

    def _refusal(self, what: str, cluster: str | None, action: int | None) -> NotAllowed:
        names = {known.code: known.name for known in self._catalogue}
        place = f" for {names.get(action, action)}" if action is not None else ""
        return self.without(what, place + (f" on {cluster}" if cluster else ""))

    def _grant(self, rule: Rule) -> Grant:
        known = {action.name: action.code for action in self._catalogue}
        codes = tuple(known[name] for name in rule.actions if name in known)
        return Grant(
            None if EVERYTHING in rule.clusters else rule.clusters,
            None if EVERYTHING in rule.actions else codes,
        )


def _covers(grant: Grant, cluster: str | None, action: int | None) -> bool:
    on_it = cluster is None or grant.clusters is None or cluster in grant.clusters
    return on_it and (action is None or grant.codes is None or action in grant.codes)
