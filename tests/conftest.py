"""Fixtures for all tests: a real PostgreSQL, started once, with a database of its own for whoever asks."""

import gc
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.compiled import compiled_once
from tests.effort import examples
from tests.postgresql import postgresql

# Dozens of bots are started as processes of their own: each would compile all of the code once more.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Where there is memory for it, a test's files are in memory: every commit waits for a disk otherwise, for
# seconds on a busy one, and only a machine that fails would show the difference.
MEMORY = Path("/dev", "shm")
if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > 2**30:  # a container may have next to nothing
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# Plainly: by default structlog draws tracebacks with every local variable in them, which takes seconds.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.processors.KeyValueRenderer(key_order=["level", "event"]),
    ]
)


def pytest_configure(config: pytest.Config) -> None:
    """Tests that share a browser or a sandbox (`xdist_group`) go to one worker, so there is one of it."""
    if config.getoption("dist", None) == "load":
        config.option.dist = "loadgroup"


def pytest_collection_finish() -> None:
    """What was collected stays: the garbage collector need not go through it again and again."""
    gc.freeze()


# How fast examples are made says only how busy the machine is.
settings.register_profile("ordinary", max_examples=examples(40), suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ordinary")


@pytest.fixture(scope="session", autouse=True)
def engines() -> Iterator[None]:
    """Hundreds of databases, and the same SQL for all of them."""
    with compiled_once():
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """Gives the address of a fresh, empty database each time it is called."""
    with postgresql() as server:
        yield server.fresh
