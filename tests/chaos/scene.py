"""The scene of a run: sandbox workspace, clusters and real bots; how it comes to rest and is looked at."""

import asyncio
import random
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bot.sandbox.cluster import ClusterDesk, ClusterHost
from bot.sandbox.desk import Desk
from bot.sandbox.workspace.people import PRIVATE, RANDOM
from bot.sandbox.workspace.server import serve_workspace
from tests.chaos import checker, looking
from tests.chaos.bots import BOT, Replica
from tests.chaos.seen import Request, Seen
from tests.stage import TOKEN, Stage

CUSTOMERS = 40_000
LOOK_EVERY_S = 0.3
QUIET_S = 3.0  # longer than any envelope is held back
FILE = """
[clusters.{key}]
base_url = "{url}"
token_env = "EVIAN3_TOKEN"
timeout_s = {lane.timeout_s}
settle_s = {lane.settle_s}
chunk_size = {lane.chunk_size}
concurrency = {lane.concurrency}
preview_s = {lane.preview_s}
resend_unknown = "{lane.resend}"
arrival = {{ watch = {watch}, every_s = 1, give_up_after_s = {lane.give_up_after_s} }}
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
class Lane:
    """How a cluster is configured, in the words of `set-action.toml`."""

    resend: Literal["ask", "auto"] = "ask"
    timeout_s: float = 0.9
    settle_s: float = 2.0
    chunk_size: int = 3
    concurrency: int = 2
    give_up_after_s: int = 15
    preview_s: float = 0
    watch: bool = False


@dataclass(frozen=True)
class Report:
    """What came of a run: figures by name, every violation in words, how often each fault was done."""

    counts: Mapping[str, float]
    violations: Sequence[str]
    broke: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [", ".join(f"{_figure(number)} {name}" for name, number in self.counts.items())]
        if self.broke:
            lines.append("faults: " + ", ".join(f"{number} {name}" for name, number in self.broke.items()))
        lines += [f"{len(self.violations)} violations", *self.violations[:40]]
        return "\n".join(lines)


def _figure(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:,.3f}"


@dataclass
class Scene:
    """Everything a run plays with. `clusters` are the desks, `lanes` their configuration, by key."""

    stage: Stage
    clusters: Mapping[str, ClusterDesk]
    lanes: Mapping[str, Lane]
    replicas: Sequence[Replica]

    @property
    def file(self) -> Path:
        """The bots' configuration."""
        return self.stage.folder / "set-action.toml"

    async def start(self) -> None:
        """Start every bot, one after the other."""
        for number, replica in enumerate(self.replicas, start=1):
            await replica.start()
            await self.stage.desk.until_connected(2 * number, timeout_s=30)

    async def whole(self) -> None:
        """Return once every bot is there and hears Slack."""
        for replica in self.replicas:
            replica.thaw()
            await replica.until_serving()
        await self.stage.desk.until_connected(2 * len(self.replicas), timeout_s=60)

    async def rest(self, within_s: float) -> None:
        """Return when nothing has moved for a while, or after `within_s`: then the checker says what does.

        A while, because an envelope that was held back may still be on its way.
        """
        quiet = 0
        for _ in range(round(within_s / LOOK_EVERY_S)):
            quiet = 0 if any(await looking.unfinished(self.stage.database_url)) else quiet + 1
            if quiet * LOOK_EVERY_S > QUIET_S:
                return
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self, requests: Sequence[Request] = ()) -> Seen:
        """Everything there is to see from outside; the bots must run, for they are asked for `/my-jobs`."""
        jobs, owners, broken, left = await looking.rows(self.stage.database_url)
        return Seen(
            requests=requests,
            jobs=jobs,
            clusters={
                key: await looking.cluster(desk, self.lanes[key].concurrency, self.lanes[key].settle_s)
                for key, desk in self.clusters.items()
            },
            said=await looking.said(self.stage.desk),
            listed=await looking.listed(self.stage.desk, jobs, owners),
            audit_broken=broken,
            outbox_left=left,
        )

    async def judged(self, seen: Seen) -> list[str]:
        """Stop the bots, and say every promise that was broken."""
        codes = [await replica.stop() for replica in self.replicas]
        found = checker.violations(seen) + [f"a bot ended with {code}" for code in codes if code]
        if found:
            found.append(f"the logs and the database are in {self.stage.folder}")
        return found


@asynccontextmanager
async def scene(
    lanes: Mapping[str, Lane], database: str | None = None, replicas: int = 1, module: str = BOT
) -> AsyncIterator[Scene]:
    """A scene in a folder of its own, with `replicas` bots not started yet. `database` None: SQLite."""
    folder = Path(tempfile.mkdtemp(prefix="set-action-chaos-"))
    async with AsyncExitStack() as stack:
        access = await stack.enter_async_context(serve_workspace())
        host = await stack.enter_async_context(
            ClusterHost(clusters=tuple(lanes), token=TOKEN, customers=CUSTOMERS)
        )
        desk = await stack.enter_async_context(Desk(access.address, access.desk_token))
        clusters = {key: await stack.enter_async_context(ClusterDesk(host.address, key)) for key in lanes}
        for channel in (RANDOM, PRIVATE):
            await desk.invite_bot(channel)
        stage = Stage(desk, next(iter(clusters.values())), access, host, folder, database=database)
        variables = stage.variables(folder / "set-action.toml")
        bots = [Replica(module, variables, folder / f"bot-{number}.log") for number in range(replicas)]
        played = Scene(stage, clusters, lanes, bots)
        tables = [
            FILE.format(key=key, url=host.base_url(key), lane=lane, watch=str(lane.watch).lower())
            for key, lane in lanes.items()
        ]
        played.file.write_text("".join([*tables, POLICY]))
        try:
            yield played
        finally:
            for bot in bots:
                await bot.stop()


def clear(played: Scene) -> None:
    """Put away the logs and the database of a run that kept its promises."""
    shutil.rmtree(played.stage.folder)
