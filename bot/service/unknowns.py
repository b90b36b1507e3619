"""What became of the unknown: ask the cluster again, or send the rest once more, knowing what that means."""

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from sqlalchemy import Connection

from bot.config import Cluster
from bot.errors import NoLongerPossible, NotAllowed, SetActionError
from bot.policy import Person, Right
from bot.service.clicks import clicked, or_raise, refused
from bot.service.people import People
from store import audit, checks, handover, jobs, outbox
from store.audit import Event
from store.database import Database
from store.model import Job, JobState, Operator
from store.outbox_model import Note

SETTLED_STATES = (JobState.WATCHING, JobState.DONE)


class Objections(Protocol):
    """Knows what else must hold when something is sent."""

    async def objection(self, job: Job) -> SetActionError | None:
        """Why no more of a job may be sent now."""
        ...


class Unknowns:
    """The two buttons under customers whose outcome is unknown."""

    def __init__(
        self, db: Database, people: People, clusters: Mapping[str, Cluster], starts: Objections
    ) -> None:
        self._starts = starts
        self._db = db
        self._people = people
        self._clusters = clusters

    async def check_again(self, operator: Operator, job: UUID) -> Job:
        """Have the cluster's state read now. Raises NotAllowed, NoLongerPossible, StoreError."""
        return or_raise("set_action.check_asked", await self._db.write(self._check_again, operator, job))

    async def send_rest(self, operator: Operator, job: UUID) -> Job:
        """Send the unknown customers again, through the same guard.

        Only after the cluster's state was read later than all of them had had their time. Raises NotAllowed,
        NoLongerPossible, StoreError.
        """
        try:
            person: Person | NotAllowed = await self._people.person(operator)
        except NotAllowed as refusal:
            person = refusal  # to be put on the record, and only if it is this person's job
        found = await self._db.read(jobs.find, job)
        objection = await self._starts.objection(found) if found else None
        sent = await self._db.write(self._send_rest, operator, person, job, objection)
        return or_raise("set_action.sent_again", sent)

    def _check_again(self, conn: Connection, operator: Operator, uuid: UUID) -> Job | SetActionError:
        job = self._unknown(conn, operator, uuid)
        if isinstance(job, SetActionError):
            return job
        if not checks.ask(conn, job):
            return NoLongerPossible("Something else is happening to this job just now; see its thread.")
        audit.append(conn, Event.CHECK_ASKED, actor=operator, job=job.uuid, cluster=job.cluster)
        return jobs.get(conn, job.id)

    def _send_rest(
        self,
        conn: Connection,
        operator: Operator,
        person: Person | NotAllowed,
        uuid: UUID,
        objection: SetActionError | None,
    ) -> Job | SetActionError:
        job = self._unknown(conn, operator, uuid)
        if isinstance(job, SetActionError):
            return job
        if isinstance(person, NotAllowed):
            return refused(conn, operator, job, person)
        if not self._people.policy.permits(person, Right.REQUEST, job.action_name, job.cluster):
            words = f"No rule lets you run {job.action_name} on {job.cluster} any more. Nothing was sent."
            refusal = self._people.refusal(words, job.action_name, job.cluster, person)
            return refused(conn, operator, job, refusal)
        if objection:
            return refused(conn, operator, job, objection)
        if job.stopped_at:
            words = (
                "This job was stopped, so nothing more of it is sent. “Send unknown again” under “Details”"
            )
            return NoLongerPossible(f"{words} makes a new card for them.")
        if child := handover.taken_by(conn, job):
            return NoLongerPossible(f"These are sent again by job {child.short_id} already; look there.")
        if not checks.settled(conn, job, self._clusters[job.cluster].settle_s):
            return NoLongerPossible(
                "The cluster's state was not read since these were sent, so some of them may be done by now. "
                "Press “Check again” first."
            )
        planned = checks.send_again(conn, job)
        if not planned:
            return NoLongerPossible("Something else is happening to this job just now; see its thread.")
        detail = {"customers": planned}
        audit.append(conn, Event.SENT_AGAIN, actor=operator, job=job.uuid, cluster=job.cluster, detail=detail)
        outbox.add(conn, job.id, Note.RESENT, customers=planned)
        outbox.add(conn, job.id, Note.CARD)
        return jobs.get(conn, job.id)

    def _unknown(self, conn: Connection, operator: Operator, uuid: UUID) -> Job | SetActionError:
        """The job behind a click, if it is this person's and something of it is unknown."""
        job = clicked(conn, operator, uuid)
        if isinstance(job, SetActionError):
            return job
        if job.operator != operator:
            refusal = NotAllowed("Only the person who asked can do this.", ask=[job.operator.user_id])
            return refused(conn, operator, job, refusal)
        if job.cluster not in self._clusters:
            return NoLongerPossible(f"{job.cluster} is not configured here any more, so it cannot be asked.")
        if job.state not in SETTLED_STATES:
            return NoLongerPossible("This job is being sent just now; its thread will tell how it ends.")
        if not job.unknown:
            return NoLongerPossible("Nothing about this job is unknown any more; see its thread.")
        return job
