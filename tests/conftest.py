"""Fixtures for all tests: a real PostgreSQL, started once, with a database of its own for whoever asks."""

from collections.abc import Callable, Iterator

import pytest

from tests.postgresql import postgresql


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """Gives the address of a fresh, empty database each time it is called."""
    with postgresql() as server:
        yield server.fresh
