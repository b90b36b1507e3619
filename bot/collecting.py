"""Python's collector of garbage, told what it need not look at."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def keeping_all() -> Iterator[None]:
    """For imports: what they make is no garbage, now or ever, and searching it takes a sixth of a start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
