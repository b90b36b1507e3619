"""Stopping a confirmed job: what was not sent yet never is. Who asked may, approvers and administrators."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Connection

from bot.config import Cluster
from bot.errors import NoLongerPossible, NotAllowed, SetActionError
from bot.service.clicks import clicked, or_raise, refused
from bot.service.people import People
from store import audit, jobs, outbox, stopping
from store.audit import Event
from store.database import Database
from store.model import Job, JobState, Operator
from store.outbox_model import Note


class Stopping:
    """Rights are checked at the moment of the click; every refusal is on the record."""

    def __init__(self, db: Database, people: People, clusters: Mapping[str, Cluster]) -> None:
        self._db = db
        self._people = people
        self._clusters = clusters

    async def stop(self, operator: Operator, job: UUID) -> Job:
        """Send nothing further of the job. Raises NotAllowed, NoLongerPossible, StoreError."""
        refusal: NotAllowed | None = None
        found = await self._db.read(jobs.find, job)
        if found and found.operator != operator:
            try:
                if not await self._people.may_end(operator, found):
                    refusal = NotAllowed(
                        "Only the person who asked, approvers and administrators can stop this job.",
                        ask=self._people.who_may_end(found),
                    )
            except NotAllowed as unknown:
                refusal = unknown
        return or_raise("set_action.stopped", await self._db.write(self._stop, operator, refusal, job))

    def _stop(
        self, conn: Connection, operator: Operator, refusal: NotAllowed | None, uuid: UUID
    ) -> Job | SetActionError:
        job = clicked(conn, operator, uuid)
        if isinstance(job, SetActionError):
            return job
        if refusal:
            return refused(conn, operator, job, refusal)
        cluster = self._clusters.get(job.cluster)
        if not stopping.stop(conn, job, operator.user_id, cluster.settle_s if cluster else 0.0):
            outbox.add(conn, job.id, Note.CARD)  # whoever still saw the button saw an old card
            return refused(conn, operator, job, NoLongerPossible(_too_late(job)))
        job = jobs.get(conn, job.id)
        detail = {
            "never_sent": job.cancelled,
            "answered": job.answered,
            "in_flight": job.to_send - job.answered - job.cancelled,
        }
        audit.append(conn, Event.STOPPED, actor=operator, job=job.uuid, cluster=job.cluster, detail=detail)
        if job.open_chunks:
            outbox.add(conn, job.id, Note.STOPPED)
        outbox.add(conn, job.id, Note.CARD)
        return job


def _too_late(job: Job) -> str:
    if job.state is JobState.PROPOSED:
        return "This is not confirmed yet, so nothing is being sent. Press “Cancel” on its card instead."
    if job.stopped_at:
        return "This job was stopped already; its card and its thread say how far it had come."
    if job.state is JobState.WATCHING:
        return (
            "Everything of this job was sent already, so there was nothing left to stop. What is open is "
            "only read from the cluster; nothing is sent for that."
        )
    return "This job has ended already, so there was nothing left to stop."
