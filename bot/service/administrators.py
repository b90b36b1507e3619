"""Who may make and assign batches: the administrators of their cluster. Refusals are on the record."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import structlog
from sqlalchemy import Connection

from bot.errors import NotAllowed, SetActionError
from bot.policy import Person
from bot.service.people import People
from store import audit, floods, outbox
from store.audit import Event
from store.batch_model import Batch
from store.database import Database
from store.model import Operator
from store.outbox_model import Note

NAMED = 10  # batches in the word to whoever is to run them

log = structlog.get_logger()


class Administrators:
    """Asks the policy, at the moment it matters. `clusters` are the keys of those configured."""

    def __init__(self, db: Database, people: People, clusters: Collection[str]) -> None:
        self._db = db
        self._people = people
        self._clusters = clusters

    async def clusters_of(self, operator: Operator) -> tuple[str, ...]:
        """The clusters this person administers, in the order of the configuration.

        Raises NotAllowed when the person's groups cannot be read.
        """
        person = await self._people.person(operator)
        return tuple(key for key in self._clusters if self._administers(person, key))

    async def check_runner(self, operator: Operator, batch: Batch) -> None:
        """Raises NotAllowed unless the batch is this person's to run, or they administer its cluster."""
        if batch.assigned_to == operator.user_id:
            return
        if refusal := self.not_a_runner(await self._people.person(operator), batch):
            raise refusal

    def not_a_runner(self, person: Person, batch: Batch) -> NotAllowed | None:
        """Why this person may not run the batch; of whom it is assigned to no groups need be known."""
        if batch.assigned_to == person.user_id or self._administers(person, batch.cluster):
            return None
        if batch.assigned_to:
            words = f"Batch {batch.code} is assigned to somebody else. Nothing was sent."
            return NotAllowed(words, ask=[batch.assigned_to, batch.made_by])
        words = f"Batch {batch.code} is not assigned to you, or to anybody yet. Nothing was sent."
        return NotAllowed(words, ask=[batch.made_by])

    def _administers(self, person: Person, cluster: str) -> bool:
        return cluster in self._clusters and self._people.policy.administers(person, cluster)

    async def unable(self, operator: Operator, cluster: str, people: Sequence[str]) -> tuple[str, ...]:
        """Those of `people` whom no rule lets ask for anything there, as far as their groups are known."""
        found = []
        for user_id in dict.fromkeys(people):
            try:
                person = await self._people.person(replace(operator, user_id=user_id))
            except NotAllowed:
                continue
            if not self._people.policy.requests_on(person, cluster):
                found.append(user_id)
        return tuple(found)

    async def check(self, operator: Operator, cluster: str, detail: Mapping[str, object]) -> None:
        """Raises NotAllowed, on the record with `detail`, unless this person administers the cluster."""
        try:
            if cluster in await self.clusters_of(operator):
                return
            refusal = self._refusal(cluster)
        except NotAllowed as unknown:
            refusal = unknown
        await self.refuse(operator, refusal, detail, cluster)
        raise refusal

    async def refuse(
        self,
        operator: Operator,
        refusal: SetActionError,
        detail: Mapping[str, object],
        cluster: str | None,
    ) -> None:
        """Put a refusal on the record; `detail["what"]` says what was wanted."""
        detail = {**detail, "why": str(refusal)[:500]}
        await self._db.write(
            floods.record, Event.REFUSED_REQUEST, actor=operator, cluster=cluster, detail=detail
        )
        log.info(
            "set_action.refused_request",
            user=str(operator),
            cluster=cluster,
            what=detail["what"],
            why=type(refusal).__name__,
        )

    def _refusal(self, cluster: str) -> NotAllowed:
        ask = tuple(who for who in self._people.policy.administrators(cluster) if who != "*")[:5]
        words = f"No rule makes you an administrator of {cluster}. Nothing was changed."
        return NotAllowed(words if ask else f"{words} Ask the people who run this bot.", ask=ask)


def record_assigned(
    conn: Connection, operator: Operator, some: Sequence[Batch], to: str | None, *, before: str | None = None
) -> None:
    """Put on the record who is to run some batches of one list, and have them told, and who was to before."""
    codes = [batch.code for batch in some]
    detail = {"to": to, "codes": codes}
    audit.append(conn, Event.BATCH_ASSIGNED, actor=operator, cluster=some[0].cluster, detail=detail)
    told: dict[str, str | int | None] = {
        "codes": ",".join(codes[:NAMED]),
        "number": len(some),
        "by": operator.user_id,
    }
    if to is not None:
        outbox.add_for_person(conn, some[0].id, Note.ASSIGNED, to, **told)
    if before not in (None, operator.user_id):
        outbox.add_for_person(conn, some[0].id, Note.TAKEN_AWAY, before, **told)
