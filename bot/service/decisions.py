"""Deciding: confirm or cancel a card, and let it expire. Rights are checked at the moment of the click."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Connection

from bot.errors import NoLongerPossible, NotAllowed, SetActionError
from bot.policy import Person, Right
from bot.service.clicks import or_raise, refused
from bot.service.people import People
from store import audit, jobs, outbox
from store.audit import Event
from store.clock import read_now
from store.database import Database
from store.model import Job, JobState, Note, Operator

UNKNOWN_CARD = "This card is not known here any more. Nothing was sent; ask again with /set-action."
AT_ONCE = 500  # cards expired in one transaction


class Decisions:
    """One decision a card, whoever clicks, however often."""

    def __init__(self, db: Database, people: People, clusters: Collection[str]) -> None:
        self._db = db
        self._people = people
        self._clusters = clusters

    async def confirm(self, operator: Operator, card: UUID, *, channel_id: str, card_ts: str) -> Job:
        """Make the card a job, durably. Raises NotAllowed, NoLongerPossible, StoreError."""
        person: Person | NotAllowed = Person(operator.user_id)
        if job := await self._db.read(jobs.find, card):
            try:
                person = await self._people.requester(operator, job.action_name, job.cluster)
            except NotAllowed as refusal:
                person = refusal  # to be put on the record, and only if it is this person's card
        decided = await self._db.write(self._confirm, operator, person, card, channel_id, card_ts)
        return or_raise("set_action.confirmed", decided)

    async def cancel(self, operator: Operator, card: UUID, *, channel_id: str, card_ts: str) -> Job:
        """Put the card away; nothing is sent. Raises NotAllowed, NoLongerPossible, StoreError."""
        decided = await self._db.write(self._cancel, operator, card, channel_id, card_ts)
        return or_raise("set_action.cancelled", decided)

    async def expire_due(self) -> float | None:
        """Expire the cards whose time is over; in how many seconds the next one expires, or None."""
        return await self._db.write(_expire_due)

    def _confirm(
        self,
        conn: Connection,
        operator: Operator,
        person: Person | NotAllowed,
        card: UUID,
        channel_id: str,
        card_ts: str,
    ) -> Job | SetActionError:
        job = _open_card(conn, operator, card, channel_id, card_ts)
        if isinstance(job, SetActionError):
            return job
        if job.cluster not in self._clusters:
            gone = NoLongerPossible(f"{job.cluster} is not configured here any more. Nothing was sent.")
            return refused(conn, operator, job, gone)
        if isinstance(person, NotAllowed):
            return refused(conn, operator, job, person)
        if not self._people.policy.permits(person, Right.REQUEST, job.action_name, job.cluster):
            words = f"No rule lets you run {job.action_name} on {job.cluster} any more. Nothing was sent."
            refusal = self._people.refusal(words, job.action_name, job.cluster)
            return refused(conn, operator, job, refusal)
        jobs.confirm(conn, job, operator.user_id)
        audit.append(conn, Event.CONFIRMED, actor=operator, job=job.uuid, cluster=job.cluster)
        outbox.add(conn, job.id, Note.STARTED)
        outbox.add(conn, job.id, Note.CARD)
        return jobs.get(conn, job.id)

    def _cancel(
        self, conn: Connection, operator: Operator, card: UUID, channel_id: str, card_ts: str
    ) -> Job | SetActionError:
        job = _open_card(conn, operator, card, channel_id, card_ts)
        if isinstance(job, SetActionError):
            return job
        jobs.cancel(conn, job, operator.user_id)
        audit.append(conn, Event.CANCELLED, actor=operator, job=job.uuid, cluster=job.cluster)
        outbox.add(conn, job.id, Note.CARD)
        return jobs.get(conn, job.id)


def _open_card(
    conn: Connection, operator: Operator, card: UUID, channel_id: str, card_ts: str
) -> Job | SetActionError:
    """The proposal behind a click, if it is this person's and still open. Refusals are recorded."""
    job = jobs.find(conn, card)
    if job is None:
        audit.append(conn, Event.REFUSED_CLICK, actor=operator, job=card, detail={"why": UNKNOWN_CARD})
        return NoLongerPossible(UNKNOWN_CARD)
    if job.operator != operator:
        refusal = NotAllowed("Only the person who asked can decide on this card.", ask=[job.operator.user_id])
        return refused(conn, operator, job, refusal)
    # A crash or a lost answer between posting the card and recording where it is: the click knows.
    jobs.card_pressed(conn, job.id, channel_id, card_ts)
    # That has locked the row: of two clicks at once, on two replicas perhaps, the later sees the other.
    job = jobs.get(conn, job.id)
    if job.state is JobState.PROPOSED and job.expires_at <= read_now(conn):
        _expire(conn, job)
        job = jobs.get(conn, job.id)
    if job.state is JobState.PROPOSED:
        return job
    outbox.add(conn, job.id, Note.CARD)  # the clicked card is out of date: draw it again
    return refused(conn, operator, job, NoLongerPossible(_already(job)))


def _already(job: Job) -> str:
    if job.state is JobState.EXPIRED:
        return "This card has expired: nothing was sent. Ask again with /set-action."
    if job.state is JobState.CANCELLED:
        return "This card was cancelled: nothing was sent."
    return f"You have confirmed this already: it is job {job.short_id}, and it runs once."


def _expire(conn: Connection, job: Job) -> None:
    if jobs.expire(conn, job):
        audit.append(conn, Event.EXPIRED, job=job.uuid, cluster=job.cluster)
        outbox.add(conn, job.id, Note.CARD)


def _expire_due(conn: Connection) -> float | None:
    for job in jobs.expired(conn, AT_ONCE):
        _expire(conn, job)
    following = jobs.next_expiry(conn)
    return (following - read_now(conn)).total_seconds() if following else None
