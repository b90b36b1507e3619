"""Asking: what somebody typed becomes a card, or a refusal on the record."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog
from sqlalchemy import Connection

from bot.catalogue import Catalogue
from bot.config import Cluster
from bot.config.limits import OF_A_PERSON, Limits
from bot.errors import InvalidRequest, NotAllowed, SetActionError, TooManyCustomers
from bot.parsing import Request
from bot.policy import Offer, Right
from bot.service import changing, limiting, repeats
from bot.service.people import People
from bot.service.waits import Waits
from store import audit, floods, jobs, outbox, previews, proposing, short
from store.audit import Event
from store.database import Database
from store.model import Job, Operator, Preview, Source
from store.outbox_model import Note
from store.proposal_model import Proposal

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the customers come from, if not typed in a command.

    `replaces` is a card of the same person that goes once the new one is posted, unless it is decided.
    `form`: it came by a form, which a person whose acknowledgement was lost can change before submitting it
    again. `parent_id` is the job whose customers are sent again.
    """

    sources: tuple[Source, ...] = ()
    replaces: UUID | None = None
    batch_id: int | None = None
    form: bool = False
    parent_id: int | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long (seconds) a card stays open, how many of a person's, and how much a person may ask for."""

    expires_s: float
    open_per_user: int = 10
    limits: Limits = OF_A_PERSON


class Channels(Protocol):
    """Knows where cards can be shown."""

    async def closed(self, channel: str) -> str | None:
        """Why no card can be shown there, in plain words; None where one can, or it is not known."""
        ...


class Proposals:
    """Checks a request against policy and limits, and keeps it as a card to be confirmed."""

    def __init__(
        self,
        db: Database,
        people: People,
        catalogue: Catalogue,
        clusters: Mapping[str, Cluster],
        waits: Waits,
        channels: Channels,
        bounds: Bounds,
    ) -> None:
        self._db = db
        self._waits = waits
        self._channels = channels
        self._people = people
        self._catalogue = catalogue
        self._clusters = clusters
        self._bounds = bounds

    async def offer(self, operator: Operator) -> Offer:
        """What this person may ask for. Raises NotAllowed when their groups cannot be read."""
        person = await self._people.person(operator)
        return self._people.policy.offers(person, Right.REQUEST, self._catalogue.names, self._clusters)

    async def check_rights(self, operator: Operator, action: str, cluster: str) -> None:
        """Raises NotAllowed, on the record, unless this person may ask for the action there.

        For whoever is about to read much on their behalf; `propose` checks by itself.
        """
        try:
            await self._people.may(operator, Right.REQUEST, action, cluster)
        except NotAllowed as refusal:
            await self.refuse(operator, refusal, action, cluster, 0)
            raise

    async def check_time(self, operator: Operator, start_at: datetime) -> None:
        """Raises InvalidRequest when nothing can be planned for that moment."""
        await self._waits.when(operator, start_at)

    async def closed(self, channel: str | None) -> str | None:
        """Why no card can be shown in a channel; None where one can, or it is not known."""
        return await self._channels.closed(channel) if channel else None

    async def propose(
        self,
        operator: Operator,
        request: Request,
        *,
        proposal_id: UUID,
        request_key: str,
        channel_id: str,
        origin: Origin | None = None,
    ) -> Job | None:
        """Keep the request as a card; None when this delivery is a repeat. Refusals are recorded and raised.

        Raises NotAllowed, InvalidRequest, NoLongerPossible, StoreError.
        """
        cluster, origin = self._clusters[request.cluster], origin or Origin()
        proposal = Proposal(
            uuid=proposal_id,
            request_key=request_key,
            operator=operator,
            channel_id=channel_id,
            action_code=request.action.code,
            action_name=request.action.name,
            cluster=cluster.key,
            base_url=cluster.base_url,
            cids=request.cids,
            duplicates=request.duplicates,
            reason=request.reason,
            expires_after_s=self._bounds.expires_s,
            preview=Preview.PENDING if cluster.preview_s else Preview.OFF,
            sources=origin.sources,
            batch_id=origin.batch_id,
            parent_id=origin.parent_id,
        )
        try:
            await self._check(operator, request)
            start_at, zone = await self._waits.when(operator, request.at)
            proposal = replace(proposal, start_at=start_at, start_zone=zone)
            job = await self._db.short.write(self._keep, proposal, origin)
        except SetActionError as refusal:
            await self.refuse(operator, refusal, request.action.name, request.cluster, len(request.cids))
            raise
        if job:
            log.info("set_action.requested", **facts(job))
        return job

    async def refuse(
        self, operator: Operator, refusal: SetActionError, action: str | None, cluster: str | None, count: int
    ) -> None:
        """Put a request that could not be taken on the record."""
        detail = {"why": str(refusal)[:500], "action": action, "customers": count}
        await self._db.short.write(
            floods.record, Event.REFUSED_REQUEST, actor=operator, cluster=cluster, detail=detail
        )
        log.info(
            "set_action.refused_request",
            user=str(operator),
            action=action,
            cluster=cluster,
            count=count,
            why=type(refusal).__name__,
        )

    async def _check(self, operator: Operator, request: Request) -> None:
        action, cluster = request.action.name, self._clusters[request.cluster]
        await self._people.may(operator, Right.REQUEST, action, cluster.key)
        self._waits.check(operator, action, cluster.key)
        if len(request.cids) > cluster.max_customers:
            raise TooManyCustomers(
                [
                    f"{len(request.cids):,} customers are more than {cluster.key} takes in one job "
                    f"({cluster.max_customers:,}). Ask for them in parts."
                ]
            )

    def _keep(self, conn: Connection, proposal: Proposal, origin: Origin) -> Job | None:
        short.expect(conn, len(proposal.cids))
        old = changing.held(conn, origin.replaces)
        if before := jobs.asked_by(conn, proposal.request_key):
            if not origin.form or not repeats.changed(conn, before, proposal):
                return None
            proposal = repeats.renamed(proposal)
            old += changing.held(conn, before.uuid)
            if jobs.asked_by(conn, proposal.request_key):
                return None
        for card in old:
            proposal = changing.in_place_of(conn, card, proposal)
        if jobs.open_cards(conn, proposal.operator) >= self._bounds.open_per_user:
            raise InvalidRequest(
                [
                    f"You have {self._bounds.open_per_user:,} cards that wait for your decision, and no more "
                    "are allowed at once. Confirm or cancel one of them, then ask again. Nothing was sent."
                ]
            )
        limiting.check(conn, proposal, self._bounds.limits, self._clusters[proposal.cluster].limits)
        job = proposing.propose(conn, proposal)
        return _announced(conn, job) if job else None


def facts(job: Job) -> dict[str, object]:
    """What a log line says about a job."""
    return {
        "job": job.uuid.hex,
        "user": str(job.operator),
        "action": job.action_name,
        "cluster": job.cluster,
        "count": job.total,
    }


def _announced(conn: Connection, job: Job) -> Job:
    """A new card, on the record, with Slack to be told of it and its customers' state to be read."""
    detail = {
        "action": job.action_name,
        "customers": job.total,
        "reason": job.reason,
        "channel": job.channel_id,
    }
    audit.append(conn, Event.REQUESTED, actor=job.operator, job=job.uuid, cluster=job.cluster, detail=detail)
    outbox.add(conn, job.id, Note.CARD)
    previews.begin(conn, job)
    return job
