"""The three processes of the sandbox: workspace, clusters and the real bot, each told only addresses."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.sandbox.cluster.desk import ClusterDesk
from bot.sandbox.desk import Desk
from bot.sandbox.processes import DidNotStart, connected, first_line, process

__all__ = ["DidNotStart", "House", "house"]

CLUSTER_TOKEN = "sandbox-cluster-token"  # noqa: S105
NAMED = ("evian3", "fiji1", "davos2", "geneva5")
CLUSTERS = (
    *(word for name in NAMED for word in ("--cluster", name)),
    *("--customers", "300", "--arrive-after", "0.2"),
)

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
    async with AsyncExitStack() as stack:
        # Spawned one after the other, so that each is known before the next: being spawned is no long wait.
        cluster_arguments = ["-m", "bot.sandbox.cluster", "--token", CLUSTER_TOKEN, *CLUSTERS]
        workspace = await stack.enter_async_context(
            process("workspace", ["-m", "bot.sandbox.workspace"], folder)
        )
        clusters = await stack.enter_async_context(process("cluster", cluster_arguments, folder))
        told, address = await asyncio.gather(first_line(workspace), first_line(clusters))
        config = folder / "set-action.toml"
        config.write_text(CONFIGURATION.format(**address["clusters"], **_freeze()))
        desk = await stack.enter_async_context(Desk(told["address"], told["desk_token"]))
        environment = {
            "SLACK_API_URL": told["api_url"],
            "SLACK_BOT_TOKEN": told["bot_token"],
            "SLACK_APP_TOKEN": told["app_token"],
            "DATABASE_URL": f"sqlite:///{folder / 'bot.sqlite3'}",
            "SET_ACTION_CONFIG": str(config),
            "EVIAN3_TOKEN": CLUSTER_TOKEN,
            "FIJI1_TOKEN": "a-token-nobody-knows",
        }
        bot = await stack.enter_async_context(process("bot", ["-m", "bot", "run"], folder, environment))
        await connected(desk, bot, folder)
        desks = {
            name: await stack.enter_async_context(ClusterDesk(address["address"], name)) for name in NAMED
        }
        yield House(desk, desks["evian3"], desks["fiji1"], desks, folder / "bot.log")


def _freeze() -> dict[str, str]:
    """A day that began a minute ago, in UTC."""
    today = datetime.now(UTC) - timedelta(minutes=1)
    return {"today": f"{today:%Y-%m-%dT%H:%M}", "tomorrow": f"{today + timedelta(days=1):%Y-%m-%dT%H:%M}"}
