"""Calling those who can approve: at once, again a few times, directly where they are not in the channel."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from sqlalchemy import Connection

from bot.service.gate import Gate, redraw
from bot.service.proposals import facts
from store import approvals, audit, outbox
from store.audit import Event
from store.clock import read_now, until
from store.database import Database
from store.model import Job, Operator
from store.outbox_model import Note

AT_ONCE = 100
MOST_TOLD = 10  # people told directly: a large group is mentioned, not written to

log = structlog.get_logger()


class Rosters(Protocol):
    """Knows who is where."""

    async def absent(self, asker: Operator, who: Sequence[str], channel: str) -> Sequence[str]:
        """Of these people and groups, the user ids that are not in the channel."""
        ...


class Summons:
    """Those of one workspace."""

    def __init__(self, db: Database, gate: Gate, rosters: Rosters) -> None:
        self._db = db
        self._gate = gate
        self._rosters = rosters

    async def call(self, job: Job) -> None:
        """Tell those who can approve a job."""
        who = self._gate.approvers(job.action_name, job.cluster, job.operator)
        first = job.reminders == 0
        absent = await self._rosters.absent(job.operator, who, job.channel_id) if first else ()
        told = [one for one in absent if one != job.operator.user_id][:MOST_TOLD]
        await self._db.write(self._call, job, who, told)

    def _call(self, conn: Connection, job: Job, who: Sequence[str], told: Sequence[str]) -> None:
        following = self._following(conn, job)
        if not approvals.reminded(conn, job, following):
            return
        detail = {"told": list(told), "reminder": job.reminders}
        audit.append(conn, Event.REMINDED, job=job.uuid, cluster=job.cluster, detail=detail)
        mentions = ",".join(who[:MOST_TOLD])
        following_s = int(following.timestamp()) if following else None
        outbox.add(conn, job.id, Note.AWAITED, who=mentions, reminder=job.reminders, following=following_s)
        for one in told:
            outbox.add(conn, job.id, Note.APPROVAL_DM, to=one)
        log.info("set_action.approval_asked", **facts(job), reminder=job.reminders, told=len(told))

    def _following(self, conn: Connection, job: Job) -> datetime | None:
        """When they are told next; None where no reminder is left, or it has expired by then."""
        after = self._gate.rules.remind_after_s
        if job.reminders >= len(after):
            return None
        # Counted from the first call, so that a bot that was down does not shift all of them.
        before = after[job.reminders - 1] if job.reminders else 0.0
        called = job.remind_at or read_now(conn)
        following = max(called + timedelta(seconds=after[job.reminders] - before), read_now(conn))
        return following if job.approve_by is None or following < job.approve_by else None


SummonsOf = Callable[[Operator], Awaitable[Summons | None]]


async def summon_due(db: Database, summons_of: SummonsOf) -> float | None:
    """Let what nobody approved expire, tell approvers; seconds until the next of either, or None."""
    due = await db.short.read(_next)
    if due is None or due > 0:
        return due
    await db.write(_lapse_all)
    for job in await db.read(approvals.to_remind, AT_ONCE):
        summons = await summons_of(job.operator)
        if summons:
            await summons.call(job)
        else:
            await db.write(_skip, job)
    return await db.short.read(_next)


def _skip(conn: Connection, job: Job) -> None:
    """Nobody can be told where the bot is not installed: nobody is, and it expires in its time."""
    approvals.reminded(conn, job, None)


def lapse(conn: Connection, job: Job) -> None:
    """Put a job away that nobody approved in time, on the record."""
    if approvals.lapse(conn, job):
        audit.append(conn, Event.EXPIRED, job=job.uuid, cluster=job.cluster)
        outbox.add(conn, job.id, Note.LAPSED)
        redraw(conn, job.id)


def _lapse_all(conn: Connection) -> None:
    for job in approvals.overdue(conn, AT_ONCE):
        lapse(conn, job)


def _next(conn: Connection) -> float | None:
    return until(conn, approvals.next_due(conn))
