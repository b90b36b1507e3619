"""Cards that are not decided: the one behind a press, those whose time is over. All is on the record."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection

from bot.errors import NoLongerPossible, NotAllowed, SetActionError
from bot.service.clicks import UNKNOWN_CARD, clicked, refused
from store import audit, card_places, jobs, outbox, replacing
from store.audit import Event
from store.clock import read_now
from store.model import Job, JobState, Operator
from store.outbox_model import Note


@dataclass(frozen=True, slots=True)
class Press:
    """A button of a card, pressed: by whom, where, and the digest of what the card showed, if it had one."""

    operator: Operator
    card: UUID
    channel_id: str
    card_ts: str
    digest: str | None = None


def open_card(conn: Connection, press: Press) -> Job | SetActionError:
    """The proposal behind a click, if it is this person's and still open. Refusals are recorded."""
    job = clicked(conn, press.operator, press.card, UNKNOWN_CARD)
    if isinstance(job, SetActionError):
        return job
    if job.operator != press.operator:
        refusal = NotAllowed("Only the person who asked can decide on this card.", ask=[job.operator.user_id])
        return refused(conn, press.operator, job, refusal)
    # A crash or a lost answer between posting the card and recording where it is: the click knows.
    elsewhere = (job.channel_id, job.card_ts) != (press.channel_id, press.card_ts)
    if elsewhere and card_places.pressed(conn, job.id, press.channel_id, press.card_ts):
        if job.card_ts is None:
            replacing.finish(conn, job)
        job = jobs.get(conn, job.id)
    if job.state is JobState.PROPOSED and job.expires_at <= read_now(conn):
        expire(conn, job)
        job = jobs.get(conn, job.id)
    if job.state is JobState.PROPOSED:
        return job
    outbox.add(conn, job.id, Note.CARD)  # the clicked card is out of date: draw it again
    return refused(conn, press.operator, job, NoLongerPossible(_already(job)))


def _already(job: Job) -> str:
    if job.state is JobState.EXPIRED:
        return (
            "This card has expired: nothing was sent. “Ask again” on it opens the form with everything in it."
        )
    if job.state is JobState.CANCELLED:
        return "This card was cancelled: nothing was sent."
    if job.state is JobState.DENIED:
        return "This was denied by an approver: nothing was sent."
    if job.state in (JobState.AWAITING, JobState.SCHEDULED):
        return f"You have confirmed this already: it is job {job.short_id}, and it waits; see its card."
    return f"You have confirmed this already: it is job {job.short_id}, and it runs once."


def expire(conn: Connection, job: Job) -> None:
    """Put a card away whose time is over, on the record."""
    if jobs.expire(conn, job):
        audit.append(conn, Event.EXPIRED, job=job.uuid, cluster=job.cluster)
        outbox.add(conn, job.id, Note.CARD)
