"""Reading back: what became of customers whose outcome is unknown, as the cluster itself tells it.

A loop of its own for each cluster, so that a slow read never holds up sending.
"""

from collections.abc import Mapping, Sequence

import structlog
from sqlalchemy import Connection

from bot.cluster import ClusterClient, State
from bot.errors import ClusterUnreadable
from bot.loops import Loop
from bot.runner.lane import Lane, counts, log_done
from bot.turns import Bell
from store import audit, checks, customers, jobs, outbox
from store.audit import Event
from store.clock import read_now
from store.database import Database
from store.model import Job, Note

MOVED = "{} is not configured under the address this was confirmed for, so nobody can be asked."
BY_NAME = 100  # up to so many ids are asked for by name (a longer address is cut by gateways); more: all

log = structlog.get_logger()


class Checker:
    """Serves one cluster: one read answers every job whose time has come."""

    def __init__(self, db: Database, bell: Bell, lane: Lane) -> None:
        self._db = db
        self._lane = lane
        self._loop = Loop(bell, checks.topic(lane.key), self._check)

    async def run(self) -> None:
        """Serve until `stop`. A read cut off is simply done again later."""
        await self._loop.run()

    def stop(self) -> None:
        """Begin no further read."""
        self._loop.stop()

    async def _check(self) -> float | None:
        waiting = await self._db.read(self._waiting)
        here = [cid for job, cids in waiting if self._is_here(job) for cid in cids]
        client = self._lane.client
        states, error = await self._read(client, here) if client and here else ({}, None)
        for job, cids in waiting:
            found = (states, error) if self._is_here(job) else ({}, MOVED.format(job.cluster))
            done = await self._db.write(_record, job, cids, *found)
            if done:
                log_done(done)
        return await self._db.read(self._next_due)

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

    def _waiting(self, conn: Connection) -> list[tuple[Job, list[str]]]:
        return [(job, customers.unknown(conn, job.id)) for job in checks.due(conn, self._lane.key)]

    def _next_due(self, conn: Connection) -> float | None:
        due = checks.next_due(conn, self._lane.key)
        return (due - read_now(conn)).total_seconds() if due else None


def _record(
    conn: Connection, job: Job, cids: Sequence[str], states: Mapping[str, State], error: str | None
) -> Job | None:
    """Customers in the action's state were accepted; of the others nothing is proven, they stay unknown."""
    if not checks.close(conn, job):
        return None
    there = [cid for cid in cids if (state := states.get(cid)) and state.code == job.action_code]
    turned = customers.found_accepted(conn, job.id, there) if there else 0
    job = jobs.get(conn, job.id)
    audit.append(
        conn,
        Event.CHECKED,
        job=job.uuid,
        cluster=job.cluster,
        detail={"found_accepted": turned, "still_unknown": job.unknown, "error": error},
    )
    audit.append(conn, Event.DONE, job=job.uuid, cluster=job.cluster, detail=counts(job))
    outbox.add(conn, job.id, Note.CHECKED, turned=turned, error=error)
    outbox.add(conn, job.id, Note.CARD)
    return job
