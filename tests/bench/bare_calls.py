"""The calls of a large job, with nothing stored and nobody told: how near the ideal can it come at all?

By hand: `python -m tests.bench.bare_calls`. As many calls as 27,682 customers make, 50 ms each, eight in
flight, from a process that does nothing else: by the bot's own client, which opens a connection for each; by
httpx with connections kept; by aiohttp with a connection for each; and the bot itself, in turns.
"""

import asyncio
import json
import math
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

import aiohttp
import httpx
from pydantic import SecretStr

from bot.cluster.client import ClusterClient
from bot.cluster.credential import StaticToken
from bot.cluster.transport import open_http
from tests.bench import parts, payloads
from tests.bench.awake import awake
from tests.bench.contestants import TOKEN
from tests.bench.wire import Wire

ROUNDS = 5
CUSTOMERS, CALL_S = 27_682, 0.05
CALLS = math.ceil(CUSTOMERS / parts.CHUNK)
IDEAL_S = math.ceil(CALLS / parts.IN_FLIGHT) * CALL_S

Call = Callable[[list[str]], Awaitable[object]]


@asynccontextmanager
async def _ours(address: str) -> AsyncIterator[Call]:
    async with open_http() as http:
        yield _client(http, address)


@asynccontextmanager
async def _kept(address: str) -> AsyncIterator[Call]:
    async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
        yield _client(http, address)


def _client(http: httpx.AsyncClient, address: str) -> Call:
    credential = StaticToken(SecretStr(TOKEN))
    client = ClusterClient(http=http, base_url=address, credential=credential, timeout_s=35)
    return lambda cids: client.set_action("T-Enable", cids)


@asynccontextmanager
async def _aiohttp(address: str) -> AsyncIterator[Call]:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    one_each = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=one_each, headers=headers) as session:

        async def call(cids: list[str]) -> None:
            content = json.dumps({"action": "T-Enable", "cids": cids})
            async with session.post(f"{address}{parts.SET_ACTION}", data=content) as answer:
                await answer.read()
                answer.raise_for_status()

        yield call


CLIENTS = {
    "the bot's client, a connection for each": _ours,
    "httpx, connections kept": _kept,
    "aiohttp, a connection for each": _aiohttp,
}
BOT = "the bot"


async def calling(name: str, address: str) -> float:
    """Seconds that all the calls take."""
    async with CLIENTS[name](address) as call:
        await call(payloads.cids(1))  # not counted: whatever is done once is done now
        numbers = iter(range(CALLS))

        async def place() -> None:
            for _ in numbers:
                await call(payloads.cids(parts.CHUNK))

        began = time.perf_counter()
        await asyncio.gather(*(place() for _ in range(parts.IN_FLIGHT)))
        return time.perf_counter() - began


async def _measured(name: str, wire: Wire) -> float:
    """Times the ideal, in a process of its own."""
    if name == BOT:
        with tempfile.TemporaryDirectory() as folder:
            return (await parts.large(Path(folder), CUSTOMERS, CALL_S))["times the ideal"]
    words = ("-m", "tests.bench.bare_calls", name, wire.address)
    process = await asyncio.create_subprocess_exec(sys.executable, *words, stdout=PIPE)
    said, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{name} failed: see above")
    return float(said) / IDEAL_S


async def main() -> None:
    """Print what each takes."""
    found: dict[str, list[float]] = {name: [] for name in (*CLIENTS, BOT)}
    with awake():
        async with Wire(events="") as wire:
            wire.cluster_s = CALL_S
            for number in range(ROUNDS):
                names = [*found][number % len(found) :] + [*found][: number % len(found)]
                for name in names:
                    found[name].append(await _measured(name, wire))
    print(f"{CALLS} calls of {CALL_S * 1000:.0f} ms, {parts.IN_FLIGHT} in flight; times {IDEAL_S:.2f} s:")
    for name, times in found.items():
        print(f"{name}: {median(times):.2f} ({min(times):.2f} to {max(times):.2f})")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(asyncio.run(calling(*sys.argv[1:])))
    else:
        asyncio.run(main())
