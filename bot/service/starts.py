"""Starting what waited: every right and approval is asked for again at that moment, and a freeze is kept.

It is the only way from waiting to `confirmed`, which is all the runner ever takes.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from bot.config import Schedule
from bot.errors import NoLongerPossible, NotAllowed, SetActionError
from bot.policy import Person, Right
from bot.service import again
from bot.service.gate import Gate, redraw
from bot.service.people import People
from bot.service.proposals import facts
from store import approvals, audit, jobs, outbox, schedules
from store.approval_model import Approval, Override
from store.audit import Event
from store.clock import read_now, until
from store.database import Database
from store.holds import Hold
from store.model import Job, JobState, Operator
from store.outbox_model import Note

AT_ONCE = 100
ASK_AGAIN_S = 30.0  # after Slack did not say who may do what

log = structlog.get_logger()

Bearer = tuple[Operator, Right]


@dataclass(frozen=True, slots=True)
class Held:
    """Why a job does not start, in words, and when that is tried again; None: when a person says so."""

    hold: Hold
    reason: str
    again_at: datetime | None


@dataclass(frozen=True, slots=True)
class Papers:
    """What people have given a job on its way."""

    approved: tuple[Approval, ...]
    overrides: Mapping[Hold, Override]

    def bearers(self, job: Job) -> tuple[Bearer, ...]:
        """Everybody whose right counts, with that right."""
        return (
            (job.operator, Right.REQUEST),
            *((one.operator, Right.APPROVE) for one in self.approved),
            *((one.operator, Right.ADMIN) for one in self.overrides.values()),
        )


class Starts:
    """Those of one workspace; each job is decided on in one transaction."""

    def __init__(self, db: Database, people: People, gate: Gate, schedule: Schedule) -> None:
        self._db = db
        self._people = people
        self._gate = gate
        self._schedule = schedule

    async def start(self, job: Job) -> None:
        """Start a job that is due, hold it or send it back."""
        known, unreadable = await self._known(job, await self._db.read(_papers, job))
        await self._db.write(self._start, job, known, unreadable)

    async def objection(self, job: Job) -> SetActionError | None:
        """Why no more of a job that was sent may be sent now: approvals that are gone, or a freeze.

        The right of who asks for it is not looked at here. Raises StoreError.
        """
        papers = await self._db.read(_papers, job)
        known, unreadable = await self._known(job, papers)
        if unreadable:
            return unreadable
        if self._lacks_approvals(job, papers, known):
            return NotAllowed(
                "The approvals of this job do not count any more, so nothing more of it is sent. Ask for "
                "these customers anew; somebody else must approve that."
            )
        now = await self._db.read(read_now)
        frozen = self._gate.frozen(job.cluster, now)
        if frozen is None or Hold.FREEZE in self._overridden(job, papers, known, now):
            return None
        return NoLongerPossible(
            f"{job.cluster} is frozen until {frozen.until:%Y-%m-%d %H:%M} UTC ({frozen.reason}). Nothing was "
            "sent; press this again when the freeze is over."
        )

    async def _known(self, job: Job, papers: Papers) -> tuple[Mapping[Bearer, Person], NotAllowed | None]:
        """Everybody whose right counts, as far as Slack tells; and why it does not tell of all."""
        known: dict[Bearer, Person] = {}
        unreadable: NotAllowed | None = None
        for operator, right in papers.bearers(job):
            try:
                known[operator, right] = await self._people.holding(
                    operator, job.action_name, job.cluster, right
                )
            except NotAllowed as refusal:
                unreadable = refusal
        return known, unreadable

    def _start(
        self,
        conn: Connection,
        listed: Job,
        known: Mapping[Bearer, Person],
        unreadable: NotAllowed | None,
    ) -> None:
        job, now = jobs.hold(conn, listed.id), read_now(conn)
        if job.state is not JobState.SCHEDULED or job.due_at is None or job.due_at > now:
            return
        papers = _papers(conn, job)
        if not self._gate.knows(job.cluster):
            self._give_up(conn, job, f"{job.cluster} is not configured here any more")
        elif unreadable:
            why = "Slack did not say who may do what, so nothing is started yet"
            hold(conn, job, Held(Hold.UNREADABLE, why, now + timedelta(seconds=ASK_AGAIN_S)))
        elif set(papers.bearers(job)) - known.keys():
            return  # somebody decided in between: looked at again at once, with their rights
        elif self._lacks_approvals(job, papers, known):
            self._send_back(conn, job, papers)
        elif held := self._held(job, papers, known, now):
            hold(conn, job, held)
        elif taken := again.not_to_be_sent(conn, job, self._gate.settle_s(job.cluster)):
            self._give_up(conn, job, str(taken))  # the job it comes from has gone on meanwhile
        else:
            self._release(conn, job, papers)

    def _permits(self, job: Job, bearer: Bearer, known: Mapping[Bearer, Person]) -> bool:
        return self._people.policy.permits(known[bearer], bearer[1], job.action_name, job.cluster)

    def _lacks_approvals(self, job: Job, papers: Papers, known: Mapping[Bearer, Person]) -> bool:
        good = {
            one.person
            for one in papers.approved
            if one.operator.user_id != job.operator.user_id
            and self._permits(job, (one.operator, Right.APPROVE), known)
        }
        return len(good) < max(job.approvals, self._gate.needed(job.action_name, job.cluster))

    def _held(self, job: Job, papers: Papers, known: Mapping[Bearer, Person], now: datetime) -> Held | None:
        good = self._overridden(job, papers, known, now)
        if Hold.RIGHTS not in good and not self._permits(job, (job.operator, Right.REQUEST), known):
            why = f"who asked may not run {job.action_name} on {job.cluster} any more"
            return Held(Hold.RIGHTS, why, None)
        frozen = self._gate.frozen(job.cluster, now)
        if frozen and Hold.FREEZE not in good:
            return Held(Hold.FREEZE, frozen.reason, frozen.until)
        if job.due_at and (now - job.due_at).total_seconds() > self._schedule.late_s:
            return Held(Hold.LATE, "nothing could start it at its time, and that is long over", None)
        return None

    def _overridden(
        self, job: Job, papers: Papers, known: Mapping[Bearer, Person], now: datetime
    ) -> frozenset[Hold]:
        """What need not hold it, by the word of somebody who is an administrator still."""
        return frozenset(
            hold
            for hold, one in papers.overrides.items()
            if (one.until is None or one.until > now)
            and self._permits(job, (one.operator, Right.ADMIN), known)
        )

    def _send_back(self, conn: Connection, job: Job, papers: Papers) -> None:
        needed = max(job.approvals, self._gate.needed(job.action_name, job.cluster))
        approvals.ask(conn, job, needed, self._gate.rules.expire_after_s)
        detail = {"needed": needed, "given": [str(one.operator) for one in papers.approved]}
        audit.append(conn, Event.APPROVALS_LOST, job=job.uuid, cluster=job.cluster, detail=detail)
        outbox.add(conn, job.id, Note.LOST)
        redraw(conn, job.id)

    def _give_up(self, conn: Connection, job: Job, why: str) -> None:
        schedules.withdraw(conn, job, None)
        audit.append(conn, Event.WITHDRAWN, job=job.uuid, cluster=job.cluster, detail={"why": why})
        outbox.add(conn, job.id, Note.WITHDRAWN, why=why)
        redraw(conn, job.id)

    def _release(self, conn: Connection, job: Job, papers: Papers) -> None:
        if not schedules.ready(conn, job):
            return
        detail = {
            "digest": job.digest,
            "approved": [str(one.operator) for one in papers.approved],
            "overridden": {hold.value: str(one.operator) for hold, one in papers.overrides.items()},
        }
        audit.append(conn, Event.READY, job=job.uuid, cluster=job.cluster, detail=detail)
        outbox.add(conn, job.id, Note.BEGUN)
        redraw(conn, job.id)
        log.info("set_action.begun", **facts(job))


StartsOf = Callable[[Operator], Awaitable[Starts | None]]


async def start_due(db: Database, starts_of: StartsOf) -> float | None:
    """Start what is due, by the rights in its own workspace; seconds until the next is, or None.

    What has no workspace any more, since the bot was removed from it, waits for a person there to say so.
    """
    due = await db.short.read(_next)
    if due is None or due > 0:
        return due
    for job in await db.read(schedules.due, AT_ONCE):
        starts = await starts_of(job.operator)
        if starts:
            await starts.start(job)
        else:
            await db.write(_strand, job)
    return await db.short.read(_next)


def hold(conn: Connection, job: Job, held: Held) -> None:
    """Keep a due job back, and say why."""
    if schedules.hold(conn, job, held.hold, held.reason, held.again_at):
        detail = {"hold": held.hold.value, "why": held.reason}
        audit.append(conn, Event.HELD, job=job.uuid, cluster=job.cluster, detail=detail)
        outbox.add(conn, job.id, Note.HELD)
        log.info("set_action.held", **facts(job), hold=held.hold.value)
    redraw(conn, job.id)


def _strand(conn: Connection, listed: Job) -> None:
    job = jobs.hold(conn, listed.id)
    if job.state is JobState.SCHEDULED and job.due_at and job.due_at <= read_now(conn):
        why = "the bot was not installed in its workspace when its time came, so nobody's rights were known"
        hold(conn, job, Held(Hold.RIGHTS, why, None))


def _papers(conn: Connection, job: Job) -> Papers:
    standing = tuple(one for one in approvals.of_job(conn, job.id) if one.stands(job))
    return Papers(standing, {one.hold: one for one in schedules.overrides_of(conn, job.id)})


def _next(conn: Connection) -> float | None:
    return until(conn, schedules.next_due(conn))
