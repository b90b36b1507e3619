"""A million customers kept in one transaction, or in many. By hand: `python -m tests.bench.kept_in_parts`.

In many, others would get their turn in between. Ids that come in order beside random ones, as real ones are:
the index of ids makes the difference.
"""

import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from store import migrate
from store.database import Database

IDS = 1_000_000
AT_ONCE = 50_000  # ids in one statement
KEEP = """
INSERT INTO job_customers (job_id, position, cid, outcome) SELECT 1, ? + key, value, 0 FROM json_each(?)
"""


def main() -> None:
    """Print what each took."""
    ids = random.Random(1)  # noqa: S311 - not a secret, and the same each time
    for name, cids in (
        ("in order", [f"{number:032x}" for number in range(IDS)]),
        ("random", [f"{ids.getrandbits(128):032x}" for _ in range(IDS)]),
    ):
        for part in (IDS, AT_ONCE, 5_000):
            print(f"{name}, {IDS // part} of {part:,}: {_kept(cids, part)}", flush=True)


def _kept(cids: Sequence[str], part: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "bot.sqlite3"
        with closing(Database(f"sqlite:///{file}")) as db, db.engine.begin() as conn:
            migrate.upgrade(conn)
        with closing(sqlite3.connect(file, isolation_level=None)) as disk:
            disk.execute("PRAGMA synchronous = FULL")
            disk.execute("PRAGMA cache_size = -16000")
            written, begun, longest = _written(), time.perf_counter(), 0.0
            for first in range(0, len(cids), part):
                began = time.perf_counter()
                disk.execute("BEGIN IMMEDIATE")
                for start in range(first, first + part, AT_ONCE):
                    some = cids[start : min(start + AT_ONCE, first + part)]
                    disk.execute(KEEP, (start, json.dumps(some)))
                disk.execute("COMMIT")
                longest = max(longest, time.perf_counter() - began)
            took, megabytes = time.perf_counter() - begun, (_written() - written) / 1e6
            return f"{took:.1f} s, the longest {longest * 1000:.0f} ms, {megabytes:,.0f} MB written"


def _written() -> int:
    """Bytes that this process had the disk write."""
    return int(Path("/proc/self/io").read_text(encoding="ascii").partition("\nwrite_bytes: ")[2].split()[0])


if __name__ == "__main__":
    main()
