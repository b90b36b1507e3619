"""From a row of the outbox to what is said of a job that waits: in its thread, and to approvers directly."""

from collections.abc import Mapping

from sqlalchemy import Connection

from bot.views import waiting, waiting_thread
from bot.views.card import where
from bot.views.message import Message
from bot.views.preview import Path
from bot.views.waiting import Papers
from store import approvals, schedules
from store.model import Job
from store.outbox_model import Note, OutboxItem

COPIES = frozenset({Note.APPROVAL_DM, Note.COPY})
IN_THREAD = frozenset(
    {
        Note.AWAITED,
        Note.APPROVED,
        Note.DENIED,
        Note.LAPSED,
        Note.LOST,
        Note.SCHEDULED,
        Note.HELD,
        Note.OVERRIDDEN,
        Note.WITHDRAWN,
        Note.BEGUN,
    }
)
NOTES = COPIES | IN_THREAD


def read(conn: Connection, job: Job) -> Papers:
    """What people have decided on a job."""
    decisions = approvals.of_job(conn, job.id) if job.approvals else ()
    return Papers(decisions, schedules.overrides_of(conn, job.id))


def draw(item: OutboxItem, job: Job, names: Mapping[str, str], path: Path, papers: Papers) -> Message:
    """The message of an item; `names` are those of clusters by key."""
    place = where(job.cluster, names.get(job.cluster, job.cluster))
    if item.note in COPIES:
        return waiting.copy(job, place, path, papers)
    return waiting_thread.tell(item.note, waiting_thread.Told(job, place, papers, item.detail or {}))
