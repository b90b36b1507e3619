"""Two replicas are replaced one after the other under load: `python -m tests.chaos.rolling --seconds 60`.

People ask for cards twenty times a second and press each card they see twice. Each replica in turn is told to
stop (SIGTERM) and started again. No click may be lost, none count twice. One that is taken later than Slack
waits is not lost: the card comes all the same.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle

from bot.sandbox.cluster import customer_ids
from bot.sandbox.desk import Message
from bot.sandbox.workspace.people import ASTER, OPS
from tests.chaos.by_hand import parser, reported
from tests.chaos.operators import SEATS
from tests.chaos.scene import CUSTOMERS, Lane, Report, Scene, clear, scene
from tests.stage import can_be_confirmed, words

LANE = Lane(timeout_s=5, settle_s=8, chunk_size=10, concurrency=4)
ROOM = """
[clusters.evian3.limits]
cards_per_minute = 10000
jobs_open = 10000
[cards]
open_per_user = 1000
[limits]
cards_per_minute = 10000
jobs_open = 10000
"""
REST_S = 120.0  # at most, until everything that was pressed is sent
AT_ONCE_S = 0.5  # until people look for new cards again


@dataclass
class People:
    """Who asks and presses, and what came of it, by customer."""

    played: Scene
    rate: float
    asked: dict[str, bool] = field(default_factory=dict)
    pressed: dict[str, bool] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)  # privately, that it is still being worked on
    slowest_s: float = 0.0

    async def work(self, done: asyncio.Event) -> None:
        """Ask at that rate, whoever else still waits, and press what appears, until `done`."""
        ids, seats = iter(customer_ids("evian3", CUSTOMERS)), cycle(SEATS)
        loop = asyncio.get_running_loop()
        due = loop.time()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._press(done))
            while not done.is_set():
                tasks.create_task(self._ask(next(ids), *next(seats)))
                due += 1 / self.rate
                await asyncio.sleep(max(due - loop.time(), 0))

    async def _ask(self, cid: str, user: str, channel: str) -> None:
        began = asyncio.get_running_loop().time()
        reaction = await self.played.stage.desk.command(user, channel, f"/set-action T-Enable evian3 {cid}")
        self.slowest_s = max(self.slowest_s, asyncio.get_running_loop().time() - began)
        self.asked[cid] = reaction.acked
        if reaction.acked and reaction.message:
            self.told.add(cid)

    async def _press(self, done: asyncio.Event) -> None:
        desk = self.played.stage.desk
        while not done.is_set():
            shown = await desk.messages(OPS, ASTER)
            for card, cid in self._new(shown):
                first, second = await asyncio.gather(
                    *(desk.click(ASTER, card, "confirm") for _ in range(2)),
                )
                self.pressed[cid] = first.acked and second.acked
            await asyncio.sleep(AT_ONCE_S)

    def _new(self, shown: list[Message]) -> Iterator[tuple[Message, str]]:
        for card in shown:
            own = [cid for cid in set(words(card).split()) & self.asked.keys() if cid not in self.pressed]
            if own and can_be_confirmed(card) and f"<@{ASTER}>" in words(card):
                yield card, own[0]


async def run(seconds: float, database: str, rate: float = 20) -> Report:
    """Replace both, with so many seconds of load before, between and after."""
    async with scene({"evian3": LANE}, database, replicas=2) as played:
        played.file.write_text(played.file.read_text() + ROOM)
        await played.start()
        people, done = People(played, rate), asyncio.Event()
        codes = []
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(people.work(done))
            await asyncio.sleep(seconds)
            for replica in played.replicas:
                codes.append(await replica.stop())
                await replica.start()
                await played.whole()
                await asyncio.sleep(seconds)
            done.set()
        report = await _judged(people, codes)
        if not report.violations:
            clear(played)
    return report


async def _judged(people: People, codes: list[int | None]) -> Report:
    stage, evian3 = people.played.stage, people.played.clusters["evian3"]
    confirmed = (
        "SELECT cid FROM job_customers c JOIN jobs j ON j.id = c.job_id WHERE j.decided_at IS NOT NULL"
    )
    jobs = Counter(row.cid for row in await stage.rows(confirmed))
    taken = {cid for cid, acked in people.pressed.items() if acked}
    wanted = frozenset(taken)
    await evian3.until(
        lambda record: wanted <= {cid for post in record.posts for cid in post.cids}, timeout_s=REST_S
    )
    posted = Counter(cid for post in (await evian3.record()).posts for cid in post.cids)
    rows = Counter(row.cid for row in await stage.rows("SELECT cid FROM job_customers"))
    late = [cid for cid, acked in people.asked.items() if not acked and rows[cid]]
    late += [cid for cid, acked in people.pressed.items() if not acked and jobs[cid]]
    found = [
        f"asked for {cid}: {rows[cid]} cards"
        for cid in people.asked
        if rows[cid] > 1 or (not rows[cid] and cid not in people.told)
    ]
    found += [f"pressed {cid}: {jobs[cid]} jobs" for cid in people.pressed if jobs[cid] != 1]
    found += [f"{cid} was posted {number} times" for cid, number in posted.items() if number != 1]
    found += [f"a replica ended with {code}" for code in codes if code]
    counts = {
        "clicks": len(people.asked) + 2 * len(people.pressed),
        "cards asked for": len(people.asked),
        "cards pressed": len(people.pressed),
        "customers sent": len(posted),
        "s the slowest": people.slowest_s,
        "taken later than Slack waits": len(late),  # the machine is busier than the bot
        "told that it takes longer": len(people.told),
    }
    return Report(counts, found)


def main() -> int:
    options = parser(".rolling", __doc__, replicas=2)
    options.add_argument("--seconds", type=float, default=20.0, help="of load before, between and after")
    options.add_argument("--rate", type=float, default=20.0, help="cards asked for a second")
    asked = options.parse_args()
    return reported(asked, lambda database: run(asked.seconds, str(database), asked.rate))


if __name__ == "__main__":
    sys.exit(main())
