"""Jobs that wait: cancel one, give it another time, or let it start in spite of what holds it."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from bot.errors import InvalidRequest, NoLongerPossible, NotAllowed, SetActionError
from bot.parsing import LONGEST_REASON, clean_reason
from bot.policy import EVERYTHING, Right
from bot.service.clicks import clicked, or_raise, refused
from bot.service.gate import Gate, held_by, redraw
from bot.service.people import People
from bot.service.waits import Waits
from store import approvals, audit, jobs, outbox, schedules
from store.audit import Event
from store.clock import read_now
from store.database import Database
from store.holds import Hold
from store.model import Job, JobState, Operator
from store.outbox_model import Note

Change = Callable[[Connection, Job], SetActionError | None]
GONE = "This job is not known here any more. Nothing was changed."


class Timing:
    """Everything people can do about a job between its confirmation and its start."""

    def __init__(self, db: Database, people: People, gate: Gate, waits: Waits) -> None:
        self._db = db
        self._people = people
        self._gate = gate
        self._waits = waits

    async def withdraw(self, operator: Operator, card: UUID) -> Job:
        """Cancel it: for who asked, approvers and administrators. Raises NotAllowed, NoLongerPossible."""
        allowed = await self._asked_about(operator, card, self._people.may_end)

        def change(conn: Connection, job: Job) -> SetActionError | None:
            if job.operator != operator and isinstance(allowed, NotAllowed):
                return allowed
            if job.operator != operator and not allowed:
                return NotAllowed(
                    "Only who asked, approvers and administrators can cancel this.",
                    ask=self._people.who_may_end(job),
                )
            schedules.withdraw(conn, job, operator.user_id)
            _record(conn, Event.WITHDRAWN, job, operator, {"state": job.state.value})
            outbox.add(conn, job.id, Note.WITHDRAWN, by=operator.user_id)
            return None

        return await self._change("set_action.withdrawn", operator, card, change)

    async def to_retime(self, operator: Operator, card: UUID) -> Job:
        """The job, for who asked for it. Raises NotAllowed, NoLongerPossible, StoreError."""
        return await self._change("set_action.retiming", operator, card, _only_asker(operator))

    async def retime(self, operator: Operator, card: UUID, wanted: datetime | None) -> Job:
        """Start it at another time, or as soon as it may (None).

        Approvals stand unless it is earlier than what was approved. Raises InvalidRequest, NotAllowed,
        NoLongerPossible, StoreError.
        """
        start_at, zone = await self._waits.when(operator, wanted)

        def change(conn: Connection, job: Job) -> SetActionError | None:
            if refusal := _only_asker(operator)(conn, job):
                return refusal
            now = read_now(conn)
            frozen = self._gate.frozen(job.cluster, max(start_at or now, now))
            schedules.retime(conn, job, start_at, zone, **held_by(frozen))
            told = {"start_at": start_at.isoformat() if start_at else None, "zone": zone}
            _record(conn, Event.RESCHEDULED, job, operator, told)
            job = jobs.get(conn, job.id)
            outbox.add(conn, job.id, Note.HELD if job.hold else Note.SCHEDULED)
            self._ask_again(conn, job)
            return None

        return await self._change("set_action.rescheduled", operator, card, change)

    async def to_override(self, operator: Operator, card: UUID) -> Job:
        """The job, for an administrator. Raises NotAllowed, NoLongerPossible, StoreError."""
        allowed = await self._asked_about(operator, card, self._administers)

        def change(conn: Connection, job: Job) -> SetActionError | None:
            return self._may_override(job, allowed)

        return await self._change("set_action.overriding", operator, card, change)

    async def override(self, operator: Operator, card: UUID, reason: str) -> Job:
        """Let a held job start. Raises InvalidRequest, NotAllowed, NoLongerPossible, StoreError."""
        said = clean_reason(reason)
        if not said or len(said) > LONGEST_REASON:
            raise InvalidRequest([f"Say in up to {LONGEST_REASON} characters why it must not wait."])
        allowed = await self._asked_about(operator, card, self._administers)

        def change(conn: Connection, job: Job) -> SetActionError | None:
            if refusal := self._may_override(job, allowed):
                return refusal
            now = read_now(conn)
            frozen = self._gate.frozen(job.cluster, max(job.start_at or now, now))
            until = frozen.until if frozen and job.hold is Hold.FREEZE else None
            _record(conn, Event.OVERRIDDEN, job, operator, {"hold": str(job.hold), "reason": said})
            outbox.add(
                conn, job.id, Note.OVERRIDDEN, by=operator.user_id, hold=str(job.hold), why=job.hold_reason
            )
            schedules.override(conn, job, operator, said, until)
            return None

        return await self._change("set_action.overridden", operator, card, change)

    def _may_override(self, job: Job, allowed: bool | NotAllowed) -> SetActionError | None:
        if isinstance(allowed, NotAllowed):
            return allowed
        if not allowed:
            who = self._people.policy.who_may(Right.ADMIN, job.action_name, job.cluster)
            ask = [one for one in who if one != EVERYTHING]
            return NotAllowed("Only an administrator can let this start all the same.", ask=ask[:5])
        if job.state is not JobState.SCHEDULED or job.hold in (None, Hold.UNREADABLE):
            return NoLongerPossible("Nothing holds this job back that could be lifted; see its card.")
        return None

    def _ask_again(self, conn: Connection, job: Job) -> None:
        """Where it is to start earlier than was approved, it needs its approvals again."""
        if job.state is not JobState.SCHEDULED or not job.approvals:
            return
        given = sum(one.stands(job) for one in approvals.of_job(conn, job.id))
        if given < job.approvals:
            approvals.ask(conn, job, job.approvals, self._gate.rules.expire_after_s)
            outbox.add(conn, job.id, Note.LOST)

    async def _administers(self, operator: Operator, job: Job) -> bool:
        person = await self._people.holding(operator, job.action_name, job.cluster, Right.ADMIN)
        return self._people.policy.permits(person, Right.ADMIN, job.action_name, job.cluster)

    async def _asked_about(
        self, operator: Operator, card: UUID, may: Callable[[Operator, Job], Awaitable[bool]]
    ) -> bool | NotAllowed:
        """What `may` says of this person and the job; or why it is not known."""
        job = await self._db.read(jobs.find, card)
        try:
            return job is not None and await may(operator, job)
        except NotAllowed as unknown:
            return unknown

    async def _change(self, event: str, operator: Operator, card: UUID, change: Change) -> Job:
        def work(conn: Connection) -> Job | SetActionError:
            job = clicked(conn, operator, card, GONE)
            if isinstance(job, SetActionError):
                return job
            refusal = change(conn, job) if job.state in schedules.WAITING else _moved_on(job)
            redraw(conn, job.id)
            return refused(conn, operator, job, refusal) if refusal else jobs.get(conn, job.id)

        return or_raise(event, await self._db.write(work))


def _only_asker(operator: Operator) -> Change:
    def check(_conn: Connection, job: Job) -> SetActionError | None:
        if job.operator == operator:
            return None
        return NotAllowed("Only the person who asked can change its time.", ask=[job.operator.user_id])

    return check


def _moved_on(job: Job) -> NoLongerPossible:
    if job.state in (JobState.CANCELLED, JobState.DENIED, JobState.EXPIRED):
        return NoLongerPossible("This job has ended before it started: nothing was sent.")
    if job.state is JobState.PROPOSED:
        return NoLongerPossible("This card is not confirmed yet; use its own buttons.")
    return NoLongerPossible(f"Job {job.short_id} has started already; its thread tells how it goes.")


def _record(
    conn: Connection, event: Event, job: Job, operator: Operator, detail: Mapping[str, object]
) -> None:
    audit.append(conn, event, actor=operator, job=job.uuid, cluster=job.cluster, detail=detail)
