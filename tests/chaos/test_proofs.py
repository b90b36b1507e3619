"""The measured proofs, shortened: fail-over, a large job under kills, no database, no Slack."""

from collections.abc import Callable

import pytest

from tests.chaos import failover, large, no_database, outage
from tests.postgresql import postgresql

pytestmark = pytest.mark.chaos


@pytest.mark.parametrize("how", ["kill", "freeze", "stop"])
async def test_another_replica_goes_on(postgres: Callable[[], str], how: str) -> None:
    report = await failover.run(failover.Plan(postgres(), how, runs=2))
    assert report.violations == [], report
    assert report.counts["customers not accepted"] == 0


async def test_what_is_in_flight_at_a_freeze_is_settled_by_the_other_replica(
    postgres: Callable[[], str],
) -> None:
    report = await failover.run(failover.Plan(postgres(), "freeze", runs=1, busy=True))
    assert report.violations == [], report
    assert report.counts["customers not accepted"] == 0


@pytest.mark.parametrize("resend", ["auto", "ask"])
async def test_a_large_job_survives_kills(resend: str) -> None:
    plan = large.Plan(customers=3_000, kills=2, resend="ask" if resend == "ask" else "auto")
    report = await large.run(plan)
    assert report.violations == [], report
    assert report.counts["kills of a serving bot"] == 2


async def test_without_a_database_nobody_is_left_in_silence() -> None:
    with postgresql() as server:
        report = await no_database.run(server, 8)
    assert report.violations == [], report
    assert report.counts["ends by themselves, in all"] == 0


@pytest.mark.parametrize("kill", [False, True])
async def test_what_happened_while_slack_was_away_is_told_afterwards(kill: bool) -> None:
    report = await outage.run(12, kill=kill)
    assert report.violations == [], report
    assert report.counts["calls turned away"] > 0
