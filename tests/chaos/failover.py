"""How soon another replica goes on with a cluster: `python -m tests.chaos.failover --how kill --runs 20`.

Of two replicas on PostgreSQL the one that sends is killed (kill -9), frozen (SIGSTOP, thawed later) or
stopped (SIGTERM). Measured from that moment, on one clock: when another session holds the cluster's turn, as
pg_locks shows it, and when the other replica's first POST reaches the cluster.

Room to spare (default): `concurrency` 2, one POST in flight, which becomes an orphan; another job is
confirmed just after. `--busy`: one large job keeps every place taken, so that every place has an orphan, and
nothing may be sent before those settle (`settle_s`, printed).
"""

import asyncio
import re
import statistics
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import psycopg

from bot.sandbox.cluster import customer_ids, moods
from bot.sandbox.desk import Message
from bot.sandbox.workspace.people import OPS, PRIVATE, RANDOM
from bot.turns.postgres import _key
from store.jobs import cluster_topic
from tests.chaos.bots import Replica
from tests.chaos.by_hand import parser, reported
from tests.chaos.jobs import insisted, large_card
from tests.chaos.scene import CUSTOMERS, Chance, Lane, Report, Scene, clear, scene

LANE = Lane(resend="auto", timeout_s=2, settle_s=3, chunk_size=1, concurrency=2, give_up_after_s=900)
BUSY = Lane(resend="auto", timeout_s=2, settle_s=3, chunk_size=1, concurrency=4, give_up_after_s=900)
HELD_S = {"kill": 1.5, "freeze": 1.5, "stop": 0.3}  # the POST in flight; who is stopped waits for its answer
BUSY_POST_S = 0.1
LONGEST_S = 45.0
HOLDER = (
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted "
    "AND ((classid::bigint << 32) | objid::bigint) = %s"
)
SENT = re.compile(r"set_action\.sent .*?\bchunk=(\d+)")


@dataclass(frozen=True)
class Plan:
    """`how` the replica goes, and how often."""

    database: str
    how: str = "kill"
    runs: int = 20
    busy: bool = False
    seed: int = 0


@dataclass
class Times:
    """Seconds from the blow, one a run."""

    turn: list[float] = field(default_factory=list)
    post: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        """Of each the least, the median and the most."""
        named = {"turn": self.turn, "first POST": self.post}
        return {
            f"s {what}, {which.__name__}": which(times)
            for what, times in named.items()
            for which in (min, statistics.median, max)
        }


async def run(plan: Plan) -> Report:
    """So many blows, one after the other; then the checker's rules over all of it."""
    lane = BUSY if plan.busy else LANE
    chance, times = Chance(plan.seed), Times()
    async with scene({"evian3": lane}, plan.database, 2) as played:
        await played.start()
        play = _Busy(plan, played, chance) if plan.busy else _Spare(plan, played)
        await play.begin()
        for _ in range(plan.runs):
            turn, post = await play.once()
            times.turn.append(turn)
            times.post.append(post)
            await played.whole()
        await played.clusters["evian3"].set_mood(moods.normal())
        await played.rest(240)
        seen = await played.look()
        figures: dict[str, float] = {
            "runs": plan.runs,
            "s settle_s": lane.settle_s,
            **times.figures(),
            "jobs": len(seen.jobs),
            "POSTs": len(seen.clusters["evian3"].posts),
            "customers not accepted": sum(job.refused + job.unknown for job in seen.jobs),
            "ends by themselves": sum(replica.ends for replica in played.replicas),
        }
        found = await played.judged(seen)
        if not found:
            clear(played)
    return Report(figures, found)


class _Spare:
    """One POST in flight, and a job confirmed just after the blow."""

    def __init__(self, plan: Plan, played: Scene) -> None:
        self._plan = plan
        self._played = played
        self._places = _round((OPS, RANDOM, PRIVATE))
        self._cids = iter(customer_ids("evian3", CUSTOMERS))

    async def begin(self) -> None:
        """Nothing to prepare."""

    async def once(self) -> tuple[float, float]:
        """Seconds until the turn was another's, and until the POST of the job confirmed meanwhile."""
        evian3 = self._played.clusters["evian3"]
        (_, hanging), (cid, following) = await self._card(), await self._card()
        ends = [replica.log_end for replica in self._played.replicas]
        await evian3.next_mood(moods.slow(HELD_S[self._plan.how]))
        await insisted(self._played, hanging)
        serving = await _serving(self._played.replicas, ends)
        async with _blow(self._plan, self._played, serving) as blow:
            # Several times, for a click that goes to a frozen bot is lost on it.
            await asyncio.gather(*(insisted(self._played, following) for _ in range(4)))
            record = await evian3.until(
                lambda record: any(cid in post.cids for post in record.posts), timeout_s=LONGEST_S
            )
        [first] = [post.at for post in record.posts if cid in post.cids]
        return blow.turn - blow.at, first - blow.at

    async def _card(self) -> tuple[str, Message]:
        cid = next(self._cids)
        line = f"/set-action T-Enable evian3 {cid}"
        return cid, await self._played.stage.ask(line, channel=next(self._places))


class _Busy:
    """One large job keeps every place taken."""

    def __init__(self, plan: Plan, played: Scene, chance: Chance) -> None:
        self._plan = plan
        self._played = played
        self._chance = chance
        self._cids = customer_ids("evian3", 60 * BUSY.concurrency * plan.runs)

    async def begin(self) -> None:
        """Confirm the large job."""
        await self._played.clusters["evian3"].set_mood(moods.slow(BUSY_POST_S))
        await insisted(self._played, await large_card(self._played, self._cids))

    async def once(self) -> tuple[float, float]:
        """Seconds until the turn was another's, and until its first POST."""
        await asyncio.sleep(self._chance.uniform(0.2, 1.5))
        replicas = self._played.replicas
        serving = await _serving(replicas, [replica.log_end for replica in replicas])
        async with _blow(self._plan, self._played, serving) as blow:
            # A killed one is up again before the orphans settle, and may be the first to send.
            others = [r for r in replicas if r is not serving or self._plan.how == "kill"]
            cid = self._cids[await _sent(others, [replica.log_end for replica in others])]
            record = await self._played.clusters["evian3"].until(
                lambda record: any(p.at > blow.at and cid in p.cids for p in record.posts)
            )
        first = min(post.at for post in record.posts if post.at > blow.at and cid in post.cids)
        return blow.turn - blow.at, first - blow.at


def _round(places: Sequence[str]) -> Iterator[str]:
    while True:
        yield from places


async def _serving(replicas: Sequence[Replica], ends: Sequence[int]) -> Replica:
    """The one that sends: it says so in its log."""
    async with asyncio.timeout(LONGEST_S):
        while True:
            for replica, end in zip(replicas, ends, strict=True):
                if SENT.search(replica.said_since(end)):
                    return replica
            await asyncio.sleep(0.002)


async def _sent(replicas: Sequence[Replica], ends: Sequence[int]) -> int:
    """The first chunk that any of them sends after their logs were so long."""
    async with asyncio.timeout(LONGEST_S):
        while True:
            for replica, end in zip(replicas, ends, strict=True):
                if found := SENT.search(replica.said_since(end)):
                    return int(found[1])
            await asyncio.sleep(0.002)


@dataclass
class Blow:
    """When it fell, and when the cluster's turn was another's (Unix time, s)."""

    at: float
    turn: float = 0.0


@asynccontextmanager
async def _blow(plan: Plan, played: Scene, replica: Replica) -> AsyncIterator[Blow]:
    """Strike; at the end the turn is another's, and the replica is up again."""
    async with await psycopg.AsyncConnection.connect(plan.database, autocommit=True) as conn:
        before = await _holder(conn)
        blow = Blow(time.time())
        stopping: asyncio.Task[int | None] | None = None
        match plan.how:
            case "kill":
                replica.kill()
            case "freeze":
                replica.freeze()
            case _:
                stopping = asyncio.create_task(replica.stop())
        watching = asyncio.create_task(_taken_over(conn, before))
        yield blow
        blow.turn = await watching
    if stopping:
        if code := await stopping:
            raise RuntimeError(f"The stopped bot ended with {code}.")
        await replica.start()


async def _taken_over(conn: psycopg.AsyncConnection[tuple[int]], before: int | None) -> float:
    async with asyncio.timeout(LONGEST_S):
        while True:
            if await _holder(conn) not in (None, before):
                return time.time()
            await asyncio.sleep(0.002)


async def _holder(conn: psycopg.AsyncConnection[tuple[int]]) -> int | None:
    """The server's process that holds the cluster's turn."""
    row = await (await conn.execute(HOLDER, (_key(cluster_topic("evian3")),))).fetchone()
    return row[0] if row else None


def main() -> int:
    """Run and report."""
    options = parser(".failover", __doc__, replicas=2)
    options.add_argument("--how", choices=("kill", "freeze", "stop"), default=Plan.how)
    options.add_argument("--runs", type=int, default=Plan.runs)
    options.add_argument("--seed", type=int, default=Plan.seed)
    options.add_argument("--busy", action="store_true", help="a large job takes every place")
    asked = options.parse_args()
    return reported(
        asked,
        lambda database: run(Plan(database or "", asked.how, asked.runs, asked.busy, asked.seed)),
    )


if __name__ == "__main__":
    sys.exit(main())
