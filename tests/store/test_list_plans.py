"""Filters, a customer's history, the record by period: by an index, sorting nothing but what is shown."""

from datetime import UTC, datetime
from functools import partial
from itertools import product

import pytest

from store import customer_history, job_lists, records
from store.database import Database
from store.listing_model import Grant, Place, Standing, Wanted, Whose
from store.records_model import Period
from tests.store.samples import ASTER
from tests.store.test_query_plans import OWNED, fill, plans

OWN, ALL = Whose.own(ASTER), Whose("", ASTER.team_id, None)
LIMITED = Whose("", ASTER.team_id, None, (Grant(("evian3",), (3,)),))
PLACES = (Place(), Place(before=500), Place(after=5))


@pytest.mark.parametrize(
    ("whose", "index"),
    [
        (OWN, f"ix_jobs_own_kinds ({OWNED}"),
        (ALL, "ix_jobs_kinds (enterprise_id=? AND team_id=?"),
        (LIMITED, "ix_jobs_kinds (enterprise_id=? AND team_id=?"),
    ],
)
async def test_every_filter_goes_by_the_index_of_kinds(db: Database, whose: Whose, index: str) -> None:
    await db.write(fill)
    for standing, code, cluster, place in product(
        (Standing.FAILED, None), (3, None), ("evian3", None), PLACES
    ):
        wanted = Wanted(standing, code, cluster)
        if whose.grants is None and wanted == Wanted():
            continue
        [plan] = await db.read(
            plans, partial(job_lists.page, whose=whose, wanted=wanted, place=place, limit=11)
        )
        of_a_kind = (
            f"SEARCH listed USING COVERING INDEX {index} AND cluster=? AND action_code=? AND standing=?"
        )
        assert f"{of_a_kind} AND id>? AND id<?)" in plan.steps, plan
        leaps = {
            f"SEARCH action USING COVERING INDEX {index} AND cluster=? AND action_code>?)": not code,
            f"SEARCH another USING COVERING INDEX {index} AND cluster>?)": not cluster,
        }
        assert {leap: leap in plan.steps for leap in leaps} == leaps, "only over what may be shown"
        assert whose.grants is not None or not any("AUTOMATIC" in step for step in plan.steps), plan
        assert "SCAN each VIRTUAL TABLE INDEX 1:" in plan.steps  # the few ids of a kind, handed on as a list
        tables = ("jobs", "listed", "found", "after", "first", "action", "another")
        scanned = [step for step in plan.steps if step.startswith(tuple(f"SCAN {name}" for name in tables))]
        assert not scanned, plan


@pytest.mark.parametrize("place", PLACES)
async def test_the_newest_of_all_are_the_last_rows_of_the_table(db: Database, place: Place) -> None:
    await db.write(fill)
    [plan] = await db.read(plans, partial(job_lists.page, whose=ALL, wanted=Wanted(), place=place, limit=11))
    assert "SEARCH jobs USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" in plan.steps
    assert len(plan.steps) == 3, "nothing is sorted"


async def test_dates_are_found_by_the_primary_key_and_bound_the_same_index(db: Database) -> None:
    await db.write(fill)
    at = datetime(2026, 11, 25, tzinfo=UTC)
    [halving, page] = await db.read(
        plans, partial(job_lists.page, whose=OWN, wanted=Wanted(since=at), limit=11)
    )
    assert "SEARCH row USING INTEGER PRIMARY KEY (rowid>?)" in halving.steps
    assert not [step for step in halving.steps if step.startswith(("SCAN jobs", "SCAN row"))]
    assert f"SEARCH jobs USING INDEX ix_jobs_owner ({OWNED} AND id>? AND id<?)" in page.steps


@pytest.mark.parametrize("place", PLACES)
async def test_a_customers_history_reads_that_customers_rows(db: Database, place: Place) -> None:
    await db.write(fill)
    sights = (OWN, LIMITED)
    found = partial(customer_history.history, sights=sights, cid="0" * 32, place=place, limit=11)
    for plan in await db.read(plans, found):
        by_cid = "SEARCH job_customers USING INDEX ix_job_customers_cid (cid=? AND job_id>? AND job_id<?)"
        covering = by_cid.replace("INDEX", "COVERING INDEX")
        assert by_cid in plan.steps or covering in plan.steps, plan
        assert not plan.whole_tables, plan


async def test_the_record_of_a_period_is_a_range_of_its_key(db: Database) -> None:
    await db.write(fill)
    period = Period(datetime(2026, 11, 25, tzinfo=UTC), datetime(2026, 11, 26, tzinfo=UTC))
    sent = await db.read(plans, lambda conn: list(records.read(conn, *records.span(conn, period))))
    assert sent[-1].steps == ("SEARCH audit_log USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",)
    for plan in sent:
        assert not [step for step in plan.steps if step.startswith("SCAN audit_log")], plan
