"""Time and memory for large files, each in a fresh process; beside it the floor, `csv.reader` and a set.

By hand: `python -m tests.bench.csv_intake`.
"""

import csv
import multiprocessing
import re
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from bot.customer_ids import DEFAULT_ID_PATTERN
from bot.intake import csv_file
from bot.intake.ids import UnusableFile

ROUNDS = 5
CASES: dict[str, Callable[[], Iterable[str]]] = {
    "1,000,000 ids of 8, one column": lambda: (f"{n:08x}\n" for n in range(1_000_000)),
    "1,000,000 ids of 9, one column": lambda: (f"c{n:08x}\n" for n in range(1_000_000)),
    "300,000 ids of 32, heading": lambda: ("cid\n", *(f"{n:032x}\n" for n in range(300_000))),
    "1,000,000 rows, 5 ids": lambda: (f"c{n % 5:08x}\n" for n in range(1_000_000)),
    "110,000 rows of 3 columns, quoted": lambda: (
        '"name";"cust_id";"city"\r\n',
        *(f'"Smith; {n}";"{n:032x}";"Nice, {n}"\r\n' for n in range(110_000)),
    ),
    "27,682 ids of 32, two columns": lambda: (
        "cid,name\n",
        *(f'{n:032x},"Smith, {n}"\n' for n in range(27_682)),
    ),
    "50,000 bad lines": lambda: (f"!{n}\n" for n in range(50_000)),
    "hostile: 10 MB of separators": lambda: ["," * 131_000 + "\n"] * 80,
    "hostile: 10 MB of short cells": lambda: ["ab," * 43_600 + "\n"] * 80,
    "hostile: 10 MB of ids of 4": lambda: (f"{n:05x}\n"[-5:] for n in range(2_097_000)),
    "hostile: one row over 10 MB": lambda: ['"ab\n",'] * 1_747_000,
    "hostile: 10 MB of bad lines": lambda: ["!\n"] * 5_000_000,
}


def measure(path: Path) -> None:
    """Read the file once and print what it took."""
    begun, worked = time.perf_counter(), time.process_time()
    with path.open("rb") as file:
        try:
            taken = csv_file.read(file, id_pattern=DEFAULT_ID_PATTERN)
            gave = f"{len(taken.cids):,} ids, {taken.duplicates:,} duplicates, {len(taken.bad):,} bad"
        except UnusableFile as refusal:
            gave = f"refused: {refusal}"
    seconds, worked = time.perf_counter() - begun, time.process_time() - worked
    # Of this program alone: `ru_maxrss` would count what the parent held when it started us.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+)", status)
    peak = int(found[1]) // 1024 if found else 0
    print(f"  {seconds:.2f} s ({worked:.2f} s of a processor), {peak} MB peak: {gave[:80]}")
    if not gave.startswith("refused"):
        pairs = [(_read(path), _floor(path)) for _ in range(ROUNDS)]
        read, floor = (min(taken) for taken in zip(*pairs, strict=True))
        print(f"  {read / floor:.2f} times csv.reader and a set: processor time, the least of {ROUNDS} each")


def _read(path: Path) -> float:
    begun = time.process_time()
    with path.open("rb") as file:
        csv_file.read(file, id_pattern=DEFAULT_ID_PATTERN)
    return time.process_time() - begun


def _floor(path: Path) -> float:
    begun = time.process_time()
    with path.open(encoding="ascii", newline="") as file:
        seen: set[str] = set()
        for row in csv.reader(file):
            seen.update(row[:1])
    return time.process_time() - begun


def main() -> None:
    """Write each file, and have a process of its own read it."""
    fresh = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        for name, content in CASES.items():
            path = Path(folder) / "ids.csv"
            with path.open("w", encoding="ascii", newline="") as file:
                file.writelines(content())
            print(f"{name}: {path.stat().st_size / 1e6:.1f} MB", flush=True)
            reader = fresh.Process(target=measure, args=(path,))
            reader.start()
            reader.join()


if __name__ == "__main__":
    main()
