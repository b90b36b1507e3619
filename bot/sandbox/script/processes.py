"""The three processes of the sandbox: workspace, clusters and the real bot, each told only addresses."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from bot.sandbox.cluster.desk import ClusterDesk
from bot.sandbox.desk import Desk
from bot.sandbox.grounds import grounds
from bot.sandbox.processes import DidNotStart, connected, process

__all__ = ["DidNotStart", "House", "house"]

NAMED = ("evian3", "fiji1", "davos2", "geneva5")
BEHAVIOUR = ("--customers", "300", "--arrive-after", "0.2")

# The bot's clocks, ten times as fast as in the field; the cluster's answers in the script likewise.
CONFIGURATION = """
[clusters.evian3]
name = "Evian 3"
base_url = "{evian3}"
token_env = "EVIAN3_TOKEN"
timeout_s = 3.5
settle_s = 5
arrival = {{ every_s = 0.5, give_up_after_s = 6 }}
concurrency = 1

[clusters.fiji1]
name = "Fiji 1"
base_url = "{fiji1}"
token_env = "FIJI1_TOKEN"

[clusters.davos2]
name = "Davos 2"
base_url = "{davos2}"
token_env = "EVIAN3_TOKEN"
protected = true

[clusters.geneva5]
name = "Geneva 5"
base_url = "{geneva5}"
token_env = "EVIAN3_TOKEN"

[[clusters.geneva5.freeze]]
from = "{today}"
to = "{tomorrow}"
timezone = "UTC"
reason = "quarter end, until finance has closed its books"

[cards]
expire_after_s = 8

[approvals]
expire_after_s = 5
remind_after_s = [2]

[[policy]]
who = ["*"]
may = ["request"]
actions = ["*"]
clusters = ["*"]

[[policy]]
who = ["U0BRAM"]
may = ["approve"]
actions = ["*"]
clusters = ["davos2"]

[[policy]]
who = ["U0CLEO"]
may = ["admin"]
actions = ["*"]
clusters = ["geneva5"]

[[policy]]
who = ["U0ASTER"]
may = ["admin", "audit"]
actions = ["*"]
clusters = ["*"]
"""


@dataclass(frozen=True, slots=True)
class House:
    """The running sandbox, as the script uses it."""

    desk: Desk
    evian3: ClusterDesk
    fiji1: ClusterDesk
    clusters: Mapping[str, ClusterDesk]
    log: Path


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[House]:
    """Start the three processes with all they keep in `folder`; stop them at the end. Raises DidNotStart."""
    configuration = partial(CONFIGURATION.format, **_freeze())
    async with (
        grounds(folder, NAMED, BEHAVIOUR, configuration) as ground,
        process("bot", ["-m", "bot", "run"], folder, ground.environment) as bot,
    ):
        await connected(ground.desk, bot, folder)
        desks = ground.clusters
        yield House(ground.desk, desks["evian3"], desks["fiji1"], desks, folder / "bot.log")


def _freeze() -> dict[str, str]:
    """A day that began a minute ago, in UTC."""
    today = datetime.now(UTC) - timedelta(minutes=1)
    return {"today": f"{today:%Y-%m-%dT%H:%M}", "tomorrow": f"{today + timedelta(days=1):%Y-%m-%dT%H:%M}"}
