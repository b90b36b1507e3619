"""How hard the generated tests search: a little in every run, much longer by hand with `EFFORT=10`."""

import os

EFFORT = float(os.environ.get("EFFORT", "1"))


def examples(few: int) -> int:
    """So many examples in an ordinary run, and as many times that as the effort is."""
    return max(1, round(few * EFFORT))
