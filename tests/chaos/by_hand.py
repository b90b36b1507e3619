"""What all runs by hand have in common: their options, their database, their report and exit code."""

import argparse
import asyncio
from collections.abc import Callable, Coroutine
from contextlib import nullcontext

from tests.chaos.scene import Report
from tests.postgresql import postgresql


def parser(run: str, doc: str | None, *, replicas: int = 1) -> argparse.ArgumentParser:
    """The options that every run has. `run` is the module's name."""
    made = argparse.ArgumentParser(prog=f"python -m tests.chaos{run}", description=doc)
    made.add_argument(
        "--database",
        choices=("sqlite", "postgresql") if replicas == 1 else ("postgresql",),
        default="sqlite" if replicas == 1 else "postgresql",
    )
    made.add_argument("--replicas", type=int, default=replicas)
    return made


def reported(asked: argparse.Namespace, run: Callable[[str | None], Coroutine[None, None, Report]]) -> int:
    """Run it on the database asked for and print what came of it; 1 where a promise was broken."""
    if asked.database == "sqlite" and asked.replicas != 1:
        raise SystemExit("SQLite serves one process; for replicas say --database postgresql")
    with postgresql() if asked.database == "postgresql" else nullcontext() as server:
        report = asyncio.run(run(server.fresh() if server else None))
    print(report)
    return int(bool(report.violations))
