"""One chaos run: build the scene, let people and faults loose, let it come to rest, look, judge."""

import asyncio
import random
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bot.sandbox.cluster import ClusterDesk, ClusterHost, customer_ids
from bot.sandbox.desk import Desk
from bot.sandbox.workspace.people import PRIVATE, RANDOM
from bot.sandbox.workspace.server import serve_workspace
from tests.chaos import checker, looking
from tests.chaos.bots import BOT, UNGUARDED, Replica
from tests.chaos.faults import Faults
from tests.chaos.operators import Operators
from tests.chaos.seen import Seen
from tests.stage import TOKEN, Stage

CLUSTERS = ("evian3", "fiji1")
CUSTOMERS = 40_000
CONCURRENCY = 2
SETTLE_S = 2.0
LOOK_EVERY_S = 0.3
FILE = """
[clusters.{key}]
base_url = "{url}"
token_env = "EVIAN3_TOKEN"
timeout_s = 0.9
settle_s = {settle_s}
chunk_size = 3
concurrency = {concurrency}
resend_unknown = "{resend}"
arrival = {{ every_s = 1, give_up_after_s = 15 }}
"""
POLICY = """
[[policy]]
who = ["*"]
may = ["request"]
actions = ["*"]
clusters = ["*"]
"""


class Chance(random.Random):
    """Chance that the same seed repeats."""


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


@dataclass(frozen=True)
class Report:
    """What came of it."""

    counts: dict[str, int]
    violations: list[str]
    broke: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [", ".join(f"{number:,} {name}" for name, number in self.counts.items())]
        lines.append("faults: " + ", ".join(f"{number} {name}" for name, number in self.broke.items()))
        lines += [f"{len(self.violations)} violations", *self.violations[:40]]
        return "\n".join(lines)


async def run(plan: Plan) -> Report:
    """Carry out a plan in a folder of its own, which is kept where promises were broken."""
    folder = Path(tempfile.mkdtemp(prefix="set-action-chaos-"))
    async with AsyncExitStack() as stack:
        access = await stack.enter_async_context(serve_workspace())
        host = await stack.enter_async_context(
            ClusterHost(clusters=CLUSTERS, token=TOKEN, customers=CUSTOMERS)
        )
        desk = await stack.enter_async_context(Desk(access.address, access.desk_token))
        clusters = [await stack.enter_async_context(ClusterDesk(host.address, name)) for name in CLUSTERS]
        stage = Stage(desk, clusters[0], access, host, folder, database=plan.database)
        for channel in (RANDOM, PRIVATE):
            await desk.invite_bot(channel)
        report = await _played(plan, stage, clusters)
    if not report.violations or plan.negative_control:
        shutil.rmtree(folder)
    else:
        report.violations.append(f"the logs and the database are in {folder}")
    return report


async def _played(plan: Plan, stage: Stage, clusters: Sequence[ClusterDesk]) -> Report:
    chance = Chance(plan.seed)
    replicas = _replicas(plan, stage)
    operators = Operators(stage.desk, _fresh(chance), Chance(chance.random()), plan.pause_s)
    faults = Faults(
        replicas, stage.desk, clusters, plan.database, chance, plan.kill_every_s, plan.negative_control
    )
    try:
        for number, replica in enumerate(replicas, start=1):
            await replica.start()
            await stage.desk.until_connected(2 * number, timeout_s=30)
        await _violence(plan, operators, faults)
        for replica in replicas:
            replica.thaw()
        await stage.desk.until_connected(2 * plan.replicas, timeout_s=30)
        await _rest(stage, plan.rest_s)
        seen = await _look(stage, clusters, operators)
    finally:
        codes = [await replica.stop() for replica in replicas]
    found = checker.violations(seen) + [f"a bot ended with {code}" for code in codes if code]
    counts = {
        "kills": sum(replica.kills for replica in replicas),
        "of a serving bot": sum(replica.kills_serving for replica in replicas),
        "ends by themselves": sum(replica.ends for replica in replicas),
        "commands": len(seen.requests),
        "jobs": sum(job.is_confirmed for job in seen.jobs),
        "POSTs": sum(len(cluster.posts) for cluster in seen.clusters.values()),
        "reads": sum(len(cluster.gets) for cluster in seen.clusters.values()),
        "sent again": sum(job.resent for job in seen.jobs),
        "messages": len(seen.said),
    }
    return Report(counts, found, faults.broke)


def _replicas(plan: Plan, stage: Stage) -> list[Replica]:
    file = stage.folder / "set-action.toml"
    tables = [
        FILE.format(
            key=key,
            url=stage.host.base_url(key),
            settle_s=SETTLE_S,
            concurrency=CONCURRENCY,
            resend="auto" if key == "fiji1" else "ask",
        )
        for key in CLUSTERS
    ]
    file.write_text("".join([*tables, POLICY]))
    module = UNGUARDED if plan.negative_control else BOT
    variables = stage.variables(file)
    return [Replica(module, variables, stage.folder / f"bot-{n}.log") for n in range(plan.replicas)]


def _fresh(chance: random.Random) -> Callable[[], tuple[str, tuple[str, ...]]]:
    """Gives a cluster and customers that were never given before; now and then one that does not exist."""
    left = {key: iter(customer_ids(key, CUSTOMERS)) for key in CLUSTERS}
    nobody = iter(range(1_000_000))

    def fresh() -> tuple[str, tuple[str, ...]]:
        key = chance.choice(CLUSTERS)
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


async def _rest(stage: Stage, within_s: float) -> None:
    """Return when nothing moves any more, or after `within_s`: then the checker says what does."""
    for _ in range(round(within_s / LOOK_EVERY_S)):
        if not any(await looking.unfinished(stage.database_url)):
            return
        await asyncio.sleep(LOOK_EVERY_S)


async def _look(stage: Stage, clusters: Sequence[ClusterDesk], operators: Operators) -> Seen:
    jobs, owners, broken, left = await looking.rows(stage.database_url)
    return Seen(
        requests=operators.requests,
        jobs=jobs,
        clusters={
            key: await looking.cluster(desk, CONCURRENCY, SETTLE_S)
            for key, desk in zip(CLUSTERS, clusters, strict=True)
        },
        said=await looking.said(stage.desk),
        listed=await looking.listed(stage.desk, jobs, owners),
        audit_broken=broken,
        outbox_left=left,
    )
