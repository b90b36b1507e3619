"""What lists cost at 1,000 and at 1,000,000 jobs, side by side. By hand: `python -m tests.bench.job_lists`.

Every combination of filters, common, rare and absent; first, deep and last pages; of one busy person, of one
with few matches, of everybody; customers with one job and with very many. Times are of a whole read through
the store's door, thread hop and transaction included, with everything in memory, as it is in a running bot.
The large databases are made once, under `--folder`, in some minutes.
"""

import argparse
import asyncio
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from store import customer_history, job_lists
from store.database import Database
from store.listing_model import Grant, History, Place, Standing, Wanted, Whose
from tests.bench import large_store
from tests.bench.large_store import BUSY, EVERY, NOBODY, OFTEN, ONCE, RARE, TEAM

SMALL, LARGE = 1_000, 1_000_000
LIMIT = 11
Case = Callable[[Connection], Any]
PEOPLE = {"busy": Whose("", TEAM, BUSY), "rare": Whose("", TEAM, RARE), "nobody": Whose("", TEAM, NOBODY)}
WHOSE = {
    **PEOPLE,
    "all": Whose("", TEAM, None),
    "granted": Whose("", TEAM, None, (Grant(("evian3", "fiji1"), (1, 2, 3)), Grant(("lab",)))),
}
STANDINGS = (None, Standing.FAILED, Standing.SUCCEEDED, Standing.RUNNING)
ACTIONS = (None, 3, 5)
CLUSTERS = (None, "evian3", "fiji1", "lab")


def cases(jobs: int) -> Iterator[tuple[str, Case]]:
    """Every list, by name; `jobs`: how many there are."""
    middle = large_store.BEGAN + jobs // 2 * EVERY
    for (who, whose), standing, action, cluster in product(WHOSE.items(), STANDINGS, ACTIONS, CLUSTERS):
        wanted = Wanted(standing, action, cluster)
        name = f"{who}: {', '.join(str(part) for part in (standing, action, cluster) if part) or 'no filter'}"
        for page, place in (("", Place()), (", deep", Place(before=jobs // 2)), (", last", Place(after=1))):
            yield name + page, partial(job_lists.page, whose=whose, wanted=wanted, place=place, limit=LIMIT)
    for who, whose in WHOSE.items():
        dated = {
            "since": Wanted(Standing.FAILED, since=middle),
            "one hour": Wanted(since=middle, until=middle + timedelta(hours=1)),
            "until, failed": Wanted(Standing.FAILED, until=middle),
            "of a batch": Wanted(batch_id=1),
            "of a batch, failed": Wanted(Standing.FAILED, batch_id=1),
        }
        for name, wanted in dated.items():
            yield f"{who}: {name}", partial(job_lists.page, whose=whose, wanted=wanted, limit=LIMIT)
    for (who, whose), (often, cid) in product(
        WHOSE.items(), {"often": OFTEN, "once": ONCE, "never": "f" * 32}.items()
    ):
        for page, place in (("", Place()), (", deep", Place(before=jobs // 2))):
            yield (
                f"customer {often}, seen by {who}{page}",
                partial(customer_history.history, sights=(whose,), cid=cid, place=place, limit=LIMIT),
            )


async def measure(small: Database, large: Database, rounds: int, wanted: str) -> None:
    """Time every case on both, in turns; the worst ratios first.

    Where others use the machine too, the best of the rounds tells more than their median.
    """
    pairs = [(a, b) for a, b in zip(cases(SMALL), cases(LARGE), strict=True) if wanted in a[0]]
    random.Random(1).shuffle(pairs)  # noqa: S311
    found: list[tuple[float, float, float, float, float, str]] = []
    alike: list[float] = []
    for (name, on_small), (_, on_large) in pairs:
        times: tuple[list[float], list[float]] = ([], [])
        rows = {True: 0, False: 0}
        for number in range(rounds):
            for db, case, into in ((small, on_small, times[0]), (large, on_large, times[1])):
                begun = time.perf_counter()
                rows[db is large] = _rows(await db.read(case))
                if number >= 3:
                    into.append((time.perf_counter() - begun) * 1_000)
        (a, low), (b, high) = ((statistics.median(one), min(one)) for one in times)
        # Noise raises now the one, now the other.
        alike += [min(high / low, b / a)] if rows[True] == rows[False] else []
        found.append((high / low, b / a, low, high, b, name))
    found.sort(reverse=True)
    print(f"{rounds} rounds; ratios of the best and the median, best at 1,000 and 1,000,000, p50 there (ms)")
    for best, middle, low, high, p50, name in found[:20]:
        print(f"{best:6.2f} {middle:6.2f} {low:8.2f} {high:8.2f} {p50:8.2f}  {name}")
    for number, what in enumerate(("ratio of the best", "ratio of the medians")):
        ratios = sorted(one[number] for one in found)
        print(f"{len(found)} lists, {what}: median {ratios[len(ratios) // 2]:.2f}, worst {ratios[-1]:.2f}")
    alike.sort()
    middle = alike[len(alike) // 2]
    print(f"{len(alike)} that show as many rows, the lower: median {middle:.2f}, worst {alike[-1]:.2f}")
    slowest = max(found, key=lambda one: one[4])
    print(f"slowest at {LARGE:,} jobs: best {slowest[3]:.2f}, p50 {slowest[4]:.2f} ms, {slowest[5]}")
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def _rows(shown: Any) -> int:
    """How many jobs a list shows: at a thousand jobs a page of what is rare is not full."""
    return len(shown.deeds if isinstance(shown, History) else shown)


def main() -> None:
    """Make what is not made, then measure."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    asked.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "lists_bench")
    asked.add_argument("--rounds", type=int, default=30)
    asked.add_argument("--only", default="", help="lists whose name contains this")
    given = asked.parse_args()
    given.folder.mkdir(exist_ok=True)
    with ExitStack() as stack:
        if given.database == "sqlite":
            urls = [f"sqlite:///{given.folder}/{jobs}.sqlite3" for jobs in (SMALL, LARGE)]
        else:
            address = stack.enter_context(large_store.server(given.folder / "pg"))
            urls = [address(f"jobs{jobs}") for jobs in (SMALL, LARGE)]
        for url, jobs in zip(urls, (SMALL, LARGE), strict=True):
            if not large_store.made(url, jobs):
                print(f"making {jobs:,} jobs …", flush=True)
                large_store.make(url, jobs)
        databases = [Database(url) for url in urls]
        for db in databases:
            stack.callback(db.close)
        asyncio.run(measure(databases[0], databases[1], given.rounds, given.only))


if __name__ == "__main__":
    main()
