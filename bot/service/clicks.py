"""What every click has in common: a refusal goes on the record, and is raised only after that is kept."""

import structlog
from sqlalchemy import Connection

from bot.errors import SetActionError
from bot.service.proposals import facts
from store import floods
from store.audit import Event
from store.model import Job, Operator

log = structlog.get_logger()


def refused(conn: Connection, operator: Operator, job: Job, refusal: SetActionError) -> SetActionError:
    """Put a refused click on the record; the refusal, to be returned from the transaction."""
    detail = {"why": str(refusal)}
    floods.record(conn, Event.REFUSED_CLICK, actor=operator, job=job.uuid, cluster=job.cluster, detail=detail)
    return refusal


def or_raise(event: str, outcome: Job | SetActionError) -> Job:
    """The job, logged as `event`; a refusal is raised.

    Used after the commit: raised inside the transaction, it would undo the record of the refusal.
    """
    if isinstance(outcome, SetActionError):
        raise outcome
    log.info(event, **facts(outcome))
    return outcome
