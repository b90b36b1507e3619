"""What follows once a job has ended: the record, and whatever is told beside its thread."""

from sqlalchemy import Connection

from bot.runner.lane import Lane, counts
from store import audit, homes, outbox
from store.audit import Event
from store.home_model import Notify
from store.model import Job
from store.outbox_model import Note


def ended(conn: Connection, lane: Lane, job: Job) -> None:
    """Put the end on the record and have it told aside; one that was there with the same counts was told."""
    detail = counts(job)
    told = audit.recorded(conn, Event.DONE, job.uuid, detail)
    audit.append(conn, Event.DONE, job=job.uuid, cluster=job.cluster, detail=detail)
    if told:
        return
    if homes.notify_of(conn, job.operator) is Notify.DIRECT:
        outbox.add(conn, job.id, Note.DIRECT, to=job.operator.user_id)
    if lane.announce_channel:
        outbox.add(conn, job.id, Note.ANNOUNCED, to=lane.announce_channel)
    if lane.pictures_from and job.to_send >= lane.pictures_from:
        outbox.add(conn, job.id, Note.PICTURE)
