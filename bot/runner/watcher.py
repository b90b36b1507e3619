"""Watching for arrivals: whether what the cluster accepted has come about, as its customers' state tells.

A loop of its own for each cluster beside the checker's: it changes nothing but accepted to arrived, and so
has no say in what is sent. One read an interval serves every job that waits.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog
from sqlalchemy import Connection

from bot.cluster import ClusterClient, State
from bot.errors import ClusterUnreadable
from bot.loops import Loop
from bot.runner.ending import conclude, log_done
from bot.runner.lane import BY_NAME, Lane
from bot.turns import Turns
from store import arrivals, audit, jobs, outbox
from store.audit import Event
from store.clock import read_now
from store.database import Database
from store.model import Job, JobState
from store.outbox_model import Note

MOVED = "{} is not configured under the address this was confirmed for, so nobody can be asked."
SWITCHED_OFF = "Watching {} was switched off in the configuration."

Later = Mapping[int, frozenset[int]]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a read showed of one job, by position: who has arrived, where the others are.

    `first`: the states of those who were never seen before. `error`: why nothing could be read; `ended`: why
    nothing ever will be.
    """

    arrived: Sequence[int] = ()
    elsewhere: Mapping[int, int] = field(default_factory=dict)
    first: Mapping[int, int] = field(default_factory=dict)
    error: str | None = None
    ended: str | None = None

    @property
    def is_news(self) -> bool:
        """Whether it changes anything before it is given up."""
        return bool(self.arrived or self.first or self.ended)


class Watcher:
    """Serves one cluster. `later`: the states further on the usual path, by state (action codes)."""

    def __init__(self, db: Database, turns: Turns, lane: Lane, later: Later) -> None:
        self._db = db
        self._lane = lane
        self._later = later
        self._loop = Loop(turns, arrivals.topic(lane.key), self._watch)

    async def run(self) -> None:
        """Serve until `stop`. A read cut off is simply done again later."""
        await self._loop.run()

    def stop(self) -> None:
        """Begin no further read."""
        self._loop.stop()

    async def _watch(self) -> float | None:
        due = await self._db.read(self._next_due)
        if due is None or due > 0:
            return due
        waiting = await self._db.write(arrivals.claim, self._lane.key, self._lane.every_s)
        clock = asyncio.get_running_loop().time
        began = clock()
        here = [job for job in waiting if self._over(job) is None]
        states, error = await self._read([job for job in here if job.to_arrive])
        for job, reading in await self._db.read(self._compared, waiting, states, error):
            done = await self._db.write(_record, self._lane, job, reading)
            if done:
                log_done(done)
        if any((job.watch_error is None) == (error is not None) for job in here):
            await self._db.write(_tell_error, here, error)
        if clock() - began >= self._lane.every_s:
            await self._db.write(arrivals.rest, self._lane.key, self._lane.every_s)
        return await self._db.read(self._next_due)

    async def _read(self, waiting: Sequence[Job]) -> tuple[Mapping[str, State], str | None]:
        client, number = self._lane.client, sum(job.to_arrive for job in waiting)
        if client is None or not number:
            return {}, None
        try:
            states = await self._states(client, waiting, number)
        except ClusterUnreadable as exc:
            log.warning("set_action.watch_failed", cluster=self._lane.key, count=number)
            return {}, str(exc)
        log.info("set_action.watched", cluster=self._lane.key, jobs=len(waiting), count=number)
        return states, None

    async def _states(
        self, client: ClusterClient, waiting: Sequence[Job], number: int
    ) -> Mapping[str, State]:
        if number > BY_NAME:
            return await client.read_states(None)
        cids = await self._db.read(_names, waiting)
        return await client.read_states(list(dict.fromkeys(cids)))

    def _compared(
        self, conn: Connection, waiting: Sequence[Job], states: Mapping[str, State], error: str | None
    ) -> list[tuple[Job, Reading]]:
        """Those jobs for which the read has any consequence."""
        at, found = read_now(conn), []
        for job in waiting:
            reading = self._reading(conn, job, states, error)
            late = job.watch_until is None or job.watch_until <= at
            if reading.is_news or (late and job.state is JobState.WATCHING):
                found.append((job, reading))
        return found

    def _reading(self, conn: Connection, job: Job, states: Mapping[str, State], error: str | None) -> Reading:
        if ended := self._over(job):
            return Reading(ended=ended)
        if error or not job.to_arrive:
            return Reading(error=error)
        later = self._later.get(job.action_code, frozenset())
        arrived, elsewhere, first = [], {}, {}
        for one in arrivals.awaited(conn, job.id):
            state = states.get(one.cid)
            if state is None:
                continue
            if has_arrived(state.code, one.seen, job.action_code, later):
                arrived.append(one.position)
                continue
            elsewhere[one.position] = state.code
            if one.seen is None:
                first[one.position] = state.code
        return Reading(arrived, elsewhere, first)

    def _over(self, job: Job) -> str | None:
        """Why the cluster can tell nothing of this job any more."""
        # Another address may be another cluster: what it says proves nothing about this job.
        if job.base_url != self._lane.base_url:
            return MOVED.format(job.cluster)
        return None if self._lane.watch else SWITCHED_OFF.format(job.cluster)

    def _next_due(self, conn: Connection) -> float | None:
        due = arrivals.next_due(conn, self._lane.key)
        return (due - read_now(conn)).total_seconds() if due else None


def has_arrived(code: int, seen: int | None, wanted: int, later: frozenset[int]) -> bool:
    """Whether a customer in state `code` has been where it was sent.

    A later state shows it only of whoever was not in one before (`seen`), and of whom that is known.
    """
    return code == wanted or (code in later and seen is not None and seen not in later)


def _names(conn: Connection, waiting: Sequence[Job]) -> list[str]:
    return [one.cid for job in waiting for one in arrivals.awaited(conn, job.id)]


def _record(conn: Connection, lane: Lane, job: Job, reading: Reading) -> Job | None:
    """Write down what a read showed of a job, and what follows; the job if that ended it."""
    job = jobs.hold(conn, job.id)
    if job.watch_at is None:
        return None  # ended while the cluster was being asked
    turned = arrivals.arrive(conn, job.id, reading.arrived)
    arrivals.first_seen(conn, job.id, reading.first)
    job = jobs.get(conn, job.id)
    if turned:
        detail = {"customers": turned, "in_all": job.arrived, "accepted": job.accepted}
        audit.append(conn, Event.ARRIVED, job=job.uuid, cluster=job.cluster, detail=detail)
        outbox.add(conn, job.id, Note.CARD)
    if job.to_arrive and job.state is JobState.WATCHING and (reading.ended or _late(conn, job)):
        job = _give_up(conn, job, reading)
    ended = conclude(conn, job)
    return ended if ended.state is JobState.DONE else None


def _late(conn: Connection, job: Job) -> bool:
    return job.watch_until is None or job.watch_until <= read_now(conn)


def _give_up(conn: Connection, job: Job, reading: Reading) -> Job:
    arrivals.give_up(conn, job.id, reading.elsewhere)
    why = reading.ended or reading.error
    detail = {"arrived": job.arrived, "accepted": job.accepted, "error": why}
    audit.append(conn, Event.NOT_ARRIVED, job=job.uuid, cluster=job.cluster, detail=detail)
    outbox.add(conn, job.id, Note.NOT_ARRIVED, error=why, ended=int(reading.ended is not None))
    outbox.add(conn, job.id, Note.STRAGGLERS_CSV)
    outbox.add(conn, job.id, Note.CARD)
    return jobs.get(conn, job.id)


def _tell_error(conn: Connection, here: Sequence[Job], error: str | None) -> None:
    """Have the cards say that the cluster cannot be read, or that it can be again."""
    for job_id in arrivals.tell_error(conn, [job.id for job in here], error):
        outbox.add(conn, job_id, Note.CARD)
