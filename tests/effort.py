"""How hard the generated tests search: a little in every run, much longer by hand with `EFFORT=10`."""

import os

from hypothesis import HealthCheck, settings

EFFORT = float(os.environ.get("EFFORT", "1"))


def examples(few: int) -> int:
    """So many examples in an ordinary run, and as many times that as the effort is."""
    return max(1, round(few * EFFORT))


def courses(few: int, steps: int) -> settings:
    """For whole courses of a bot: `few` in an ordinary run, the same ones each time; else new ones."""
    return settings(
        max_examples=examples(few),
        stateful_step_count=steps,
        deadline=None,
        derandomize=EFFORT == 1,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
