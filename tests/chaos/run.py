"""One chaos run: build the scene, let people and faults loose, let it come to rest, look, judge."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.cluster import customer_ids
from tests.chaos.bots import BOT, UNGUARDED
from tests.chaos.faults import Faults
from tests.chaos.operators import Operators
from tests.chaos.scene import CUSTOMERS, Chance, Lane, Report, Scene, clear, scene

LANES = {
    "evian3": Lane(resend="ask", preview_s=1, watch=True),
    "fiji1": Lane(resend="auto", preview_s=1, watch=True),
}


@dataclass(frozen=True)
class Plan:
    """What to do: the database's address (None: SQLite), kills, replicas, seed, and at what pace."""

    database: str | None = None
    kills: int = 5
    replicas: int = 1
    seed: int = 0
    pause_s: float = 12.0  # of a person between two jobs
    kill_every_s: float = 2.0
    rest_s: float = 120.0  # at most, until everything has come to rest
    negative_control: bool = False


async def run(plan: Plan) -> Report:
    """Carry out a plan in a folder of its own, which is kept where promises were broken."""
    module = UNGUARDED if plan.negative_control else BOT
    async with scene(LANES, plan.database, plan.replicas, module) as played:
        report = await _played(plan, played)
        if not report.violations or plan.negative_control:
            clear(played)
    return report


async def _played(plan: Plan, played: Scene) -> Report:
    chance = Chance(plan.seed)
    operators = Operators(played.stage.desk, _fresh(chance), Chance(chance.random()), plan.pause_s)
    faults = Faults(
        played.replicas,
        played.stage.desk,
        list(played.clusters.values()),
        plan.database,
        chance,
        plan.kill_every_s,
        plan.negative_control,
    )
    await played.start()
    await _violence(plan, operators, faults)
    await played.whole()
    await played.rest(plan.rest_s)
    seen = await played.look(operators.requests)
    counts = {
        "kills": sum(replica.kills for replica in played.replicas),
        "of a serving bot": sum(replica.kills_serving for replica in played.replicas),
        "ends by themselves": sum(replica.ends for replica in played.replicas),
        "commands": len(seen.requests),
        "jobs": sum(job.is_confirmed for job in seen.jobs),
        "POSTs": sum(len(cluster.posts) for cluster in seen.clusters.values()),
        "reads": sum(len(cluster.gets) for cluster in seen.clusters.values()),
        "sent again": sum(job.resent for job in seen.jobs),
        "messages": len(seen.said),
    }
    return Report(counts, await played.judged(seen), faults.broke)


def _fresh(chance: random.Random) -> Callable[[], tuple[str, tuple[str, ...]]]:
    """Gives a cluster and customers that were never given before; now and then one that does not exist."""
    left = {key: iter(customer_ids(key, CUSTOMERS)) for key in LANES}
    nobody = iter(range(1_000_000))

    def fresh() -> tuple[str, tuple[str, ...]]:
        key = chance.choice(tuple(LANES))
        cids = [next(left[key]) for _ in range(chance.choice((1, 1, 2, 3, 4, 8)))]
        if chance.random() < 0.15:
            cids.append(f"nobody{next(nobody):06}")
        return key, tuple(cids)

    return fresh


async def _violence(plan: Plan, operators: Operators, faults: Faults) -> None:
    done = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(operators.work(done))
        tasks.create_task(faults.others(done))
        await faults.kills(plan.kills)
        done.set()
