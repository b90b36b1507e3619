"""Looking before anyone confirms: fills in cards with the state their customers are in.

A loop of its own for each cluster. A card is there at once; it is filled in when the read is over, or its
time: a person waits for it.
"""

import asyncio
from collections.abc import Mapping, Sequence

import structlog
from sqlalchemy import Connection

from bot.cluster import ClusterClient
from bot.errors import ClusterUnreadable
from bot.loops import Loop
from bot.runner.lane import BY_NAME, Lane
from bot.turns import Turns
from store import audit, customers, outbox, previews
from store.audit import Event
from store.database import Database
from store.model import Job
from store.outbox_model import Note
from store.short import expect

MOVED = "The address of {} was changed after this was asked for."

log = structlog.get_logger()


class Previewer:
    """Serves one cluster: one read fills in every card that waits."""

    def __init__(self, db: Database, turns: Turns, lane: Lane) -> None:
        self._db = db
        self._lane = lane
        self._loop = Loop(turns, previews.topic(lane.key), self._fill)

    async def run(self) -> None:
        """Serve until `stop`. A read cut off is simply done again later."""
        await self._loop.run()

    def stop(self) -> None:
        """Begin no further read."""
        self._loop.stop()

    async def _fill(self) -> None:
        waiting = await self._db.short.read(self._waiting)
        here = [cid for job, cids in waiting if self._is_here(job) for cid in cids]
        states, error = await self._read(self._lane.client, here) if here else ({}, None)
        for job, _ in waiting:
            why = error if self._is_here(job) else MOVED.format(job.cluster)
            await self._db.write(_record, job, states, why)

    def _is_here(self, job: Job) -> bool:
        # Another address may be another cluster: what it says proves nothing about this card.
        return self._lane.client is not None and job.base_url == self._lane.base_url

    def _waiting(self, conn: Connection) -> list[tuple[Job, Sequence[str]]]:
        cards = previews.pending(conn, self._lane.key)
        expect(conn, sum(job.total for job in cards))
        return [(job, customers.first(conn, job.id, job.total)) for job in cards]

    async def _read(
        self, client: ClusterClient | None, cids: Sequence[str]
    ) -> tuple[Mapping[str, int], str | None]:
        if client is None:
            return {}, None
        began = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self._lane.preview_s):
                states = await client.read_states(cids if len(cids) <= BY_NAME else None)
        except ClusterUnreadable as exc:
            error = str(exc)
        except TimeoutError:
            error = f"The cluster did not tell its customers' state within {self._lane.preview_s:g} s."
        else:
            elapsed = round(asyncio.get_running_loop().time() - began, 3)
            log.info("set_action.previewed", cluster=self._lane.key, count=len(cids), elapsed=elapsed)
            return {cid: state.code for cid, state in states.items()}, None
        log.warning("set_action.preview_failed", cluster=self._lane.key, count=len(cids))
        return {}, error


def _record(conn: Connection, job: Job, states: Mapping[str, int], error: str | None) -> None:
    filled = previews.fail(conn, job, error) if error else previews.fill(conn, job, states)
    if filled:
        detail = {"customers": job.total, "error": error}
        audit.append(conn, Event.PREVIEWED, job=job.uuid, cluster=job.cluster, detail=detail)
        outbox.add(conn, job.id, Note.CARD)
