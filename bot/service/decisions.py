"""Deciding: confirm or cancel a card, and let it expire. Rights are checked at the moment of the click."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Connection

from bot.config import Cluster
from bot.errors import NoLongerPossible, NotAllowed, SetActionError
from bot.policy import Person, Right
from bot.service import again
from bot.service.administrators import Administrators
from bot.service.cards import Press, expire, open_card
from bot.service.clicks import or_raise, refused
from bot.service.gate import Gate, too_late
from bot.service.people import People
from store import audit, batches, floods, jobs, outbox
from store.audit import Event
from store.batch_model import Batch
from store.clock import read_now, until
from store.database import Database
from store.model import Job
from store.outbox_model import Note

AT_ONCE = 500  # cards expired in one transaction


class Decisions:
    """One decision a card, whoever clicks, however often."""

    def __init__(self, db: Database, people: People, clusters: Mapping[str, Cluster], gate: Gate) -> None:
        self._gate = gate
        self._db = db
        self._people = people
        self._clusters = clusters
        self._administrators = Administrators(db, people, clusters)

    async def confirm(self, press: Press) -> Job:
        """Make the card a job, durably, if it is still what was shown; the card as it was.

        Raises NotAllowed, NoLongerPossible, StoreError.
        """
        person: Person | NotAllowed
        try:
            person = await self._person(press)
        except NotAllowed as refusal:
            person = refusal  # to be put on the record, and only if it is this person's card
        return or_raise("set_action.confirmed", await self._db.short.write(self._confirm, press, person))

    async def cancel(self, press: Press) -> Job:
        """Put the card away, as it was; nothing is sent. Raises NotAllowed, NoLongerPossible, StoreError."""
        return or_raise("set_action.cancelled", await self._db.short.write(_cancel, press))

    async def _person(self, press: Press) -> Person:
        """Who pressed, as far as it matters for this card. Raises NotAllowed when Slack does not say."""
        if not self._people.policy.names_groups:
            return await self._people.person(press.operator)
        job, batch = await self._db.short.read(_about, press.card)
        if job is None:
            return Person(press.operator.user_id)
        if batch and batch.assigned_to != press.operator.user_id:
            return await self._people.person(press.operator)  # an administrator, perhaps by a group
        return await self._people.requester(press.operator, job.action_name, job.cluster)

    def _confirm(self, conn: Connection, press: Press, person: Person | NotAllowed) -> Job | SetActionError:
        job, operator = open_card(conn, press), press.operator
        if isinstance(job, SetActionError):
            return job
        if job.cluster not in self._clusters:
            gone = NoLongerPossible(f"{job.cluster} is not configured here any more. Nothing was sent.")
            return refused(conn, operator, job, gone)
        if isinstance(person, NotAllowed):
            return refused(conn, operator, job, person)
        batch = batches.of_job(conn, job.id)
        if batch and (no_runner := self._administrators.not_a_runner(person, batch)):
            return refused(conn, operator, job, no_runner)
        if not self._people.policy.permits(person, Right.REQUEST, job.action_name, job.cluster):
            words = f"No rule lets you run {job.action_name} on {job.cluster} any more. Nothing was sent."
            refusal = self._people.refusal(words, job.action_name, job.cluster, person)
            return refused(conn, operator, job, refusal)
        if changed := _not_as_shown(job, press):
            outbox.add(conn, job.id, Note.CARD)
            return refused(conn, operator, job, changed)
        if late := too_late(job, read_now(conn)):
            return refused(conn, operator, job, late)
        if taken := again.not_to_be_sent(conn, job, self._clusters[job.cluster].settle_s):
            return refused(conn, operator, job, taken)
        detail = {"customers": job.to_send, "left_out": job.total - job.to_send, "digest": job.digest}
        audit.append(conn, Event.CONFIRMED, actor=operator, job=job.uuid, cluster=job.cluster, detail=detail)
        self._gate.enter(conn, job, operator)
        again.continued(conn, job)
        outbox.add(conn, job.id, Note.CARD)
        return job


def _about(conn: Connection, card: UUID) -> tuple[Job | None, Batch | None]:
    job = jobs.find(conn, card)
    return job, batches.of_job(conn, job.id) if job else None


def _not_as_shown(job: Job, press: Press) -> NoLongerPossible | None:
    if job.replaced_by:
        return NoLongerPossible(
            "You have changed this card: a new one takes its place in a moment. Nothing was sent."
        )
    if job.digest is None:
        return NoLongerPossible(
            "The customers' state is being read just now. The card will show it in a moment; decide then. "
            "Nothing was sent."
        )
    if job.digest != press.digest:
        return NoLongerPossible(
            "This card has changed since you looked at it. Nothing was sent. Read it again, and press once "
            "more if it is right."
        )
    return None if job.to_send else NoLongerPossible("There is nothing to send, so nothing was sent.")


def _cancel(conn: Connection, press: Press) -> Job | SetActionError:
    job = open_card(conn, press)
    if isinstance(job, SetActionError):
        return job
    jobs.cancel(conn, job, press.operator.user_id)
    audit.append(conn, Event.CANCELLED, actor=press.operator, job=job.uuid, cluster=job.cluster)
    outbox.add(conn, job.id, Note.CARD)
    return job


async def expire_due(db: Database, lasts_s: float) -> float:
    """Expire the cards whose time is over; in how many seconds to look again.

    Nobody rings for a new card: none that is made from now on expires before `lasts_s`. Nor for refusals that
    begin to be counted: how many they were is on the record a minute after that, or at the next sweep.
    """
    due = await db.short.read(_next_due)
    if due is not None and due <= 0:
        await db.write(_expire_due)
        due = await db.short.read(_next_due)
    return lasts_s if due is None else min(due, lasts_s)


def _expire_due(conn: Connection) -> None:
    floods.tell_due(conn)
    for job in jobs.expired(conn, AT_ONCE):
        expire(conn, job)


def _next_due(conn: Connection) -> float | None:
    return until(conn, jobs.next_expiry(conn), floods.next_due(conn))
