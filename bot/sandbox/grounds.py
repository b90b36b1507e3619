"""What the bot needs under its feet: a workspace, clusters and its configuration, in one folder."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.cluster.desk import ClusterDesk
from bot.sandbox.desk import Desk
from bot.sandbox.processes import first_line, process

CLUSTER_TOKEN = "sandbox-cluster-token"  # noqa: S105 - good at no other cluster
WRONG_TOKEN = "a-token-nobody-knows"  # noqa: S105


@dataclass(frozen=True, slots=True)
class Grounds:
    """Both running; `environment` is what the bot is told, addresses and tokens."""

    desk: Desk
    clusters: Mapping[str, ClusterDesk]
    environment: Mapping[str, str]


@asynccontextmanager
async def grounds(
    folder: Path, clusters: Sequence[str], behaviour: Sequence[str], configuration: Callable[..., str]
) -> AsyncIterator[Grounds]:
    """Start a workspace and these clusters with all they keep in `folder`; stop them at the end.

    `behaviour`: more arguments of the clusters' process; `configuration`: makes the bot's from the clusters'
    addresses, given by name. Raises DidNotStart.
    """
    calls = ["--calls", str(folder / "cluster.jsonl")]
    arguments = ["-m", "bot.sandbox.cluster", "--token", CLUSTER_TOKEN, *calls, *behaviour]
    for name in clusters:
        arguments += ["--cluster", name]
    async with AsyncExitStack() as stack:
        # Spawned one after the other, so that each is known before the next: being spawned is no long wait.
        journal = ["--journal", str(folder / "workspace.jsonl")]
        command = process("workspace", ["-m", "bot.sandbox.workspace", *journal], folder)
        workspace = await stack.enter_async_context(command)
        host = await stack.enter_async_context(process("cluster", arguments, folder))
        told, address = await asyncio.gather(first_line(workspace), first_line(host))
        config = folder / "set-action.toml"
        config.write_text(configuration(**address["clusters"]), encoding="utf-8")
        environment = {
            "SLACK_API_URL": told["api_url"],
            "SLACK_BOT_TOKEN": told["bot_token"],
            "SLACK_APP_TOKEN": told["app_token"],
            "DATABASE_URL": f"sqlite:///{folder / 'bot.sqlite3'}",
            "SET_ACTION_CONFIG": str(config),
            "EVIAN3_TOKEN": CLUSTER_TOKEN,
            "FIJI1_TOKEN": WRONG_TOKEN,
        }
        desk = await stack.enter_async_context(Desk(told["address"], told["desk_token"]))
        desks = {
            name: await stack.enter_async_context(ClusterDesk(address["address"], name)) for name in clusters
        }
        yield Grounds(desk, desks, environment)
