"""One replica and two on one PostgreSQL, eight clusters, sixteen people at a time; in turns, each anew."""

import statistics
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from tests.bench import clicks, contestants
from tests.bench.wire import Wire
from tests.postgresql import postgresql

ROUNDS, JOBS, PEOPLE = 3, 300, 16
CLUSTERS = tuple(f"bench{number}" for number in range(8))
CLUSTER = """
[clusters.{key}]
base_url = "{{address}}"
token_env = "BENCH_TOKEN"
preview_s = 0
concurrency = 8
arrival = {{{{ watch = false }}}}
limits = {{{{ jobs_open = 100_000, customers_per_hour = 100_000_000, cards_per_minute = 10_000 }}}}
"""
MORE = "".join(CLUSTER.format(key=key) for key in CLUSTERS)


async def replicas(folder: Path) -> Mapping[str, float]:
    """Jobs a second of each, and how many times as many two do."""
    found: dict[int, list[float]] = {1: [], 2: []}
    with postgresql() as server:
        for number in range(ROUNDS):
            for size in (1, 2) if number % 2 else (2, 1):
                place = folder / f"{number}-{size}"
                place.mkdir()
                found[size].append(await _a_second(place, server.fresh(), size))
    one, two = (statistics.median(rates) for rates in found.values())
    ratios = [both / alone for alone, both in zip(found[1], found[2], strict=True)]
    return {
        "jobs a second, one": round(one, 1),
        "jobs a second, two": round(two, 1),
        "times one": round(statistics.median(ratios), 2),
    }


async def _a_second(folder: Path, database: str, size: int) -> float:
    async with Wire() as wire, AsyncExitStack() as stack:
        bots = [
            await stack.enter_async_context(
                contestants.bot(folder, database=database, more=MORE, wire=wire, name=f"bot {number}")
            )
            for number in range(size)
        ]
        await clicks.run(bots[0], PEOPLE, PEOPLE, clusters=CLUSTERS)
        taken = await clicks.run(bots[0], JOBS, PEOPLE, clusters=CLUSTERS)
        return taken.jobs / taken.seconds
