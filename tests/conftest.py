"""Fixtures for all tests: a real PostgreSQL, started once, with a database of its own for whoever asks."""

from collections.abc import Callable, Iterator

import pytest

from tests.postgresql import postgresql


def pytest_configure(config: pytest.Config) -> None:
    """Tests that share a browser or a sandbox (`xdist_group`) go to one worker, so there is one of it."""
    if config.getoption("dist", None) == "load":
        config.option.dist = "loadgroup"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """Gives the address of a fresh, empty database each time it is called."""
    with postgresql() as server:
        yield server.fresh
