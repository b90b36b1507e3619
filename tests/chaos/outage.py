"""Slack is away for a while, with jobs under way: `python -m tests.chaos.outage --minutes 60`.

Everything of the app's is answered 503 and no socket opens. Afterwards every result must be told, once and in
order, and the cards must say how things are.
"""

import asyncio
import sys
import time
from collections import Counter
from itertools import count

from bot.sandbox.cluster import customer_ids, moods
from bot.sandbox.desk import Message
from bot.sandbox.workspace.people import ASTER, OPS, PRIVATE, RANDOM
from tests.chaos.by_hand import parser, reported
from tests.chaos.jobs import insisted, large_card
from tests.chaos.scene import Lane, Report, Scene, clear, scene

POST_S = 1.0
SHARE = 0.6  # of the outage, during which the large job still sends
REST_S = 600.0


def lanes(seconds: float) -> dict[str, Lane]:
    """Watching must outlive the outage."""
    patient = round(seconds) + 600
    return {
        "evian3": Lane(timeout_s=3, settle_s=5, give_up_after_s=patient),
        "fiji1": Lane(timeout_s=3, settle_s=5, give_up_after_s=patient, resend="auto"),
    }


async def run(
    seconds: float, database: str | None = None, replicas: int = 1, *, kill: bool = False
) -> Report:
    """One outage of so many seconds; `kill`: every bot is killed (kill -9) in the middle of it."""
    async with scene(lanes(seconds), database, replicas) as played:
        desk, evian3 = played.stage.desk, played.clusters["evian3"]
        await evian3.set_mood(moods.slow(POST_S))
        await played.start()
        cards = await _asked(played, seconds)
        confirmed = [card for card in cards[:-1] if await insisted(played, card)]  # one is left undecided
        await evian3.until(lambda record: len(record.posts) >= 4)
        await desk.outage(True)
        began = time.time()
        late = await desk.click(ASTER, cards[-1], "confirm")
        await asyncio.sleep(seconds / 2)
        await evian3.next_mood(moods.closed(acts=True), times=2)
        for replica in played.replicas if kill else ():
            replica.kill()
        await asyncio.sleep(seconds / 2)
        posted = sum(post.at > began for post in (await evian3.record()).posts)
        told = await _said_in(played)
        await desk.outage(False)
        back = time.time()
        await played.whole()
        connected = time.time() - back
        await played.rest(REST_S)
        figures: dict[str, float] = {
            "s of outage": round(seconds),
            "jobs confirmed before it": len(confirmed),
            "clicks taken during it": int(late.acked),
            "POSTs during it": posted,
            "calls turned away": sum((await _turned_away(played)).values()),
            "messages before its end": told,
            "s until connected again": connected,
            "s until all was told": time.time() - back,
        }
        seen = await played.look()
        figures |= {"messages": len(seen.said), "ends by themselves": sum(r.ends for r in played.replicas)}
        found = await played.judged(seen)
        for place, times in (await _turned_away(played)).most_common():
            figures[f"times {place}"] = times
        if not found:
            clear(played)
    return Report(figures, found)


async def _asked(played: Scene, seconds: float) -> list[Message]:
    """The cards: a large job, small ones on both clusters, one with refused customers, one for nobody yet."""
    ids, others = iter(customer_ids("evian3", 40_000)), iter(customer_ids("fiji1", 100))
    nobody = (f"nobody{number:03}" for number in count())
    lane = played.lanes["evian3"]
    size = max(12, round(seconds * SHARE / POST_S) * lane.chunk_size * lane.concurrency)
    cards = [await large_card(played, [next(ids) for _ in range(size)])]
    for channel in (OPS, RANDOM, PRIVATE):
        for cluster, given in (("evian3", ids), ("fiji1", others)):
            line = f"/set-action T-Enable {cluster} {next(given)} {next(given)}"
            cards.append(await played.stage.ask(line, channel=channel))
    refused = " ".join(next(nobody) for _ in range(11))
    cards.append(await played.stage.ask(f"/set-action T-Enable fiji1 {refused}"))
    cards.append(await played.stage.ask(f"/set-action T-Enable fiji1 {next(others)}"))
    return cards


async def _said_in(played: Scene) -> int:
    return sum(e.kind == "message_posted" for e in await played.stage.desk.journal())


async def _turned_away(played: Scene) -> Counter[str]:
    journal = await played.stage.desk.journal()
    return Counter(e.details["path"].rpartition("/")[2] for e in journal if e.kind == "turned_away")


def main() -> int:
    """Run and report."""
    options = parser(".outage", __doc__)
    options.add_argument("--minutes", type=float, default=0.5)
    options.add_argument("--kill", action="store_true", help="kill every bot in the middle of it")
    asked = options.parse_args()
    return reported(
        asked, lambda database: run(asked.minutes * 60, database, asked.replicas, kill=asked.kill)
    )


if __name__ == "__main__":
    sys.exit(main())
