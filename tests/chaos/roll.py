"""A rolling restart under load: `python -m tests.chaos.roll --rounds 3 --rate 20`.

Two replicas on PostgreSQL, by Socket Mode, or with `--http` behind a balancer that asks `/readyz`. People
press "Yes, proceed" at a steady rate, four times within a second on each card; meanwhile each replica in turn
is told to stop (SIGTERM), waited for and started again. No click may be refused or cut off, every card must
be one job, confirmed and POSTed once, and every replica must end in good order within its deadline. On a
machine that is too busy an answer may come late, after Slack's three seconds; such a click counts as taken,
and is told apart.
"""

import asyncio
import itertools
import socket
import statistics
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, text

from bot.sandbox.cluster import customer_ids
from bot.sandbox.desk import Message, Reaction
from bot.sandbox.workspace.people import ASTER, OPS, PRIVATE, RANDOM
from store.database import Database
from tests.chaos import looking
from tests.chaos.balancer import balancer
from tests.chaos.bots import Replica
from tests.chaos.by_hand import parser, reported
from tests.chaos.jobs import propose
from tests.chaos.scene import Chance, Lane, Report, Scene, clear, scene
from tests.chaos.seen import Request, Seen
from tests.stage import can_be_confirmed

LANE = Lane(timeout_s=5, settle_s=8, chunk_size=10, concurrency=8)
BOT = "tests.chaos.brisk"
DEADLINE_S = 30.0  # what Kubernetes gives
SLACK_S = 2.99
PRESSES = 4  # of each card, by people who are not sure, wherever the balancer sends them
IMPATIENCE_S = 1.0  # within which they come
PLACES = (OPS, RANDOM, PRIVATE)
RESTART_S = 40.0  # cards are kept ready for restarts that take so long each
UNLIMITED = """
[limits]
jobs_open = 100_000
cards_per_minute = 10_000
[clusters.evian3.limits]
jobs_open = 100_000
cards_per_minute = 10_000
"""
CONFIRMED = "SELECT job, count(*) AS times FROM audit_log WHERE event = 'confirmed' GROUP BY job"


@dataclass(frozen=True)
class Plan:
    """Each replica is restarted `rounds` times, at `rate` clicks a second."""

    database: str
    http: bool = False
    rounds: int = 1
    rate: float = 20.0
    seed: int = 0
    replicas: int = 2


@dataclass
class Clicks:
    """What people pressed: each card with its reactions."""

    pressed: list[tuple[str, Sequence[Reaction]]] = field(default_factory=list)
    ran_out: bool = False

    @property
    def lost(self) -> list[str]:
        """Whose clicks were refused or cut off, by the customer of the card."""
        return [
            cid for cid, reactions in self.pressed for one in reactions if not one.acked and not late(one)
        ]

    @property
    def all(self) -> list[Reaction]:
        """Every single click."""
        return [reaction for _, reactions in self.pressed for reaction in reactions]

    async def work(
        self, played: Scene, cards: Iterator[tuple[str, Message]], plan: Plan, done: asyncio.Event
    ) -> None:
        """Press at a steady rate, whoever waits for whom, until `done`."""
        chance, began, under_way = Chance(plan.seed), time.monotonic(), set[asyncio.Task[None]]()
        for number in itertools.count():
            await asyncio.sleep(max(0.0, began + number * PRESSES / plan.rate - time.monotonic()))
            if done.is_set():
                break
            cid, card = next(cards, ("", None))
            if card is None:
                self.ran_out = True
                break
            after = [chance.uniform(0, IMPATIENCE_S) for _ in range(PRESSES)]
            under_way.add(asyncio.create_task(self._press(played, cid, card, after)))
        await asyncio.gather(*under_way)

    async def _press(self, played: Scene, cid: str, card: Message, after: Sequence[float]) -> None:
        async def once(seconds: float) -> Reaction:
            await asyncio.sleep(seconds)
            return await played.stage.desk.click(ASTER, card, "confirm")

        self.pressed.append((cid, await asyncio.gather(*map(once, after))))


def late(reaction: Reaction) -> bool:
    """Whether a click was still being worked on when Slack's time was over."""
    return not reaction.acked and reaction.elapsed >= SLACK_S


async def run(plan: Plan) -> Report:
    """Prepare the cards, begin to press, restart everybody in turn, look."""
    bots = _by_http if plan.http else _by_socket
    async with scene({"evian3": LANE}, plan.database, plan.replicas, BOT) as played, bots(played) as entry:
        cards = await _cards(played, plan)
        clicks, done, ended = Clicks(), asyncio.Event(), list[float]()
        began = time.monotonic()
        pressing = asyncio.create_task(clicks.work(played, iter(cards.items()), plan, done))
        codes = []
        for _ in range(plan.rounds):
            for replica in played.replicas:
                told = time.monotonic()
                codes.append(await replica.stop())
                ended.append(time.monotonic() - told)
                await replica.start()
                await entry.all_ready()
        done.set()
        await pressing
        took = time.monotonic() - began
        await played.rest(240)
        seen = await _look(
            played, [Request((cid,), confirmed=any(r.acked for r in rs)) for cid, rs in clicks.pressed]
        )
        found = [*await played.judged(seen), *await _own(played, clicks, seen, codes, ended)]
        waited = sorted(reaction.elapsed for reaction in clicks.all)
        figures: dict[str, float] = {
            "restarts": len(ended),
            "s of load": took,
            "clicks": len(clicks.all),
            "clicks a second": len(clicks.all) / took,
            "cards": len(clicks.pressed),
            "clicks lost": len(clicks.lost),
            "clicks answered too late": sum(late(reaction) for reaction in clicks.all),
            "s to an answer, median": statistics.median(waited),
            "s to an answer, 99 of 100": waited[int(len(waited) * 0.99)],
            "s to an answer, most": waited[-1],
            "s to an end, most": max(ended),
            "POSTs": len(seen.clusters["evian3"].posts),
            "messages": len(seen.said),
            **entry.counts(),
        }
        if not found:
            clear(played)
    return Report(figures, found)


@dataclass(frozen=True)
class _Entry:
    """How Slack reaches the replicas: whether it reaches all of them now, and what it saw."""

    all_ready: Callable[[], Awaitable[None]]
    counts: Callable[[], Mapping[str, int]] = dict


@asynccontextmanager
async def _by_socket(played: Scene) -> AsyncIterator[_Entry]:
    """The replicas, ready, each with its connections to Slack."""
    with played.file.open("a") as file:
        file.write(UNLIMITED)
    await played.start()
    yield _Entry(played.whole)


@asynccontextmanager
async def _by_http(played: Scene) -> AsyncIterator[_Entry]:
    """The replicas, ready, behind the balancer; stopped at the end."""
    stage = played.stage
    with played.file.open("a") as file:
        file.write(UNLIMITED)
    stage.environment |= {"SLACK_APP_TOKEN": "", "SLACK_SIGNING_SECRET": stage.access.signing_secret}
    variables = stage.variables(played.file)
    places = [f"127.0.0.1:{port}" for port in _free_ports(len(played.replicas))]
    played.replicas = [
        Replica(BOT, variables, stage.folder / f"bot-{number}.log", ("--http", place))
        for number, place in enumerate(places)
    ]
    async with AsyncExitStack() as stack:
        for replica in played.replicas:
            await replica.start()
            stack.push_async_callback(replica.stop)
        balanced, address = await stack.enter_async_context(balancer([f"http://{place}" for place in places]))
        await stage.desk.send_requests_to(f"{address}/slack/events")

        async def there() -> bool:
            return balanced.ready == len(places)

        await _until(there, 60)
        yield _Entry(lambda: _until(there, 60), lambda: balanced.counts)


def _free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


async def _until(there: Callable[[], Awaitable[bool]], within_s: float) -> None:
    for _ in range(round(within_s / 0.05)):
        if await there():
            return
        await asyncio.sleep(0.05)
    raise TimeoutError(f"Not there after {within_s:g} s.")


async def _cards(played: Scene, plan: Plan) -> dict[str, Message]:
    """Cards that wait for their click, one customer each, by customer."""
    number = round(plan.rate / PRESSES * plan.rounds * plan.replicas * RESTART_S)
    cids = customer_ids("evian3", number)
    for place in PLACES:
        await propose(played, [[cid] for cid in cids[PLACES.index(place) :: len(PLACES)]], place)

    async def told() -> bool:
        return (await looking.unfinished(played.stage.database_url))[1] == 0

    await _until(told, 300)
    found: dict[str, Message] = {}
    for place in PLACES:
        waiting = [m for m in await played.stage.desk.messages(place, ASTER) if can_be_confirmed(m)]
        found |= {_customer(message, cids): message for message in waiting}
    return found


def _customer(card: Message, cids: Sequence[str]) -> str:
    said = str(card.blocks)
    return next(cid for cid in cids if cid in said)


async def _look(played: Scene, requests: Sequence[Request]) -> Seen:
    """As `Scene.look`, without asking for each job with `/my-jobs`."""
    jobs, _, broken, left = await looking.rows(played.stage.database_url)
    evian3 = await looking.cluster(played.clusters["evian3"], LANE.concurrency, LANE.settle_s)
    said = await looking.said(played.stage.desk)
    return Seen(requests, jobs, {"evian3": evian3}, said, audit_broken=broken, outbox_left=left)


async def _own(
    played: Scene, clicks: Clicks, seen: Seen, codes: Sequence[int | None], ended: Sequence[float]
) -> list[str]:
    """What a roll must not do, beside the rules of all chaos runs."""
    found = ["the cards ran out before the roll ended"] if clicks.ran_out else []
    found += [f"a click on the card of {cid} was lost" for cid in clicks.lost]
    posts = Counter(cid for post in seen.clusters["evian3"].posts for cid in post.cids)
    found += [f"{posts[cid]} POSTs of {cid}" for cid, _ in clicks.pressed if posts[cid] != 1]
    found += [
        f"job {row.job} was confirmed {row.times} times" for row in await _confirmed(played) if row.times > 1
    ]
    found += [f"a replica ended with {code}" for code in codes if code != 0]
    return found + [f"a replica took {seconds:.1f} s to end" for seconds in ended if seconds > DEADLINE_S]


async def _confirmed(played: Scene) -> Sequence[Row[Any]]:
    def read(conn: Connection) -> Sequence[Row[Any]]:
        return conn.execute(text(CONFIRMED)).all()

    db = Database(played.stage.database_url, create=False)
    try:
        return await db.read(read)
    finally:
        db.close()


def main() -> int:
    """Run and report."""
    options = parser(".roll", __doc__, replicas=2)
    options.add_argument("--rounds", type=int, default=Plan.rounds)
    options.add_argument("--rate", type=float, default=Plan.rate, help="clicks a second")
    options.add_argument("--seed", type=int, default=Plan.seed)
    options.add_argument("--http", action="store_true", help="by HTTP, not by Socket Mode")
    asked = options.parse_args()
    return reported(
        asked,
        lambda database: run(
            Plan(database or "", asked.http, asked.rounds, asked.rate, asked.seed, asked.replicas)
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
