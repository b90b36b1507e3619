"""What every click has in common: a refusal goes on the record, and is raised only after that is kept."""

from uuid import UUID

import structlog
from sqlalchemy import Connection

from bot.errors import NoLongerPossible, SetActionError
from bot.service.proposals import facts
from store import floods, jobs
from store.audit import Event
from store.model import Job, Operator

log = structlog.get_logger()


UNKNOWN_JOB = "This job is not known here any more."
UNKNOWN_CARD = "This card is not known here any more. Nothing was sent; ask again with /set-action."


def clicked(
    conn: Connection, operator: Operator, uuid: UUID, words: str = UNKNOWN_JOB
) -> Job | SetActionError:
    """The job or proposal behind a click, held: of two clicks at once, the later sees what the other did."""
    return jobs.find_and_hold(conn, uuid) or gone(conn, operator, uuid, words)


def gone(conn: Connection, operator: Operator, uuid: UUID, words: str = UNKNOWN_JOB) -> SetActionError:
    """Put a click on something that is not here on the record; its refusal."""
    floods.record(conn, Event.REFUSED_CLICK, actor=operator, job=uuid, detail={"why": words})
    return NoLongerPossible(words)


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
