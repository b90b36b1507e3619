"""One job of 27,682 customers through kill -9's at random moments: `python -m tests.chaos.large`.

Each kill leaves as many chunks unknown as were in flight, and some POSTs are lost on their own. With
`--resend auto` the bot sends again what a read does not find; with `ask` a person presses for it.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from bot.sandbox.cluster import customer_ids, moods
from bot.sandbox.desk import Message
from bot.sandbox.workspace.people import ASTER
from tests.chaos.by_hand import parser, reported
from tests.chaos.jobs import insisted, large_card
from tests.chaos.scene import Chance, Lane, Report, Scene, clear, scene
from tests.chaos.seen import Seen

POST_S = 1.0
LOST = (
    moods.silent(acts=False),
    moods.reset(acts=False),
    moods.closed(acts=True),
    moods.bad_gateway(acts=True),
)
REST_S = 300.0
PRESS_EVERY_S = 2.0


@dataclass(frozen=True)
class Plan:
    """One job, and how often it is disturbed. `every_s`: of kills, on average, once the bot is up again."""

    database: str | None = None
    replicas: int = 1
    customers: int = 27_682
    kills: int = 20
    every_s: float = 2.0
    seed: int = 0
    resend: Literal["ask", "auto"] = "auto"


async def run(plan: Plan) -> Report:
    """Carry out the plan."""
    lane = Lane(
        resend=plan.resend, timeout_s=2.5, settle_s=4, chunk_size=150, concurrency=4, give_up_after_s=900
    )
    cids = customer_ids("evian3", plan.customers)
    async with scene({"evian3": lane}, plan.database, plan.replicas) as played:
        await played.clusters["evian3"].set_mood(moods.slow(POST_S))
        await played.start()
        asked = time.time()
        card = await large_card(played, cids)
        shown = time.time() - asked
        await insisted(played, card)
        began = time.time()
        pressing = asyncio.create_task(_press(played, card)) if plan.resend == "ask" else None
        await _kills(plan, played)
        await played.whole()
        await played.rest(REST_S)
        took = time.time() - began
        if pressing:
            pressing.cancel()
            await asyncio.gather(pressing, return_exceptions=True)
        seen = await played.look()
        figures = _figures(played, seen) | {"s from asking to its card": shown, "s in all": took}
        found = [*_ended_right(seen, cids), *await played.judged(seen)]
        if not found:
            clear(played)
    return Report(figures, found)


async def _kills(plan: Plan, played: Scene) -> None:
    chance = Chance(plan.seed)
    while sum(replica.kills_serving for replica in played.replicas) < plan.kills:
        replica = chance.choice(played.replicas)
        await replica.until_serving()
        await played.clusters["evian3"].next_mood(chance.choice(LOST))
        await asyncio.sleep(chance.uniform(0.1, 2) * plan.every_s)
        replica.kill()


async def _press(played: Scene, card: Message) -> None:
    """A person who presses "Send the rest" where the thread offers it, and "Check again" until it does."""
    while True:
        await asyncio.sleep(PRESS_EVERY_S)
        thread = (await played.stage.desk.messages(card.channel, ASTER, card.ts))[1:]
        for message in reversed(thread):
            offered = {button.action_id for button in message.buttons}
            wanted = next((name for name in ("send_rest", "check_again") if name in offered), None)
            if wanted:
                with suppress(LookupError):
                    await played.stage.desk.click(ASTER, message, wanted)
                break


def _figures(played: Scene, seen: Seen) -> dict[str, float]:
    record = seen.clusters["evian3"]
    return {
        "kills of a serving bot": sum(replica.kills_serving for replica in played.replicas),
        "ends by themselves": sum(replica.ends for replica in played.replicas),
        "POSTs": len(record.posts),
        "of them unanswered": sum(post.status is None for post in record.posts),
        "customers POSTed more than once": sum(map(len, (p.cids for p in record.posts)))
        - len({cid for post in record.posts for cid in post.cids}),
        "reads": len(record.gets),
        "resends": sum(job.resent for job in seen.jobs),
        "messages": len(seen.said),
    }


def _ended_right(seen: Seen, cids: Sequence[str]) -> list[str]:
    [job] = seen.jobs
    states = seen.clusters["evian3"].states
    found = []
    if (job.state, job.accepted) != ("done", len(cids)):
        found.append(f"the job is {job.state}, {job.accepted} of {len(cids)} accepted")
    if behind := sum(states[cid] != job.action_code for cid in cids):
        found.append(f"{behind} customers are not where the action brings them")
    return found


def main() -> int:
    """Run and report."""
    options = parser(".large", __doc__)
    options.add_argument("--kills", type=int, default=Plan.kills)
    options.add_argument("--seed", type=int, default=Plan.seed)
    options.add_argument("--resend", choices=("ask", "auto"), default=Plan.resend)
    asked = options.parse_args()
    return reported(
        asked,
        lambda database: run(
            Plan(
                database,
                asked.replicas,
                kills=asked.kills,
                seed=asked.seed,
                resend="ask" if asked.resend == "ask" else "auto",
            )
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
