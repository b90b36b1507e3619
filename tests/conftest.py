"""Fixtures for all tests: a real PostgreSQL, started once, with a database of its own for whoever asks."""

import os
import sys
from collections.abc import Callable, Iterator

import pytest
import structlog
from hypothesis import settings

from tests.effort import examples
from tests.postgresql import postgresql

# Dozens of bots are started as processes of their own: each would compile all of the code once more.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

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


settings.register_profile("ordinary", max_examples=examples(40))
settings.load_profile("ordinary")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """Gives the address of a fresh, empty database each time it is called."""
    with postgresql() as server:
        yield server.fresh
