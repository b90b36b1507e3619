"""`python -m tests.chaos`: the long run, by hand."""

import random
import sys

from tests.chaos.by_hand import parser, reported
from tests.chaos.run import Plan, run


def main() -> int:
    """Run, report, and say by the exit code whether it came out as it must."""
    options = parser("", __doc__)
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    options.add_argument("--pause", type=float, default=12.0, help="seconds of a person between two jobs")
    options.add_argument("--negative-control", action="store_true", help="switch the guard off: it must fail")
    asked = options.parse_args()
    print(f"{asked.database}, {asked.kills} kills, {asked.replicas} replicas, seed {asked.seed}", flush=True)
    broken = reported(
        asked,
        lambda database: run(
            Plan(
                database,
                kills=asked.kills,
                replicas=asked.replicas,
                seed=asked.seed,
                pause_s=asked.pause,
                negative_control=asked.negative_control,
            )
        ),
    )
    return int(bool(broken) != asked.negative_control)


if __name__ == "__main__":
    sys.exit(main())
