"""Watching again: whether those have arrived by now that had not when it was given up."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Connection

from bot.config import Cluster
from bot.errors import NoLongerPossible, NotAllowed, SetActionError
from bot.service.clicks import clicked, or_raise, refused
from store import arrivals, audit, jobs, outbox
from store.audit import Event
from store.database import Database
from store.model import Job, JobState, Operator
from store.outbox_model import Note


class Watching:
    """The button under those that have not arrived."""

    def __init__(self, db: Database, clusters: Mapping[str, Cluster]) -> None:
        self._db = db
        self._clusters = clusters

    async def watch_again(self, operator: Operator, job: UUID) -> Job:
        """Watch once more, from now on. Raises NotAllowed, NoLongerPossible, StoreError."""
        return or_raise("set_action.watch_asked", await self._db.write(self._watch_again, operator, job))

    def _watch_again(self, conn: Connection, operator: Operator, uuid: UUID) -> Job | SetActionError:
        job = clicked(conn, operator, uuid)
        if isinstance(job, SetActionError):
            return job
        if refusal := self._refusal(operator, job):
            return refused(conn, operator, job, refusal)
        arrivals.ask(conn, job, self._clusters[job.cluster].arrival.give_up_after_s)
        detail = {"customers": job.to_arrive}
        audit.append(
            conn, Event.WATCH_ASKED, actor=operator, job=job.uuid, cluster=job.cluster, detail=detail
        )
        outbox.add(conn, job.id, Note.WATCHED_AGAIN)
        outbox.add(conn, job.id, Note.CARD)
        return jobs.get(conn, job.id)

    def _refusal(self, operator: Operator, job: Job) -> SetActionError | None:
        if job.operator != operator:
            return NotAllowed("Only the person who asked can do this.", ask=[job.operator.user_id])
        cluster = self._clusters.get(job.cluster)
        if cluster is None or cluster.base_url != job.base_url:
            return NoLongerPossible(
                f"{job.cluster} is not configured here any more under the address this was confirmed for, so "
                "it cannot be asked."
            )
        if not cluster.arrival.watch:
            return NoLongerPossible(f"Watching {job.cluster} is switched off in the configuration.")
        if not job.to_arrive:
            return NoLongerPossible("All that were accepted have arrived by now; see the card.")
        if job.state is JobState.RUNNING:
            return NoLongerPossible("This job is being sent just now; its thread will tell how it ends.")
        if job.watch_at is not None:
            return NoLongerPossible("They are being watched already; the thread will tell what comes of it.")
        return None
