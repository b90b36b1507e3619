"""A short chaos run on each database, and one with the guard switched off, which must break the promises."""

from collections.abc import Callable

import pytest

from tests.chaos.run import Plan, run

pytestmark = pytest.mark.chaos


async def test_one_bot_on_sqlite_keeps_its_promises_under_violence() -> None:
    report = await run(Plan(kills=4, seed=11, pause_s=4, kill_every_s=3))
    assert report.violations == [], report
    assert report.counts["of a serving bot"] == 4
    assert report.counts["jobs"] >= 5


async def test_two_replicas_on_postgresql_keep_their_promises_under_violence(
    postgres: Callable[[], str],
) -> None:
    report = await run(Plan(postgres(), kills=4, replicas=2, seed=12, pause_s=4, kill_every_s=3))
    assert report.violations == [], report
    assert report.counts["of a serving bot"] == 4
    assert report.counts["jobs"] >= 5


async def test_without_the_guard_the_checker_reports_duplicates() -> None:
    report = await run(Plan(kills=4, seed=13, pause_s=3, rest_s=30, negative_control=True))
    assert any(found.startswith("posted_once: ") for found in report.violations), report
