"""A rolling restart of two replicas under load, shortened."""

from collections.abc import Callable

import pytest

from tests.chaos import roll

pytestmark = pytest.mark.chaos


@pytest.mark.parametrize("http", [True, False])
async def test_a_rolling_restart_loses_no_click_and_doubles_none(
    postgres: Callable[[], str], http: bool
) -> None:
    report = await roll.run(roll.Plan(postgres(), http, rounds=1, rate=20))
    assert report.violations == [], report
    assert report.counts["restarts"] == 2
    assert report.counts["POSTs"] == report.counts["cards"] > 50
    assert not http or report.counts["times one was taken out"] >= 2
