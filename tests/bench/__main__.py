"""The benchmarks: `python -m tests.bench`, or some of them: `--only clicks,burst`. `--help` names them all.

The rounds of clicks have every contestant in turn, so that what disturbs the machine disturbs them alike; the
ratios are what counts. `--json FILE` keeps the figures; `python -m tests.bench.report FILE` puts them into
docs/performance.md.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from pathlib import Path

from tests.bench import clicks, contestants, parts
from tests.bench.awake import awake
from tests.bench.figures import Figures, machine, table
from tests.bench.replicas import replicas
from tests.postgresql import postgresql

PARTS: Mapping[str, Callable[[Path], Awaitable[parts.Found]]] = {
    "burst": parts.burst,
    "start": parts.start,
    "stored": parts.stored,
    "large": parts.large,
    "replicas": replicas,
    "field": partial(parts.large, call_s=0.3),
    "million": partial(parts.large, customers=1_000_000),
}
# Benchmarks of one thing each, which print for themselves.
PRINTING: Mapping[str, tuple[str, ...]] = {
    "arrivals": ("tests.bench.arrivals",),
    "bare_calls": ("tests.bench.bare_calls",),
    "csv_intake": ("tests.bench.csv_intake",),
    "form_intake": ("tests.bench.form_intake",),
    "job_lists": ("tests.bench.job_lists",),
    "reading": ("tests.bench.reading",),
    "outbox": ("tests.bench.outbox_simulation",),
}
HELP = 0  # in place of how many are in flight: the turns that only ask for help
SELDOM = {"million", "job_lists", "arrivals", "reading"}  # each takes minutes, so only by name


async def rounds(figures: Figures, given: argparse.Namespace, folder: Path, database: str | None) -> None:
    """Everybody in turn, with one job at a time and with eight."""
    async with AsyncExitStack() as stack:
        stack.enter_context(awake())
        ones = [
            await stack.enter_async_context(contestants.floor(name, folder, http=http))
            for http in (False, True)
            for name in ("stock", "quick", "minimal")
        ]
        ones.append(await stack.enter_async_context(contestants.floor("dashboard", folder)))
        for http, url in ((False, None), (True, None), *([(False, database)] if database else [])):
            place = Path(tempfile.mkdtemp(dir=folder))
            ones.append(await stack.enter_async_context(contestants.bot(place, http=http, database=url)))
        for one in ones:
            await clicks.run(one, 16, 8)  # not counted: whatever is done once is done now
        for number in range(given.rounds):
            turns = ones[number % len(ones) :] + ones[: number % len(ones)]
            for one in turns:
                for in_flight, jobs in ((1, given.jobs // 4), (8, given.jobs)):
                    figures.add(number, one, in_flight, await clicks.run(one, jobs, in_flight))
                if one.kind == "bot":  # what stores nothing, which the floors' turns have in them
                    asked = await clicks.run(one, given.jobs // 4, 1, talk=clicks.help_only)
                    figures.add(number, one, HELP, asked)
            print(f"round {number + 1} of {given.rounds}, load {machine()['load'][0]}", flush=True)


async def printed(words: tuple[str, ...]) -> list[str]:
    """What a benchmark says that is a program of its own."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", *words, stdout=PIPE, stderr=STDOUT)
    said, _ = await process.communicate()
    return said.decode().splitlines()


async def run(given: argparse.Namespace) -> Figures:
    """Whatever was asked for."""
    figures = Figures(machine=machine())
    wanted = set(given.only.split(",")) if given.only else {"clicks", *PARTS, *PRINTING} - SELDOM
    with ExitStack() as stack, tempfile.TemporaryDirectory(dir=given.folder) as place:
        folder = Path(place)
        if "clicks" in wanted:
            database = stack.enter_context(postgresql()).fresh() if given.postgresql else None
            await rounds(figures, given, folder, database)
            keep(figures, given.json)
        for name in (part for part in PARTS if part in wanted):
            (folder / name).mkdir()
            figures.parts[name] = dict(await PARTS[name](folder / name))
            keep(figures, given.json)
            print(f"{name} is done", flush=True)
        for name in (part for part in PRINTING if part in wanted):
            figures.words[name] = await printed(PRINTING[name])
            keep(figures, given.json)
    return figures


def keep(figures: Figures, file: Path) -> None:
    """After each part, so that none is lost with the next."""
    figures.machine["load after"] = machine()["load"]
    file.write_text(json.dumps(figures.whole(), indent=1) + "\n", encoding="utf-8")


def main() -> None:
    """Measure, print, keep."""
    asked = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description=__doc__,
        epilog=f"parts: clicks, {', '.join([*PARTS, *PRINTING])}; only by name: {', '.join(sorted(SELDOM))}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--jobs", type=int, default=200, help="of a turn with eight in flight")
    asked.add_argument("--only", default="", help="parts, by comma")
    asked.add_argument("--postgresql", action="store_true", help="the bot on PostgreSQL too")
    asked.add_argument("--folder", type=Path, default=None, help="where databases are put: the disk counts")
    asked.add_argument("--json", type=Path, default=Path("bench.json"))
    given = asked.parse_args()
    if unknown := {*filter(None, given.only.split(","))} - {"clicks", *PARTS, *PRINTING}:
        asked.error(f"no such part: {', '.join(sorted(unknown))}")
    print(table(asyncio.run(run(given))))


if __name__ == "__main__":
    main()
