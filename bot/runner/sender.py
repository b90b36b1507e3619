"""Carrying out: moves one cluster's jobs forward from whatever the rows say, under the guard.

The guard (promise 2): a chunk goes planned -> sending by compare-and-set before its POST; its answer is
written only while that attempt is still the one in the row; a chunk found `sending` without its sender is
unknown, never sent again by itself.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

import structlog
from sqlalchemy import Connection

from bot.cluster import Answer, Cause, Outcome, TooLate
from bot.loops import Loop, finished, report, until_stored
from bot.runner.ending import log_done
from bot.runner.lane import Lane, Post
from bot.runner.record import close, keep_back, record
from bot.turns import Lease, Turns
from store import audit, chunks, customers, jobs, outbox, schedules, short, stopping
from store.audit import Event
from store.database import Database
from store.model import Chunk, JobState
from store.outbox_model import Note

EVENTS = {
    Cause.TIMEOUT: "set_action.timeout",
    Cause.CONNECTION_LOST: "set_action.connection_lost",
    Cause.HTTP_ERROR: "set_action.http_error",
    Cause.UNREADABLE_ANSWER: "set_action.unreadable_answer",
}

LOOK_AGAIN_S = 0.5
READY_S = 60.0  # a job nobody could send for so long goes back: its rights may be gone, a freeze begun
# Of the loop, between one answer written down and the next: so the place that became free is taken at once.
# Otherwise answers that come together are written down together, and the next requests go out together, ever
# after; meanwhile nothing is in flight.
STEPS = 8
SENT_WITHIN = 0.25  # of `settle_s`, counted from the claim: a chunk is sent by then, or kept back
INTERRUPTED = Answer(
    outcome=Outcome.UNKNOWN,
    cause=Cause.CONNECTION_LOST,
    http_status=None,
    message="The bot was interrupted while sending.",
    culprits=(),
    retry_after_s=None,
    elapsed_s=0.0,
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Claimed:
    """What is ours to send; whether `more` may be in line, and in how many seconds to look for it again."""

    posts: Sequence[Post] = ()
    wait_s: float | None = None
    more: bool = True


class Runner:
    """Serves one cluster: at most `concurrency` POSTs in flight, the next chunk fairly from all its jobs."""

    def __init__(self, db: Database, turns: Turns, lane: Lane) -> None:
        self._db = db
        self._turns = turns
        self._lane = lane
        self._topic = jobs.cluster_topic(lane.key)
        self._posts: dict[tuple[int, int], asyncio.Task[None]] = {}
        self._filling = asyncio.Lock()
        self._answered = asyncio.Lock()
        self._more = True  # there may be something to claim once there is room
        self._loop = Loop(turns, self._topic, self._fill, busy=lambda: bool(self._posts))

    async def run(self) -> None:
        """Serve until `stop`."""
        await self._loop.run()

    def stop(self) -> None:
        """Send nothing new; what is under way is left to `drain`."""
        self._loop.stop()

    async def drain(self, within_s: float) -> None:
        """Let POSTs under way end. What is cut off stays `sending`, and the next start calls it unknown."""
        async with self._filling:  # a chunk just claimed is under way too
            posts = set(self._posts.values())
        late = await finished(posts, within_s)
        if late:
            log.warning("set_action.cut_off", cluster=self._lane.key, posts=late)
        await self._turns.give(self._topic)

    async def _fill(self) -> float | None:
        clock = asyncio.get_running_loop().time
        async with self._filling:
            self._more = True  # until a claim says otherwise: without room nobody even looks
            if len(self._posts) >= self._lane.concurrency or self._loop.stopping:
                return None
            claimed_at, lease = clock(), self._turns.lease()
            claimed = await self._db.short.write(self._claim, frozenset(self._posts), clock, lease)
            self._more = claimed.more
            for post in claimed.posts:
                key = (post.chunk.job_id, post.chunk.number)
                task = asyncio.create_task(self._send(post, claimed_at), name=f"post {key}")
                self._posts[key] = task
                task.add_done_callback(partial(self._ended, key))
            return claimed.wait_s

    def _leave(self, key: tuple[int, int], task: asyncio.Task[None] | None) -> None:
        if self._posts.get(key) is task:  # a chunk that was put back may be on its way again by now
            del self._posts[key]

    def _ended(self, key: tuple[int, int], task: asyncio.Task[None]) -> None:
        self._leave(key, task)
        if report(task) or self._more:
            self._turns.bell.ring(self._topic)

    async def _send(self, post: Post, claimed_at: float) -> None:
        lane, chunk, job = self._lane, post.chunk, post.job
        if lane.client is None or job.base_url != lane.base_url:
            answer = moved_away(lane)
        else:
            log.info("set_action.sent", **_facts(post), attempt=chunk.attempt)
            send_by = claimed_at + lane.settle_s * SENT_WITHIN
            try:
                answer = await lane.client.set_action(job.action_name, post.cids, send_by=send_by)
            except TooLate:
                # Too long after the claim: somebody may have read the state as settled already.
                log.warning("set_action.kept_back", **_facts(post))
                await until_stored(lambda: self._db.short.write(keep_back, lane, post))
                self._turns.bell.ring(self._topic)
                return
        log.info(
            EVENTS.get(answer.cause, f"set_action.{answer.outcome}"),
            **_facts(post),
            cause=answer.cause,
            http_status=answer.http_status,
            elapsed=round(answer.elapsed_s, 3),
        )
        await until_stored(lambda: self._dealt_with(post, answer))

    async def _dealt_with(self, post: Post, answer: Answer) -> None:
        async with self._answered:  # not while an answer that cannot be stored waits for its next try
            done = await self._db.short.write(record, self._lane, post, answer)
            if done and done.state is JobState.DONE:
                log_done(done)
            self._leave((post.chunk.job_id, post.chunk.number), asyncio.current_task())
            if self._more or done is None or done.open_chunks:
                self._turns.bell.ring(self._topic)  # it may have been put back into line
                for _ in range(STEPS):
                    await asyncio.sleep(0)

    def _claim(
        self, conn: Connection, ours: Collection[tuple[int, int]], clock: Callable[[], float], lease: Lease
    ) -> Claimed:
        """The next chunks in turn, ours to send, as many as there is room for."""
        if clock() >= lease():
            return Claimed(wait_s=0.0)  # frozen, or run again as the connection broke: is it our turn still?
        key, size = self._lane.key, self._lane.chunk_size
        orphans = chunks.orphans(conn, key, ours)
        short.expect(conn, (len(orphans) + 1) * size)
        for orphan in orphans:
            self._lose(conn, orphan)
        confirmed = chunks.confirmed(conn, key)
        if confirmed and schedules.look_again(conn, key, READY_S):
            confirmed = chunks.confirmed(conn, key)
        short.expect(conn, sum(1 + job.total // size for job in confirmed))
        for job in confirmed:
            if chunks.cut(conn, job, self._lane.chunk_size):
                outbox.add(conn, job.id, Note.CARD)
        for job in stopping.over(conn, key):
            close(conn, self._lane, job)
        posts: list[Post] = []
        while (in_flight := len(ours) + len(posts)) < self._lane.concurrency:
            line = chunks.line(conn, key, self._lane.settle_s)
            if not line.waiting:
                return Claimed(posts, more=False)
            if clock() >= lease():
                return Claimed(posts, 0.0)
            if wait := self._wait(line, in_flight):
                return Claimed(posts, wait)
            post = self._next(conn)
            if post is None:
                return Claimed(posts, LOOK_AGAIN_S)  # being stopped just now: others come after it
            posts.append(post)
            if line.is_last:
                return Claimed(posts, more=False)
        return Claimed(posts)  # full: there is more behind the last one

    def _next(self, conn: Connection) -> Post | None:
        chunk = chunks.claim(conn, self._lane.key)
        if chunk is None:
            return None
        job = jobs.get(conn, chunk.job_id)
        cids = customers.to_send(conn, chunk)
        detail = {"chunk": chunk.number, "attempt": chunk.attempt, "customers": len(cids)}
        if job.base_url == self._lane.base_url:  # otherwise it is kept back
            audit.append(conn, Event.SENT, job=job.uuid, cluster=job.cluster, detail=detail)
        return Post(chunk, job, cids)

    def _wait(self, line: chunks.Line, in_flight: int) -> float | None:
        """Seconds to leave the cluster alone: it asked for it, or as much as it takes may be in flight."""
        in_flight += line.unaccounted
        if line.paused_until:
            left = (line.paused_until - line.at).total_seconds()
            # When the time is over, one request shows whether the cluster takes them again.
            return left if left > 0 else (LOOK_AGAIN_S if in_flight else None)
        return LOOK_AGAIN_S if in_flight >= self._lane.concurrency else None

    def _lose(self, conn: Connection, orphan: Chunk) -> None:
        """A chunk whose sender is gone: whether it was sent is not known."""
        job = jobs.get(conn, orphan.job_id)
        post = Post(orphan, job, customers.to_send(conn, orphan))
        record(conn, self._lane, post, INTERRUPTED)


def moved_away(lane: Lane) -> Answer:
    """For a job confirmed for an address that is not the configured one: it must not go elsewhere."""
    what = "The address of {} was changed" if lane.client else "{} was taken out of the configuration"
    return Answer(
        outcome=Outcome.REFUSED,
        cause=Cause.NOT_SENT,
        http_status=None,
        message=f"{what.format(lane.key)} after this was confirmed. Nothing was sent.",
        culprits=(),
        retry_after_s=None,
        elapsed_s=0.0,
    )


def _facts(post: Post) -> dict[str, object]:
    return {
        "job": post.job.uuid.hex,
        "user": str(post.job.operator),
        "action": post.job.action_name,
        "cluster": post.job.cluster,
        "chunk": post.chunk.number,
        "count": len(post.cids),
    }
