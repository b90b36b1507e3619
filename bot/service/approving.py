"""Four eyes: somebody other than the requester approves or denies, checked at the moment of the click."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sqlalchemy import Connection

from bot.errors import InvalidRequest, NoLongerPossible, NotAllowed, SetActionError
from bot.parsing import clean_reason
from bot.policy import Person, Right
from bot.service.cards import Press
from bot.service.clicks import UNKNOWN_CARD, clicked, or_raise, refused
from bot.service.gate import Gate, redraw
from bot.service.people import WHY_NOT, People
from bot.service.summons import lapse
from store import approvals, audit, jobs, outbox
from store.approval_model import Decision
from store.audit import Event
from store.clock import read_now
from store.database import Database
from store.model import Job, JobState, Operator
from store.outbox_model import Note

LONGEST_REASON = 500


class Identities(Protocol):
    """Knows under which ids Slack knows a person."""

    async def ids_of(self, operator: Operator) -> frozenset[str]:
        """All of them, the operator's own included. Raises NotAllowed when Slack does not say."""
        ...


@dataclass(frozen=True, slots=True)
class Decider:
    """Who clicks: what the policy makes of them, their ids and those of who asked; or why none is known."""

    operator: Operator
    person: Person
    ids: frozenset[str]
    asker_ids: frozenset[str]
    unknown: NotAllowed | None = None

    @property
    def key(self) -> str:
        """The same in every workspace: the Grid's id where there is one besides the workspace's own."""
        return max(self.ids, key=lambda one: (one != self.operator.user_id, one))


class Approving:
    """Two decisions on a job that waits for approval."""

    def __init__(self, db: Database, people: People, identities: Identities, gate: Gate) -> None:
        self._db = db
        self._people = people
        self._identities = identities
        self._gate = gate

    async def approve(self, press: Press) -> Job:
        """Count one person's approval of exactly what they were shown.

        Raises NotAllowed, NoLongerPossible, StoreError.
        """
        decider = await self._decider(press.operator, press.card)
        return or_raise("set_action.approved", await self._db.write(self._approve, press, decider))

    async def check(self, press: Press) -> Job:
        """The job, for somebody who may deny it now. Raises NotAllowed, NoLongerPossible, StoreError."""
        decider = await self._decider(press.operator, press.card)
        return or_raise("set_action.denying", await self._db.write(self._open, press.card, decider))

    async def deny(self, operator: Operator, card: UUID, reason: str) -> Job:
        """End a job before it starts. Raises InvalidRequest, NotAllowed, NoLongerPossible, StoreError."""
        said = clean_reason(reason)
        if not said or len(said) > LONGEST_REASON:
            raise InvalidRequest(
                [f"Say in up to {LONGEST_REASON} characters why not; who asked will read it."]
            )
        decider = await self._decider(operator, card)
        return or_raise("set_action.denied", await self._db.write(self._deny, card, decider, said))

    async def _decider(self, operator: Operator, card: UUID) -> Decider:
        job = await self._db.read(jobs.find, card)
        own = Person(operator.user_id)
        nobody: frozenset[str] = frozenset()
        if job is None:
            return Decider(operator, own, frozenset({operator.user_id}), nobody)
        try:
            person = await self._people.holding(operator, job.action_name, job.cluster, Right.APPROVE)
            ids = await self._identities.ids_of(operator)
            asker_ids = await self._identities.ids_of(job.operator)
        except NotAllowed as unknown:
            return Decider(operator, own, frozenset({operator.user_id}), nobody, unknown)
        return Decider(operator, person, ids, asker_ids)

    def _open(self, conn: Connection, card: UUID, decider: Decider) -> Job | SetActionError:
        """The job, if it waits for approval and this person may give it. Refusals are recorded."""
        job = clicked(conn, decider.operator, card, UNKNOWN_CARD)
        if isinstance(job, SetActionError):
            return job
        if job.state is JobState.AWAITING and job.approve_by and job.approve_by <= read_now(conn):
            lapse(conn, job)
            job = jobs.get(conn, job.id)
        refusal = self._refusal(job, decider)
        if refusal:
            redraw(conn, job.id)  # where it was clicked it may be out of date
            return refused(conn, decider.operator, job, refusal)
        return job

    def _refusal(self, job: Job, decider: Decider) -> SetActionError | None:
        asker = {job.operator.user_id, *decider.asker_ids}
        if asker & {decider.operator.user_id, *decider.ids}:
            return NotAllowed("You asked for this yourself: somebody else must approve or deny it.")
        if job.state is not JobState.AWAITING:
            return NoLongerPossible(_moved_on(job))
        if decider.unknown:
            return decider.unknown
        if not self._people.policy.permits(decider.person, Right.APPROVE, job.action_name, job.cluster):
            words = f"No rule lets you approve {job.action_name} on {job.cluster}. Nothing was changed."
            words = f"{words} {WHY_NOT[decider.person.account]}".rstrip()
            who = self._gate.approvers(job.action_name, job.cluster, job.operator)
            return NotAllowed(words, ask=who[:5])
        return None

    def _approve(self, conn: Connection, press: Press, decider: Decider) -> Job | SetActionError:
        job = self._open(conn, press.card, decider)
        if isinstance(job, SetActionError):
            return job
        standing = [one for one in approvals.of_job(conn, job.id) if one.stands(job)]
        if press.digest != job.shown:
            refusal = NoLongerPossible(
                "What you approved is not what this job is now. Nothing was counted. Read the card again, "
                "and press once more if it is right."
            )
            redraw(conn, job.id)
            return refused(conn, decider.operator, job, refusal)
        if any({one.person, one.operator.user_id} & {decider.key, *decider.ids} for one in standing):
            refusal = NoLongerPossible("You have approved this already; it takes another person now.")
            return refused(conn, decider.operator, job, refusal)
        approvals.decide(conn, job, decider.key, decider.operator, Decision.APPROVED)
        given = len(standing) + 1
        detail = {"digest": job.digest, "shown": job.shown, "given": given, "needed": job.approvals}
        self._record(conn, Event.APPROVED, job, decider, detail)
        outbox.add(conn, job.id, Note.APPROVED, by=decider.operator.user_id, given=given)
        if given >= job.approvals:
            self._gate.schedule(conn, job)
        redraw(conn, job.id)
        return jobs.get(conn, job.id)

    def _deny(self, conn: Connection, card: UUID, decider: Decider, reason: str) -> Job | SetActionError:
        job = self._open(conn, card, decider)
        if isinstance(job, SetActionError):
            return job
        approvals.decide(conn, job, decider.key, decider.operator, Decision.DENIED, reason)
        approvals.deny(conn, job)
        self._record(conn, Event.DENIED, job, decider, {"reason": reason, "digest": job.digest})
        outbox.add(conn, job.id, Note.DENIED)
        redraw(conn, job.id)
        return jobs.get(conn, job.id)

    def _record(
        self, conn: Connection, event: Event, job: Job, decider: Decider, detail: Mapping[str, object]
    ) -> None:
        audit.append(conn, event, actor=decider.operator, job=job.uuid, cluster=job.cluster, detail=detail)


def _moved_on(job: Job) -> str:
    if job.state is JobState.DENIED:
        return "This was denied already: nothing was sent."
    if job.state is JobState.EXPIRED:
        return "Nobody approved this in time: it has expired, and nothing was sent."
    if job.state is JobState.CANCELLED:
        return "This was cancelled: nothing was sent."
    if job.state is JobState.PROPOSED:
        return "This is not confirmed by the person who asked for it, so there is nothing to approve yet."
    return f"Job {job.short_id} has all the approvals it needs; its thread tells how it goes."
