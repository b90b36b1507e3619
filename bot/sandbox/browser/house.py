"""The three processes behind the page: workspace, clusters and the real bot, with clocks people can watch."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.sandbox.browser.bot_process import BotProcess
from bot.sandbox.browser.cluster_side import ClusterSide
from bot.sandbox.browser.pulse import Pulse
from bot.sandbox.cluster.site import ACTIONS
from bot.sandbox.desk import Desk
from bot.sandbox.grounds import grounds

BEHAVIOUR = ("--customers", "400", "--arrive-after", "3")
NAMES: Mapping[str, str] = {"evian3": "Evian 3", "fiji1": "Fiji 1", "davos2": "Davos 2"}

# Small chunks and short clocks, so that one sees a job go on and a time-out end; the rest is as in the field.
CONFIGURATION = """
[clusters.evian3]
name = "Evian 3"
base_url = "{evian3}"
token_env = "EVIAN3_TOKEN"
timeout_s = 6
settle_s = 8
chunk_size = 25
concurrency = 2
arrival = {{ every_s = 2, give_up_after_s = 60 }}

[clusters.fiji1]
name = "Fiji 1"
base_url = "{fiji1}"
token_env = "FIJI1_TOKEN"
timeout_s = 6
settle_s = 8
arrival = {{ every_s = 2, give_up_after_s = 60 }}

# Somebody else must approve what is to be done there.
[clusters.davos2]
name = "Davos 2"
base_url = "{davos2}"
token_env = "EVIAN3_TOKEN"
timeout_s = 6
settle_s = 8
protected = true
arrival = {{ every_s = 2, give_up_after_s = 60 }}

[cards]
open_per_user = 50

[[policy]]
who = ["U0ASTER", "U0BRAM", "U0DANA"]
may = ["request"]
actions = ["*"]
clusters = ["*"]

[[policy]]
who = ["U0BRAM"]
may = ["approve"]
actions = ["*"]
clusters = ["*"]

[[policy]]
who = ["U0DANA"]
may = ["admin", "audit"]
actions = ["*"]
clusters = ["*"]
"""


@dataclass(frozen=True, slots=True)
class House:
    """The running sandbox, as the page's server uses it. `tasks` are situations that go on by themselves."""

    desk: Desk
    bot: BotProcess
    clusters: Mapping[str, ClusterSide]
    pulse: Pulse
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def disarm(self) -> None:
        """End every situation that still waits to go on by itself."""
        await _ended(self.tasks)


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[House]:
    """Start everything with all it keeps in `folder`; stop it at the end. Raises DidNotStart."""
    async with (
        grounds(folder, tuple(NAMES), BEHAVIOUR, CONFIGURATION.format) as ground,
        AsyncExitStack() as stack,
    ):
        desk, pulse = ground.desk, Pulse()
        clusters = {key: ClusterSide(key, NAMES[key], at, pulse.beat) for key, at in ground.clusters.items()}
        await _furnished(clusters)
        bot = await stack.enter_async_context(BotProcess(folder, ground.environment, desk, pulse.beat))
        running = House(desk, bot, clusters, pulse)
        following = [asyncio.create_task(side.follow()) for side in clusters.values()]
        following.append(asyncio.create_task(_follow(desk, pulse)))
        stack.push_async_callback(_ended, following)
        stack.push_async_callback(_ended, running.tasks)
        yield running


async def _furnished(clusters: Mapping[str, ClusterSide]) -> None:
    """Most customers are in PE-Enable, some are not: a card has something to tell."""
    for side in clusters.values():
        states = list(await side.desk.customers())
        await side.desk.set_customers(dict.fromkeys(states[340:380], ACTIONS["Tran-Begin"]))
        await side.desk.set_customers(dict.fromkeys(states[380:], ACTIONS["T-Enable"]))
        await side.behave("normal")
        await side.look()


async def _follow(desk: Desk, pulse: Pulse) -> None:
    """A beat for everything that happens in the workspace."""
    seen = 0
    while True:
        newest = await desk.until_more(seen)
        if newest > seen:
            seen = newest
            pulse.beat()


async def _ended(tasks: set[asyncio.Task[None]] | list[asyncio.Task[None]]) -> None:
    ending = list(tasks)
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)
