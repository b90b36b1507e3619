"""A cluster in memory that answers what the test decides, and whose own record judges what reaches it."""

import asyncio
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bot.cluster import Answer, Cause, ClusterClient, Outcome, State, TooLate
from bot.errors import ClusterUnreadable
from bot.runner.sender import SENT_WITHIN
from store.model import CustomerOutcome
from tests.interleavings.stepping import Gate, SteppedLoop

SETTLE_S = 8.0
TIMEOUT_S = 4.0
WORKS_S = SETTLE_S * (1 - SENT_WITHIN)  # so long after its first byte a POST may still do something
CODE = 3
THERE, ELSEWHERE = State(CODE, "t-enable"), State(1, "tran-begin")
WAIT = (Cause.RATE_LIMITED, Cause.NOT_READY)
OUTCOMES = {
    Cause.ACCEPTED: Outcome.ACCEPTED,
    Cause.TIMEOUT: Outcome.UNKNOWN,
    Cause.CONNECTION_LOST: Outcome.UNKNOWN,
    Cause.HTTP_ERROR: Outcome.UNKNOWN,
    Cause.UNREADABLE_ANSWER: Outcome.UNKNOWN,
}  # every other cause: refused, nothing was done
ACCEPTED, REFUSED = CustomerOutcome.ACCEPTED, CustomerOutcome.REFUSED
ARRIVED = CustomerOutcome.ARRIVED
PLANNED, UNKNOWN = CustomerOutcome.PLANNED, CustomerOutcome.UNKNOWN
CANCELLED = CustomerOutcome.CANCELLED


@dataclass(eq=False)
class Post:
    """One POST. `answer` is the cluster's, once it has given one; `ended`: its sender waits no longer."""

    sender: Gate
    cids: Sequence[str]
    began: float
    told: asyncio.Future[Answer]
    answer: Answer | None = None
    ended: bool = False
    disturbed: bool = False  # another process may have called it lost
    recorded: bool = False  # its sender has written the answer down, and nobody was in its way

    def counts(self, now: float) -> bool:
        """Whether the cluster may still be at it."""
        return not self.ended and self.answer is None and now < self.began + WORKS_S

    @property
    def undone(self) -> bool:
        """Whether it is known to have done nothing."""
        return self.answer is not None and self.answer.outcome is Outcome.REFUSED


@dataclass(eq=False)
class Read:
    """One reading of states. `shown` is None until it ends, and when it could not be read."""

    asked: Sequence[str] | None
    began: float
    told: asyncio.Future[dict[str, State]]
    shown: dict[str, State] | None = None

    def cleared(self, cid: str, post: Post) -> bool:
        """Whether it shows that the customer is not there, and that `post` can change nothing any more."""
        late_enough = self.began >= post.began + WORKS_S
        asked = self.asked is None or cid in self.asked
        return self.shown is not None and late_enough and asked and self.shown.get(cid) != THERE


@dataclass
class Record:
    """Everything that reached the cluster, in order."""

    loop: SteppedLoop
    concurrency: int
    posts: list[Post] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def posted(self, post: Post) -> None:
        """Keep a POST, and find fault with it."""
        busy = sum(other.counts(self.loop.now) for other in self.posts) + 1
        if busy > self.concurrency:
            self.faults.append(f"{busy} POSTs in flight, not {self.concurrency}")
        if not post.cids or len(set(post.cids)) != len(post.cids):
            self.faults.append(f"an odd POST: {post.cids}")
        for cid in post.cids:
            for earlier in self.about(cid):
                if not earlier.undone and not any(read.cleared(cid, earlier) for read in self.reads):
                    self.faults.append(f"{cid} was sent twice without a read in between")
        self.posts.append(post)

    def history(self) -> str:
        """Everything in order of time, to be read where something is wrong."""
        posts = [(p.began, f"POST {p.cids} {p.answer and p.answer.cause} {p.ended=}") for p in self.posts]
        reads = [(r.began, f"GET {r.asked} -> {r.shown}") for r in self.reads]
        return "\n".join([*self.faults, *(f"{at:8.2f} {what}" for at, what in sorted(posts + reads))])

    def about(self, cid: str) -> Iterator[Post]:
        """The POSTs of a customer, in order."""
        return (post for post in self.posts if cid in post.cids)

    def shown(self, cid: str) -> bool:
        """Whether any read has shown the customer in the action's state."""
        return any(read.shown is not None and read.shown.get(cid) == THERE for read in self.reads)

    def open_posts(self) -> list[Post]:
        """Those without an answer whose connection is still there."""
        return [post for post in self.posts if not post.told.done()]

    def open_reads(self) -> list[Read]:
        return [read for read in self.reads if not read.told.done()]

    def may_be(self, cid: str, *, stopped: bool = False) -> set[CustomerOutcome]:
        """What a customer's row may say by what happened here; `stopped`: its job was."""
        if stopped and all(post.undone for post in self.about(cid)):
            return {CANCELLED} | self.may_be(cid)
        last = next(reversed(list(self.about(cid))), None)
        found = {ACCEPTED, ARRIVED} if self.shown(cid) else set()
        if last is None or last.answer is None:
            return {PLANNED, UNKNOWN} | found
        definite = _meant(cid, last.answer)
        if last.recorded and definite in ({ACCEPTED}, {REFUSED}):
            return definite | (found if ACCEPTED in definite else set())
        # Nobody may have been left to write the answer down; or it is planned, and its next sender was lost.
        return definite | {PLANNED, UNKNOWN} | found


def _meant(cid: str, answer: Answer) -> set[CustomerOutcome]:
    if answer.outcome is Outcome.ACCEPTED:
        return {ACCEPTED}
    if answer.outcome is Outcome.UNKNOWN:
        return {UNKNOWN}
    if answer.cause in WAIT:
        return {PLANNED, REFUSED}  # asked to wait for half an hour, it is given up
    # The others of a chunk are planned again, once.
    return {PLANNED, REFUSED} if answer.culprits and cid not in answer.culprits else {REFUSED}


def answer(cause: Cause, culprits: tuple[str, ...] = (), retry_after_s: float | None = None) -> Answer:
    """The answer to a POST that took a while."""
    outcome = OUTCOMES.get(cause, Outcome.REFUSED)
    return Answer(outcome, cause, None, cause.value, culprits, retry_after_s, elapsed_s=0.1)


class Client(ClusterClient):
    """One process's way to the cluster."""

    def __init__(self, record: Record, gate: Gate) -> None:
        self._record = record
        self._gate = gate

    async def set_action(self, action: str, cids: Sequence[str], *, send_by: float = math.inf) -> Answer:
        loop = self._record.loop
        if loop.now > send_by:
            raise TooLate
        post = Post(self._gate, tuple(cids), loop.now, loop.create_future())
        self._record.posted(post)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                post.answer = await post.told
        except TimeoutError:
            pass
        await self._gate.passed()
        post.ended = True
        post.answer = post.answer or answer(Cause.TIMEOUT)
        return post.answer

    async def read_states(self, cids: Sequence[str] | None) -> dict[str, State]:
        loop = self._record.loop
        read = Read(None if cids is None else tuple(cids), loop.now, loop.create_future())
        self._record.reads.append(read)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                shown = await read.told
        except TimeoutError:
            await self._gate.passed()
            raise ClusterUnreadable("The cluster did not answer in time.") from None
        await self._gate.passed()
        read.shown = shown
        return shown
