"""Those that are measured, each a process of its own, started, asked what they use, and stopped."""

import asyncio
import os
import re
import socket
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.wire import SECRET, Wire

ROOT = Path(__file__).parents[2]
TICK_S = 1 / os.sysconf("SC_CLK_TCK")
TOKEN = "cluster-token-6d1f"

CONFIGURATION = """
[clusters.bench]
base_url = "{address}"
token_env = "BENCH_TOKEN"
preview_s = 0
concurrency = 8
max_customers = 1_000_000
arrival = {{ watch = false }}
limits = {{ jobs_open = 100_000, customers_per_hour = 100_000_000, cards_per_minute = 10_000 }}

[limits]
jobs_open = 100_000
customers_per_hour = 100_000_000
cards_per_minute = 10_000

[cards]
open_per_user = 100

[pictures]
from_customers = 0

[[policy]]
who = ["*"]
may = ["request"]
actions = ["*"]
clusters = ["*"]
{more}
"""


@dataclass
class Contestant:
    """A running process and the wire it talks to."""

    name: str
    process: Process
    wire: Wire
    folder: Path
    address: str = ""  # where it listens itself
    ready_s: float = 0.0
    kind: str = field(init=False)

    def __post_init__(self) -> None:
        self.kind = self.name.partition(",")[0]

    def cpu(self) -> float:
        """Seconds of a processor it has used."""
        spent = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return sum(map(int, spent[11:13])) * TICK_S

    def memory(self, what: str = "VmRSS") -> float:
        """Megabytes: resident now, or at most (`VmHWM`)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        found = re.search(rf"{what}:\s+(\d+)", status)
        return int(found[1]) / 1024 if found else 0.0


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@asynccontextmanager
async def floor(name: str, folder: Path, *, http: bool = False) -> AsyncIterator[Contestant]:
    """A floor of `floors.py`, or the dashboard."""
    port = free_port() if http or name == "dashboard" else 0
    words = ["tests.bench.dashboard"] if name == "dashboard" else ["tests.bench.floors", name]
    shown = f"{name}, {'HTTP' if port else 'Socket Mode'}"
    async with _wire(port if name != "dashboard" else 0) as wire:
        variables = {
            "SLACK_API_URL": f"{wire.address}/api/",
            "CLUSTER": wire.address,
            "SECRET": SECRET,
            "PORT": str(port),
            "DATABASE": str(folder / f"{name}.sqlite3"),
        }
        async with _process(shown, words, variables, folder, wire) as one:
            one.address = f"http://127.0.0.1:{port}"
            yield await _started(one, port)


@asynccontextmanager
async def bot(
    folder: Path,
    *,
    http: bool = False,
    database: str | None = None,
    module: str = "tests.bench.unpaced",
    more: str = "",
    wire: Wire | None = None,
    name: str = "bot",
) -> AsyncIterator[Contestant]:
    """The real bot, by default without the pace it keeps for Slack; `wire`: beside another there."""
    port = free_port() if http else 0
    shown = f"{name}, {'HTTP' if http else 'Socket Mode'}{', PostgreSQL' if database else ''}"
    async with _wire(port, wire) as own:
        file = folder / "set-action.toml"
        file.write_text(CONFIGURATION.format(address=own.address, more=more.format(address=own.address)))
        variables = {
            "SLACK_BOT_TOKEN": "xoxb-bench-token",
            "SLACK_APP_TOKEN": "xapp-bench-token",
            "SLACK_SIGNING_SECRET": SECRET,
            "SLACK_API_URL": f"{own.address}/api/",
            "DATABASE_URL": database or f"sqlite:///{folder / 'bot.sqlite3'}",
            "SET_ACTION_CONFIG": str(file),
            "BENCH_TOKEN": TOKEN,
        }
        words = [module, "run", *(["--http", f"127.0.0.1:{port}"] if http else [])]
        before = own.connected
        async with _process(shown, words, variables, folder, own) as one:
            yield await _started(one, port, before + 2)


@asynccontextmanager
async def _wire(port: int, wire: Wire | None = None) -> AsyncIterator[Wire]:
    if wire:
        yield wire
        return
    async with Wire(events=f"http://127.0.0.1:{port}/slack/events" if port else "") as own:
        yield own


@asynccontextmanager
async def _process(
    name: str, words: Sequence[str], variables: Mapping[str, str], folder: Path, wire: Wire
) -> AsyncIterator[Contestant]:
    # As where it is installed, what was compiled once is kept, whatever this machine's wishes are.
    around = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with (folder / f"{name}.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *words, env={**around, **variables}, stdout=log, stderr=log, cwd=ROOT
        )
        try:
            yield Contestant(name, process, wire, folder)
        finally:
            if process.returncode is None:
                process.terminate()
            try:
                async with asyncio.timeout(15):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


async def _started(one: Contestant, port: int, sockets: int = 1, within_s: float = 60) -> Contestant:
    """Once it can be reached by Slack; how long that took is kept."""
    began = time.perf_counter()
    while time.perf_counter() - began < within_s and one.process.returncode is None:
        if await _reached(port) if port else one.wire.connected >= sockets:
            one.ready_s = time.perf_counter() - began
            return one
        await asyncio.sleep(0.005)
    log = one.folder / f"{one.name}.log"
    raise RuntimeError(f"{one.name} did not start:\n{log.read_text(encoding='utf-8')[-2000:]}")


async def _reached(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
