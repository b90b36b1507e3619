"""Sending again, in a new job, what a job did not get done: its refused, unknown or never sent customers.

The new job is a card first, as any other. What is unknown may be done by now or still be on its way, so it is
sent again by one job only, and only after the cluster's state was read once all had had its time: that is
checked when the card is made and, decisively, when it is confirmed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import Connection

from bot.catalogue import Catalogue
from bot.config import Cluster
from bot.errors import NoLongerPossible, NotAllowed, SetActionError
from bot.parsing import Request
from bot.service.clicks import clicked, refused
from bot.service.proposals import Origin, Proposals
from store import audit, batches, checks, handover, jobs, looking
from store.audit import Event
from store.database import Database
from store.model import CustomerOutcome, Job, JobState, Operator, Source

ENDED = (JobState.WATCHING, JobState.DONE)
KINDS = {
    CustomerOutcome.REFUSED: "refused",
    CustomerOutcome.UNKNOWN: "unknown",
    CustomerOutcome.CANCELLED: "never sent",
}
ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class _Rest:
    """What of a job is to be sent again."""

    job: Job
    cids: tuple[str, ...]
    batch_id: int | None


class Again:
    """Makes the card. Who asked for the job may; rights are checked as for any request."""

    def __init__(
        self, db: Database, proposals: Proposals, catalogue: Catalogue, clusters: Mapping[str, Cluster]
    ) -> None:
        self._db = db
        self._proposals = proposals
        self._catalogue = catalogue
        self._clusters = clusters

    async def propose(
        self, operator: Operator, uuid: UUID, outcome: CustomerOutcome, *, request_key: str
    ) -> Job | None:
        """A card for the job's customers with this outcome; None when this click is a repeat.

        Raises NotAllowed, InvalidRequest, NoLongerPossible, StoreError.
        """
        found = await self._db.write(self._rest, operator, uuid, outcome)
        if isinstance(found, SetActionError):
            raise found
        job = found.job
        return await self._proposals.propose(
            operator,
            Request(self._catalogue[job.action_name], job.cluster, found.cids, 0, job.reason),
            proposal_id=uuid4(),
            request_key=request_key,
            channel_id=job.channel_id,
            origin=Origin(
                sources=(Source(KINDS[outcome], len(found.cids), job.short_id),),
                batch_id=found.batch_id,
                parent_id=job.id,
            ),
        )

    def _rest(
        self, conn: Connection, operator: Operator, uuid: UUID, outcome: CustomerOutcome
    ) -> _Rest | SetActionError:
        job = clicked(conn, operator, uuid)
        if isinstance(job, SetActionError):
            return job
        if job.operator != operator:
            refusal = NotAllowed("Only the person who asked can send it again.", ask=[job.operator.user_id])
            return refused(conn, operator, job, refusal)
        if why := self._not_now(conn, job, outcome):
            return refused(conn, operator, job, why)
        cids = tuple(c.cid for _, c in looking.page(conn, job.id, outcome, limit=ALL))
        if not cids:
            words = f"None of this job's customers is {KINDS[outcome]} any more; see its thread."
            return refused(conn, operator, job, NoLongerPossible(words))
        batch = batches.of_job(conn, job.id)
        return _Rest(job, cids, batch.id if batch else None)

    def _not_now(self, conn: Connection, job: Job, outcome: CustomerOutcome) -> NoLongerPossible | None:
        cluster = self._clusters.get(job.cluster)
        if cluster is None:
            return NoLongerPossible(f"{job.cluster} is not configured here any more. Nothing was sent.")
        known = {action.name: action.code for action in self._catalogue}
        if known.get(job.action_name) != job.action_code:
            return NoLongerPossible(f"{job.action_name} is not an action here any more. Nothing was sent.")
        if job.state not in ENDED:
            return NoLongerPossible("This job is being sent just now; its thread will tell how it ends.")
        if outcome is not CustomerOutcome.UNKNOWN:
            return None
        return _unready(conn, job, cluster.base_url, cluster.settle_s) or _taken(handover.taken_by(conn, job))


def not_to_be_sent(conn: Connection, card: Job, settle_s: float) -> NoLongerPossible | None:
    """Why a card's customers may not be sent because of the job they come from; that job is held."""
    found = handover.standing(conn, card)
    if found is None:
        return None
    parent, outcomes = found.parent, found.outcomes
    moved = sum(
        outcomes[o] for o in (CustomerOutcome.ACCEPTED, CustomerOutcome.ARRIVED, CustomerOutcome.PLANNED)
    )
    if moved:
        return NoLongerPossible(
            f"{moved:,} of these were accepted meanwhile, or are being sent, by job {parent.short_id}. "
            "Nothing was sent. Cancel this card, and begin again from that job."
        )
    if not outcomes[CustomerOutcome.UNKNOWN]:
        return None
    return _taken(found.taken_by) or _unready(conn, parent, card.base_url, settle_s)


def continued(conn: Connection, card: Job) -> None:
    """Put on the record of a job that a new one, just confirmed, sends some of its customers again."""
    if card.parent_id is None:
        return
    parent = jobs.get(conn, card.parent_id)
    detail = {"job": card.uuid.hex, "customers": card.to_send}
    audit.append(
        conn, Event.CONTINUED, actor=card.operator, job=parent.uuid, cluster=parent.cluster, detail=detail
    )


def _taken(by: Job | None) -> NoLongerPossible | None:
    if by is None:
        return None
    return NoLongerPossible(
        f"These were given to job {by.short_id}, which sends them again. Look there; nothing more was sent."
    )


def _unready(conn: Connection, parent: Job, base_url: str, settle_s: float) -> NoLongerPossible | None:
    """Why what is unknown of a job must not be sent again yet. The job is held."""
    if parent.base_url != base_url:
        return NoLongerPossible(
            f"The address of {parent.cluster} was changed since, and what became of these can only be read "
            "at the old one. Nothing was sent."
        )
    if parent.state not in ENDED:
        return NoLongerPossible(f"Job {parent.short_id} is being sent just now. Nothing was sent.")
    if not checks.settled(conn, parent, settle_s):
        return NoLongerPossible(
            "The cluster's state was not read since these were sent, so some of them may be done by now. "
            f"Press “Check again” in the thread of job {parent.short_id} first. Nothing was sent."
        )
    return None
