"""Lifting the pause of a cluster left alone after failures: for its administrators, on the record."""

from uuid import UUID

from sqlalchemy import Connection

from bot.errors import NoLongerPossible, SetActionError
from bot.service.administrators import Administrators
from bot.service.clicks import clicked
from store import audit, breakers, jobs, outbox, pauses
from store.audit import Event
from store.database import Database
from store.model import Job, Operator
from store.outbox_model import Note
from store.units import ring


class Resuming:
    """One button, under the word that a cluster is left alone."""

    def __init__(self, db: Database, administrators: Administrators) -> None:
        self._db = db
        self._administrators = administrators

    async def resume(self, operator: Operator, job: UUID) -> None:
        """Have this job's cluster tried again at once. Raises NotAllowed, NoLongerPossible, StoreError."""
        found = await self._db.write(clicked, operator, job)
        if isinstance(found, SetActionError):
            raise found
        await self._administrators.check(operator, found.cluster, {"what": "resume", "job": found.short_id})
        if not await self._db.write(_resume, operator, found):
            raise NoLongerPossible(f"{found.cluster} is not left alone any more.")


def _resume(conn: Connection, operator: Operator, job: Job) -> bool:
    pause = pauses.current(conn, job.cluster)
    if pause is None or not pause.breaker or not pauses.lift(conn, job.cluster):
        return False
    breakers.reset(conn, job.cluster)
    detail = {"by": str(operator)}
    audit.append(conn, Event.PAUSE_LIFTED, actor=operator, cluster=job.cluster, detail=detail)
    for job_id in jobs.running(conn, job.cluster):
        outbox.add(conn, job_id, Note.CARD)
    ring(conn, jobs.cluster_topic(job.cluster))
    return True
