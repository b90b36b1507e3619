"""Generated worst cases take as long as the machine is busy: none of these tests is about time."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from bot.intake import csv_file
from tests.effort import examples

settings.register_profile(
    "worst", max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("worst")


@pytest.fixture(scope="session", autouse=True)
def few_at_once() -> Iterator[None]:
    """So that the short files made here are taken in several blocks, as long ones are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_file, "AT_ONCE", 3)
        yield
