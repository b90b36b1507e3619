"""Watching for arrivals: whether what the cluster accepted has come about, as its customers' state tells.

A loop of its own for each cluster beside the checker's: it changes nothing but accepted to arrived, and so
has no say in what is sent. One read an interval serves every job that waits.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy import Connection

from bot.cluster import State
from bot.errors import ClusterUnreadable
from bot.loops import Loop
from bot.runner.ending import conclude, log_done
from bot.runner.lane import BY_NAME, Lane
from bot.turns import Turns
from store import arrivals, audit, jobs, outbox
from store.audit import Event
from store.clock import read_now, until
from store.database import Database
from store.model import Job, JobState
from store.outbox_model import Note

MOVED = "{} is not configured under the address this was confirmed for, so nobody can be asked."
SWITCHED_OFF = "Watching {} was switched off in the configuration."

Later = Mapping[int, frozenset[int]]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a read showed; `error`: why it failed."""

    states: Mapping[str, State]
    error: str | None


@dataclass(frozen=True, slots=True)
class News:
    """What a read means for one job: who has arrived, and the states of those never seen before, by position.

    `ended`: why nobody can be asked any more.
    """

    arrived: list[int] = field(default_factory=list)
    first: dict[int, int] = field(default_factory=dict)
    ended: str | None = None


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
        due = await self._db.short.read(self._next_due)
        if due is None or due > 0:
            return due
        waiting = await self._db.write(arrivals.claim, self._lane.key, self._lane.every_s)
        clock = asyncio.get_running_loop().time
        began = clock()
        here = [job for job in waiting if self._over(job) is None]
        reading = await self._read(sum(job.to_arrive for job in here))
        for job, news in await self._db.read(self._compared, waiting, reading):
            done = await self._db.write(_record, self._lane, job, news, reading)
            if done:
                log_done(done)
        if any((job.watch_error is None) == (reading.error is not None) for job in here):
            await self._db.write(_tell_error, here, reading.error)
        if clock() - began >= self._lane.every_s:
            await self._db.write(arrivals.rest, self._lane.key, self._lane.every_s)
        return await self._db.short.read(self._next_due)

    async def _read(self, number: int) -> Reading:
        client = self._lane.client
        if client is None or not number:
            return Reading({}, None)
        try:
            names = await self._db.read(self._names) if number <= BY_NAME else None
            states = await client.read_states(names)
        except ClusterUnreadable as exc:
            log.warning("set_action.watch_failed", cluster=self._lane.key, count=number)
            return Reading({}, str(exc))
        log.info("set_action.watched", cluster=self._lane.key, count=number)
        return Reading(states, None)

    def _names(self, conn: Connection) -> list[str]:
        return list({cid: None for _, _, cid, _ in arrivals.everybody(conn, self._lane.key)})

    def _compared(self, conn: Connection, waiting: Sequence[Job], reading: Reading) -> list[tuple[Job, News]]:
        """Those jobs for which the read has any consequence."""
        at, found, here = read_now(conn), dict[int, News](), dict[int, Job]()
        for job in waiting:
            if ended := self._over(job):
                found[job.id] = News(ended=ended)
            else:
                here[job.id] = job
                if job.state is JobState.WATCHING and _late(job, at):
                    found[job.id] = News()
        rows = arrivals.everybody(conn, self._lane.key) if reading.states else ()
        for job_id, position, cid, seen in rows:
            state, known = reading.states.get(cid), here.get(job_id)
            if state is None or known is None:  # no customer of the cluster; a job that came meanwhile
                continue
            if has_arrived(state.code, seen, known.action_code, self._later):
                found.setdefault(job_id, News()).arrived.append(position)
            elif seen is None:
                found.setdefault(job_id, News()).first[position] = state.code
        return [(job, found[job.id]) for job in waiting if job.id in found]

    def _over(self, job: Job) -> str | None:
        """Why the cluster can tell nothing of this job any more."""
        # Another address may be another cluster: what it says proves nothing about this job.
        if job.base_url != self._lane.base_url:
            return MOVED.format(job.cluster)
        return None if self._lane.watch else SWITCHED_OFF.format(job.cluster)

    def _next_due(self, conn: Connection) -> float | None:
        return until(conn, arrivals.next_due(conn, self._lane.key))


def has_arrived(code: int, seen: int | None, wanted: int, later: Later) -> bool:
    """Whether a customer in state `code` has been where it was sent.

    A later state shows it only of whoever was not in one before (`seen`), and of whom that is known.
    """
    if code == wanted:
        return True
    beyond = later.get(wanted, ())
    return code in beyond and seen is not None and seen not in beyond


def _record(conn: Connection, lane: Lane, job: Job, news: News, reading: Reading) -> Job | None:
    """Write down what a read showed of a job, and what follows; the job if that ended it."""
    job = jobs.hold(conn, job.id)
    if job.watch_at is None:
        return None  # ended while the cluster was being asked
    turned = arrivals.arrive(conn, job.id, news.arrived)
    arrivals.first_seen(conn, job.id, news.first)
    job = jobs.get(conn, job.id)
    if turned:
        detail = {"customers": turned, "in_all": job.arrived, "accepted": job.accepted}
        audit.append(conn, Event.ARRIVED, job=job.uuid, cluster=job.cluster, detail=detail)
        outbox.add(conn, job.id, Note.CARD)
    if job.to_arrive and job.state is JobState.WATCHING and (news.ended or _late(job, read_now(conn))):
        job = _give_up(conn, job, news, reading)
    ended = conclude(conn, lane, job)
    return ended if ended.state is JobState.DONE else None


def _late(job: Job, at: datetime) -> bool:
    return job.watch_until is None or job.watch_until <= at


def _give_up(conn: Connection, job: Job, news: News, reading: Reading) -> Job:
    states = {} if news.ended else reading.states
    where = {at: states[cid].code for at, cid in arrivals.awaited(conn, job.id) if cid in states}
    arrivals.give_up(conn, job.id, where)
    why = news.ended or reading.error
    detail = {"arrived": job.arrived, "accepted": job.accepted, "error": why}
    audit.append(conn, Event.NOT_ARRIVED, job=job.uuid, cluster=job.cluster, detail=detail)
    outbox.add(conn, job.id, Note.NOT_ARRIVED, error=why, ended=int(news.ended is not None))
    outbox.add(conn, job.id, Note.STRAGGLERS_CSV)
    outbox.add(conn, job.id, Note.CARD)
    return jobs.get(conn, job.id)


def _tell_error(conn: Connection, here: Sequence[Job], error: str | None) -> None:
    """Have the cards say that the cluster cannot be read, or that it can be again."""
    for job_id in arrivals.tell_error(conn, [job.id for job in here], error):
        outbox.add(conn, job_id, Note.CARD)
