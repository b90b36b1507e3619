"""The applications of a job's customers: read from the cluster when somebody asks, and kept for a while.

Kept in memory, of a few jobs, as counts and a list of what failed; a reading that others wait for is shared.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from bot.applications import App, Summary
from bot.errors import ClusterUnreadable
from store import looking
from store.database import Database
from store.model import CustomerOutcome, Job

AT_ONCE = 4  # requests to one cluster
WITHIN_S = 60.0  # for all of a job's customers; what is not read by then is said to be so
REMEMBERED = 20  # jobs
ALL = 1_000_000


class Reader(Protocol):
    """A cluster, asked for applications."""

    async def read_apps(self, cids: Sequence[str]) -> Mapping[str, Sequence[App]]:
        """Of as many customers as one request takes. Raises ClusterUnreadable."""
        ...


Cut = Callable[[Sequence[str]], Iterator[Sequence[str]]]


class Applications:
    """`readers` and `base_urls` are by cluster key; `cut` makes pieces of as many ids as a request takes."""

    def __init__(
        self,
        db: Database,
        readers: Mapping[str, Reader],
        base_urls: Mapping[str, str],
        cut: Cut,
        cache_s: float,
    ) -> None:
        self._db = db
        self._readers = readers
        self._base_urls = base_urls
        self._cut = cut
        self._cache_s = cache_s
        self._kept: OrderedDict[UUID, Summary] = OrderedDict()
        self._reading: dict[UUID, asyncio.Task[Summary]] = {}

    def kept(self, job: Job) -> Summary | None:
        """What was read of this job not long ago."""
        summary = self._kept.get(job.uuid)
        if summary and (datetime.now(UTC) - summary.at).total_seconds() <= self._cache_s:
            return summary
        return None

    async def read(self, job: Job) -> Summary:
        """Read it now, or wait for a reading that is under way. Raises ClusterUnreadable, StoreError."""
        task = self._reading.get(job.uuid)
        if task is None:
            task = self._reading[job.uuid] = asyncio.create_task(self._read(job))
            task.add_done_callback(lambda _: self._reading.pop(job.uuid, None))
        summary = await asyncio.shield(task)
        self._kept[job.uuid] = summary
        self._kept.move_to_end(job.uuid)
        while len(self._kept) > REMEMBERED:
            self._kept.popitem(last=False)
        return summary

    async def _read(self, job: Job) -> Summary:
        reader = self._readers.get(job.cluster)
        if reader is None or self._base_urls.get(job.cluster) != job.base_url:
            words = f"{job.cluster} is not configured under the address of this job, so it cannot be asked."
            raise ClusterUnreadable(words)
        found = await self._db.read(looking.page, job.id, None, limit=ALL)
        cids = [c.cid for _, c in found if c.outcome is not CustomerOutcome.MISSING]
        summary = Summary(len(cids), datetime.now(UTC))
        pieces = self._cut(cids)

        async def work() -> None:
            for piece in pieces:  # shared: each takes the next
                if summary.error:
                    return
                try:
                    summary.add(piece, await reader.read_apps(piece))
                except ClusterUnreadable as exc:
                    summary.error = str(exc)

        try:
            async with asyncio.timeout(WITHIN_S):
                await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        except TimeoutError:
            summary.error = f"Not all of them were read within {WITHIN_S:g} s."
        return summary
