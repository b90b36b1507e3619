"""PostgreSQL refuses everybody for a while, with jobs under way: `python -m tests.chaos.no_database`.

People go on asking and pressing meanwhile, and must never be left in silence: every click is answered by the
bot, or by Slack where no bot took it. Afterwards everything must end right.
"""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Iterator

from bot.sandbox.cluster import customer_ids, moods
from bot.sandbox.desk import Message
from bot.sandbox.workspace.people import ASTER, OPS, PRIVATE, RANDOM
from tests.chaos.by_hand import parser
from tests.chaos.jobs import insisted, large_card
from tests.chaos.scene import CUSTOMERS, Lane, Report, Scene, clear, scene
from tests.postgresql import Server, postgresql
from tests.stage import words

LANE = Lane(resend="auto", timeout_s=3, settle_s=5, concurrency=2, give_up_after_s=900)
POST_S = 1.0
PRESS_EVERY_S = 3.0
WORDS_S = 10.0  # until a person must have been told something
REST_S = 180.0


async def run(server: Server, seconds: float, replicas: int = 2, *, kill: bool = False) -> Report:
    """Refused for so many seconds; `kill`: one bot is killed (kill -9) meanwhile, and started again."""
    cids = iter(customer_ids("evian3", CUSTOMERS))
    async with scene({"evian3": LANE}, server.fresh(), replicas) as played:
        evian3 = played.clusters["evian3"]
        await evian3.set_mood(moods.slow(POST_S))
        await played.start()
        size = round(seconds) * LANE.chunk_size
        large = await large_card(played, [next(cids) for _ in range(size)])
        cards = [
            await played.stage.ask(f"/set-action T-Enable evian3 {next(cids)}", channel=channel)
            for channel in (OPS, RANDOM, PRIVATE) * 2
        ]
        await insisted(played, large)
        await evian3.until(lambda record: len(record.posts) >= 4)
        await asyncio.to_thread(server.stop)
        began = time.time()
        if kill:
            played.replicas[0].kill()
        answers = await _meanwhile(played, cards, cids, began + seconds)
        ends = sum(replica.ends for replica in played.replicas)
        posted = sum(post.at > began for post in (await evian3.record()).posts)
        await asyncio.to_thread(server.start)
        back = time.time()
        resumed = await evian3.until(
            lambda record: any(post.at > back for post in record.posts), timeout_s=REST_S
        )
        await played.whole()
        pressed = [await insisted(played, card) for card in cards]
        await played.rest(REST_S)
        seen = await played.look()
        figures: dict[str, float] = {
            "s refused": back - began,
            "POSTs meanwhile": posted,
            "s until the next POST": min(post.at for post in resumed.posts if post.at > back) - back,
            "s until all was at rest": time.time() - back,
            "jobs": sum(job.is_confirmed for job in seen.jobs),
            "ends by themselves, meanwhile": ends,
            "ends by themselves, in all": sum(replica.ends for replica in played.replicas),
            "pressed again afterwards": sum(pressed),
            **{f"times {answer}": times for answer, times in answers.most_common()},
        }
        found = await played.judged(seen)
        found += ["a person was left in silence"] * answers["silence"]
        found += [f"job {job.uuid[:8]}: {job.state}" for job in seen.jobs if job.state not in OVER]
        if not found:
            clear(played)
    return Report(figures, found)


OVER = ("done", "proposed", "expired")


async def _meanwhile(played: Scene, cards: list[Message], cids: Iterator[str], end: float) -> Counter[str]:
    """What people were told who pressed and typed until `end`."""
    answers: Counter[str] = Counter()
    turns = 0
    while time.time() < end:
        turns += 1
        card = cards[turns % len(cards)]
        answers[await _clicked(played, card)] += 1
        line = f"/set-action T-Enable evian3 {next(cids)}"
        typed = await played.stage.desk.command(ASTER, card.channel, line)
        answers[f"typed: {_kind(words(typed.message))}" if typed.message else "silence"] += 1
        await asyncio.sleep(max(0.0, min(PRESS_EVERY_S, end - time.time())))
    return answers


async def _clicked(played: Scene, card: Message) -> str:
    desk = played.stage.desk
    earlier = {m.ts for m in await desk.messages(card.channel, ASTER)}
    reaction = await desk.click(ASTER, card, "confirm")
    if not reaction.acked:
        return "clicked: Slack says that the app did not answer"
    try:
        told = await desk.until_message(
            card.channel, ASTER, lambda m: m.ephemeral and m.ts not in earlier, timeout_s=WORDS_S
        )
    except TimeoutError:
        return "silence"
    return f"clicked: {_kind(words(told))}"


def _kind(said: str) -> str:
    return " ".join(said.split()[:5])


def main() -> int:
    """Run and report."""
    options = parser(".no_database", __doc__, replicas=2)
    options.add_argument("--seconds", type=float, default=60.0)
    options.add_argument("--kill", action="store_true", help="kill one bot meanwhile")
    asked = options.parse_args()
    with postgresql() as server:
        report = asyncio.run(run(server, asked.seconds, asked.replicas, kill=asked.kill))
    print(report)
    return int(bool(report.violations))


if __name__ == "__main__":
    sys.exit(main())
