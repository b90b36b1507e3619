"""`python -m tests.chaos`: the long run, by hand."""

import argparse
import asyncio
import random
import sys
from contextlib import nullcontext

from tests.chaos.database import postgresql
from tests.chaos.run import Plan, run


def main() -> int:
    """Run, report, and say by the exit code whether it came out as it must."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--replicas", type=int, default=1)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--pause", type=float, default=12.0, help="seconds of a person between two jobs")
    parser.add_argument("--negative-control", action="store_true", help="switch the guard off: it must fail")
    asked = parser.parse_args()
    if asked.database == "sqlite" and asked.replicas != 1:
        parser.error("SQLite serves one process; for replicas say --database postgresql")
    print(f"{asked.database}, {asked.kills} kills, {asked.replicas} replicas, seed {asked.seed}", flush=True)
    with postgresql() if asked.database == "postgresql" else nullcontext() as database:
        plan = Plan(
            database,
            kills=asked.kills,
            replicas=asked.replicas,
            seed=asked.seed,
            pause_s=asked.pause,
            negative_control=asked.negative_control,
        )
        report = asyncio.run(run(plan))
    print(report)
    return int(bool(report.violations) != asked.negative_control)


if __name__ == "__main__":
    sys.exit(main())
