"""How a job that was sent ends, once nothing of it is read any more: the record, and what is told aside."""

import structlog
from sqlalchemy import Connection

from bot.runner.lane import Lane
from store import arrivals, audit, checks, homes, jobs, outbox
from store.audit import Event
from store.home_model import Notify
from store.model import Job, JobState
from store.outbox_model import Note

log = structlog.get_logger()


def conclude(conn: Connection, lane: Lane, job: Job) -> Job:
    """watching -> done where nothing more is to come, and what is told of it; the job as it then stands.

    Whoever calls it holds the job: the checker and the watcher end what the other has left.
    """
    if job.state is not JobState.WATCHING or job.check_at is not None:
        return job
    if job.watch_at is not None:
        if job.to_arrive:
            return job
        arrivals.end(conn, job.id)
        outbox.add(conn, job.id, Note.ARRIVED)
    checks.close(conn, job)
    outbox.add(conn, job.id, Note.CARD)
    job = jobs.get(conn, job.id)
    ended(conn, lane, job)
    return job


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


def counts(job: Job) -> dict[str, int]:
    """How a job stands, for the record."""
    found = {"accepted": job.accepted, "refused": job.refused, "unknown": job.unknown}
    if job.watched:
        found["arrived"] = job.arrived
    if job.stopped_at:
        found["never_sent"] = job.cancelled
    return found


def log_done(job: Job) -> None:
    """One line for a job that has ended."""
    elapsed = (
        (job.finished_at - job.started_at).total_seconds() if job.finished_at and job.started_at else None
    )
    log.info(
        "set_action.done",
        job=job.uuid.hex,
        user=str(job.operator),
        action=job.action_name,
        cluster=job.cluster,
        count=job.total,
        **counts(job),
        elapsed=elapsed,
    )
