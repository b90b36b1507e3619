"""What waiting for arrivals costs: the real watcher, a real cluster process, 500 jobs on it.

By hand: `python -m tests.bench.arrivals`, some two minutes; `--every 5` for a quick look.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from pathlib import Path
from uuid import uuid4

from pydantic import SecretStr
from sqlalchemy import Connection, update

from bot import cluster as cluster_api
from bot import lanes
from bot.catalogue import DEFAULT_ACTIONS, Catalogue
from bot.config import Arrival, BearerToken, Cluster, Resend
from bot.runner.watcher import Watcher
from bot.sandbox.cluster import customer_ids
from bot.sandbox.cluster.desk import ClusterDesk
from bot.turns import Bell
from bot.turns.embedded import EmbeddedTurns
from store import arrivals, chunks, customers, jobs, migrate
from store.database import Database
from store.model import ChunkState, CustomerOutcome
from store.tables import job_customers
from tests.store.samples import running

TOKEN = "cluster-token-6d1f"
KEY = "evian3"
NEVER_S = "100000"


def fill(conn: Connection, cids: tuple[str, ...], given: argparse.Namespace, base_url: str) -> None:
    """Jobs all of whose customers were accepted just now."""
    for number in range(given.jobs):
        start = number * given.size % (len(cids) - given.size)
        job = running(
            conn, cids=cids[start : start + given.size], size=given.size, base_url=base_url, uuid=uuid4()
        )
        chunk = chunks.claim(conn, KEY)
        assert chunk
        chunks.settle(
            conn, chunk, ChunkState.ACCEPTED, cause="accepted", http_status=200, message="", elapsed_s=1.0
        )
        customers.mark(conn, chunk, CustomerOutcome.ACCEPTED)
        arrivals.begin(conn, job, 0.5, 3600.0)
        chunks.finish(conn, jobs.get(conn, job.id))
    conn.execute(update(job_customers).values(seen=2))  # as the card has shown them


def configured(base_url: str, every_s: float) -> Cluster:
    """The cluster as the file would say it."""
    return Cluster(
        key=KEY,
        name="Evian 3",
        base_url=base_url,
        credential=BearerToken(SecretStr(TOKEN)),
        timeout_s=35,
        settle_s=65,
        resend_unknown=Resend.ASK,
        chunk_size=150,
        concurrency=4,
        max_customers=50_000,
        preview_s=5,
        protected=False,
        arrival=Arrival(watch=True, every_s=every_s, give_up_after_s=3600),
        announce_channel=None,
    )


async def measure(given: argparse.Namespace, address: str, base_url: str, folder: Path) -> None:
    """Watch for some intervals and print what it took of a processor."""
    url, bell = f"sqlite:///{folder / 'bot.sqlite3'}", Bell()
    db, turns = Database(url, on_ring=bell.ring), EmbeddedTurns(url, bell)
    await db.write(migrate.upgrade)
    await db.write(fill, customer_ids(KEY, given.customers), given, base_url)
    async with cluster_api.open_http() as http, ClusterDesk(address, KEY) as desk:
        lane = lanes.lane(configured(base_url, given.every), http, pictures_from=0)
        watcher = Watcher(db, turns, lane, Catalogue(DEFAULT_ACTIONS).later())
        task = asyncio.create_task(watcher.run())
        await desk.until(lambda record: len(record.gets) == 1, timeout_s=60)
        await asyncio.sleep(given.every / 2)  # between two reads, so that whole ones are counted
        begun, worked = time.perf_counter(), time.process_time()
        await asyncio.sleep(given.every * given.reads)
        took, worked = time.perf_counter() - begun, time.process_time() - worked
        reads = len((await desk.record()).gets) - 1
        watcher.stop()
        await task
    db.close()
    print(
        f"{given.jobs} jobs of {given.size} customers, {given.customers:,} on the cluster, every "
        f"{given.every:g} s:\n  {reads} reads in {took:.1f} s, {worked:.2f} s of a processor: "
        f"{worked / took:.2%} of a core, {worked / max(reads, 1) * 1000:.0f} ms a read"
    )


async def main() -> None:
    """Start the cluster, watch it, stop it."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.arrivals", description=__doc__)
    parser.add_argument("--jobs", type=int, default=500)
    parser.add_argument("--size", type=int, default=150, help="customers of a job")
    parser.add_argument("--customers", type=int, default=27_682, help="of the cluster")
    parser.add_argument("--every", type=float, default=30.0, help="seconds between two reads")
    parser.add_argument("--reads", type=int, default=3)
    given = parser.parse_args()
    arguments = ["--token", TOKEN, "--customers", str(given.customers), "--arrive-after", NEVER_S]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.sandbox.cluster", *arguments, stdout=PIPE
    )
    try:
        assert process.stdout
        where = json.loads(await process.stdout.readline())
        with tempfile.TemporaryDirectory() as folder:
            await measure(given, where["address"], where["clusters"][KEY], Path(folder))
    finally:
        process.terminate()
        await process.wait()


if __name__ == "__main__":
    asyncio.run(main())
