"""How a job that was sent ends: once nothing of it is read any more, for the unknown or for arrivals."""

import structlog
from sqlalchemy import Connection

from store import arrivals, audit, checks, jobs, outbox
from store.audit import Event
from store.model import Job, JobState
from store.outbox_model import Note

log = structlog.get_logger()


def conclude(conn: Connection, job: Job) -> Job:
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
    audit.append(conn, Event.DONE, job=job.uuid, cluster=job.cluster, detail=counts(job))
    outbox.add(conn, job.id, Note.CARD)
    return jobs.get(conn, job.id)


def counts(job: Job) -> dict[str, int]:
    """How a job stands, for the record."""
    found = {"accepted": job.accepted, "refused": job.refused, "unknown": job.unknown}
    return found | {"arrived": job.arrived} if job.watched else found


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
