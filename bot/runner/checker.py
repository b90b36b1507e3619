"""Reading back: what became of customers whose outcome is unknown, as the cluster itself tells it.

A loop of its own for each cluster, so that a slow read never holds up sending.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy import Connection

from bot.cluster import ClusterClient, State
from bot.errors import ClusterUnreadable
from bot.loops import Loop
from bot.runner.ending import conclude, log_done
from bot.runner.lane import BY_NAME, Lane
from bot.turns import Turns
from store import audit, checks, customers, handover, jobs, outbox
from store.audit import Event
from store.clock import read_now, until
from store.database import Database
from store.model import Job, JobState
from store.outbox_model import Note

LONGEST_S = 600.0  # between two reads of the same job
AUTO_ATTEMPTS = 5  # of one chunk; if none of so many had an answer, a person is to look
MOVED = "{} is not configured under the address this was confirmed for, so nobody can be asked."

log = structlog.get_logger()


class Checker:
    """Serves one cluster: one read answers every job whose time has come."""

    def __init__(self, db: Database, turns: Turns, lane: Lane) -> None:
        self._db = db
        self._lane = lane
        self._loop = Loop(turns, checks.topic(lane.key), self._check)

    async def run(self) -> None:
        """Serve until `stop`. A read cut off is simply done again later."""
        await self._loop.run()

    def stop(self) -> None:
        """Begin no further read."""
        self._loop.stop()

    async def _check(self) -> float | None:
        due = await self._db.short.read(self._next_due)
        if due is None or due > 0:
            return due
        began, waiting = await self._db.read(self._waiting)
        here = [cid for job, cids in waiting if self._is_here(job) for cid in cids]
        client = self._lane.client
        states, error = await self._read(client, here) if client and here else ({}, None)
        shown = Reading(states, error, None if error else began)
        for job, cids in waiting:
            reading = shown if self._is_here(job) else Reading({}, MOVED.format(job.cluster), None)
            done = await self._db.write(_record, self._lane, job, cids, reading)
            if done:
                log_done(done)
        return await self._db.short.read(self._next_due)

    async def _read(
        self, client: ClusterClient, cids: Sequence[str]
    ) -> tuple[Mapping[str, State], str | None]:
        try:
            states = await client.read_states(cids if len(cids) <= BY_NAME else None)
        except ClusterUnreadable as exc:
            log.warning("set_action.check_failed", cluster=self._lane.key, count=len(cids))
            return {}, str(exc)
        log.info("set_action.checked", cluster=self._lane.key, count=len(cids))
        return states, None

    def _is_here(self, job: Job) -> bool:
        # Another address may be another cluster: what it says proves nothing about this job.
        return job.base_url == self._lane.base_url

    def _waiting(self, conn: Connection) -> tuple[datetime, list[tuple[Job, list[str]]]]:
        due = checks.due(conn, self._lane.key)
        return read_now(conn), [(job, customers.unknown(conn, job.id)) for job in due]

    def _next_due(self, conn: Connection) -> float | None:
        return until(conn, checks.next_due(conn, self._lane.key))


@dataclass(frozen=True, slots=True)
class Reading:
    """What a read showed, and of when; or why it failed."""

    states: Mapping[str, State]
    error: str | None
    at: datetime | None


def _record(conn: Connection, lane: Lane, job: Job, cids: Sequence[str], reading: Reading) -> Job | None:
    """Write down what a read showed, and what follows; the job if that ended it.

    Customers in the action's state were accepted; of the others nothing is proven, they stay unknown.
    """
    job = jobs.hold(conn, job.id)  # a chunk that becomes unknown meanwhile must not lose its own check
    if job.state not in checks.LIVE or not job.unknown:
        return None  # ended, or sent again while the cluster was being asked: there is nothing to tell of it
    there = [cid for cid in cids if (seen := reading.states.get(cid)) and seen.code == job.action_code]
    turned = customers.found_accepted(conn, job.id, there, arrived=lane.watch) if there else 0
    first = job.checks == 0
    again_s = _again(conn, lane, job) if job.unknown > turned else None
    # What became unknown while the cluster was being asked was not asked about.
    covered = set(customers.unknown(conn, job.id)).issubset(cids)
    settled = covered and checks.settled(conn, replace(job, checked_at=reading.at), lane.settle_s)
    checks.checked(conn, job, reading.at if settled else None, again_s)
    job = jobs.get(conn, job.id)
    detail = {"found_accepted": turned, "still_unknown": job.unknown, "error": reading.error}
    audit.append(conn, Event.CHECKED, job=job.uuid, cluster=job.cluster, detail=detail)
    resent = _resend(conn, lane, job) if again_s is not None and not reading.error else 0
    over = again_s is None and job.state is JobState.WATCHING
    if first or turned or over or resent:
        told = {"turned": turned, "error": reading.error, "resent": resent}
        outbox.add(conn, job.id, Note.CHECKED, **told, awaited=int(job.watch_at is not None))
    outbox.add(conn, job.id, Note.CARD)
    ended = conclude(conn, lane, job)
    return ended if ended.state is JobState.DONE else None


def _again(conn: Connection, lane: Lane, job: Job) -> float | None:
    """Seconds until the next read, each twice as far off as the last; None when it is time to give up."""
    pause = min(lane.every_s * 2.0 ** min(job.checks, 20), LONGEST_S)
    # Not since the job began: a long one would have given up before its last chunk was sent.
    since = checks.last_sent(conn, job) or job.created_at
    waited = (read_now(conn) - since).total_seconds()
    return pause if waited + pause <= lane.give_up_after_s else None


def _resend(conn: Connection, lane: Lane, job: Job) -> int:
    """Where the configuration says so, plan again what a read did not find once all had had its time."""
    if not (lane.resend_auto and job.unknown and job.state is JobState.WATCHING) or job.stopped_at:
        return 0
    if not checks.settled(conn, job, lane.settle_s) or checks.attempts(conn, job) >= AUTO_ATTEMPTS:
        return 0
    if handover.taken_by(conn, job):
        return 0
    resent = checks.send_again(conn, job)
    audit.append(conn, Event.SENT_AGAIN, job=job.uuid, cluster=job.cluster, detail={"customers": resent})
    return resent
