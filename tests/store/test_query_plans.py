"""Every list goes by its index: SQLite's own plan for the statement that is really sent."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, event

from store import (
    approvals,
    arrivals,
    audit,
    batches,
    checks,
    chunks,
    courses,
    customers,
    handover,
    homes,
    jobs,
    looking,
    outbox,
    pauses,
    replacing,
    schedules,
    stopping,
    use,
)
from store.batch_model import Batch, BatchPlace
from store.clock import EPOCH
from store.database import Database
from store.model import Chunk, ChunkState, CustomerOutcome
from store.outbox_model import Note
from tests.store.samples import ASTER, EVIAN3, proposed, running

LARGE = ("jobs", "job_customers", "chunks", "batches", "batch_customers", "batch_jobs")
SORTED = "USE TEMP B-TREE FOR ORDER BY"
CHUNK = Chunk(1, 0, 0, 1, ChunkState.SENDING, 1, False, None)
BY_KEY = "USING PRIMARY KEY (job_id=?"
OWNED = "enterprise_id=? AND team_id=? AND user_id=?"


@dataclass(frozen=True)
class Plan:
    """One statement as it was sent, with the steps SQLite takes for it."""

    statement: str
    steps: tuple[str, ...]

    @property
    def whole_tables(self) -> list[str]:
        """The steps that read a large table from end to end, even by way of an index."""
        return [step for step in self.steps for table in LARGE if step.split()[:2] == ["SCAN", table]]


def plans(conn: Connection, work: Callable[[Connection], Any]) -> list[Plan]:
    """Run `work` and have every statement it sends explained, with the parameters it was sent with."""
    sent: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        sent.append((statement, parameters[0] if many else parameters))

    event.listen(conn, "before_cursor_execute", note)
    work(conn)
    event.remove(conn, "before_cursor_execute", note)
    explained = []
    for statement, parameters in sent:
        steps = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        explained.append(Plan(statement, tuple(step.detail for step in steps)))
    return explained


def fill(conn: Connection) -> None:
    """Rows enough that no query stops before its last statement."""
    running(conn)
    proposed(conn)


LISTS: dict[str, tuple[Callable[[Connection], Any], str]] = {
    "cards waiting": (
        lambda conn: homes.waiting(conn, ASTER, 11),
        f"SEARCH jobs USING INDEX ix_jobs_open ({OWNED})",
    ),
    "live jobs": (
        lambda conn: homes.live(conn, ASTER, 11),
        f"SEARCH jobs USING INDEX ix_jobs_own_live ({OWNED})",
    ),
    "first page": (
        lambda conn: jobs.list_own(conn, ASTER, limit=11),
        f"SEARCH jobs USING INDEX ix_jobs_owner ({OWNED})",
    ),
    "older page": (
        lambda conn: jobs.list_own(conn, ASTER, before=500, limit=11),
        f"SEARCH jobs USING INDEX ix_jobs_owner ({OWNED} AND id<?)",
    ),
    "newer page": (
        lambda conn: jobs.list_own(conn, ASTER, after=500, limit=11),
        f"SEARCH jobs USING INDEX ix_jobs_owner ({OWNED} AND id>?)",
    ),
    "open cards": (
        lambda conn: jobs.open_cards(conn, ASTER),
        f"SEARCH jobs USING INDEX ix_jobs_open ({OWNED})",
    ),
    "asked by": (lambda conn: jobs.asked_by(conn, "key"), "(request_key=?)"),
    "expired": (
        lambda conn: jobs.expired(conn, 500),
        "SEARCH jobs USING INDEX ix_jobs_proposed (expires_at<?)",
    ),
    "confirmed": (
        lambda conn: chunks.confirmed(conn, EVIAN3),
        "SEARCH jobs USING INDEX ix_jobs_confirmed (cluster=?)",
    ),
    "orphans": (
        lambda conn: chunks.orphans(conn, EVIAN3, ()),
        "SEARCH chunks USING INDEX ix_chunks_sending (cluster=?)",
    ),
    "checks due": (
        lambda conn: checks.due(conn, EVIAN3),
        "SEARCH jobs USING INDEX ix_jobs_check (cluster=? AND check_at<?)",
    ),
    "next check": (
        lambda conn: checks.next_due(conn, EVIAN3),
        "SEARCH jobs USING INDEX ix_jobs_check (cluster=? AND check_at>?)",
    ),
    "next arrival": (
        lambda conn: arrivals.next_due(conn, EVIAN3),
        "SEARCH jobs USING COVERING INDEX ix_jobs_watch (cluster=? AND watch_at>?)",
    ),
    "awaited": (lambda conn: arrivals.awaited(conn, 1), BY_KEY),
    "stragglers": (lambda conn: arrivals.stragglers(conn, 1, 5), BY_KEY),
    "running": (
        lambda conn: jobs.running(conn, EVIAN3),
        "SEARCH jobs USING INDEX ix_jobs_running (cluster=?)",
    ),
    "approvals overdue": (
        lambda conn: approvals.overdue(conn, 100),
        "SEARCH jobs USING INDEX ix_jobs_awaiting (approve_by<?)",
    ),
    "approvers to be told": (
        lambda conn: approvals.to_remind(conn, 100),
        "SEARCH jobs USING INDEX ix_jobs_remind (remind_at<?)",
    ),
    "approvals of a job": (lambda conn: approvals.of_job(conn, 1), "SEARCH approvals USING PRIMARY KEY"),
    "copies of a card": (lambda conn: approvals.copies(conn, 1), "SEARCH card_copies USING PRIMARY KEY"),
    "overrides": (lambda conn: schedules.overrides_of(conn, 1), "SEARCH overrides USING PRIMARY KEY"),
    "due to start": (
        lambda conn: schedules.due(conn, 100),
        "SEARCH jobs USING INDEX ix_jobs_scheduled (due_at<?)",
    ),
    "next start": (
        schedules.next_due,
        "SEARCH jobs USING INDEX ix_jobs_scheduled (due_at>?)",
    ),
    "stopped and over": (
        lambda conn: stopping.over(conn, EVIAN3),
        "SEARCH jobs USING INDEX ix_jobs_running (cluster=?)",
    ),
    "record of a job": (
        lambda conn: looking.record(conn, UUID(int=1), 5_000),
        "SEARCH audit_log USING INDEX ix_audit_log_job (job=?)",
    ),
    "children": (
        lambda conn: handover.children(conn, jobs.get(conn, 1), 5),
        "SEARCH jobs USING INDEX ix_jobs_parent (parent_id=?)",
    ),
    "customers behind": (
        lambda conn: looking.page(conn, 1, CustomerOutcome.REFUSED, after=20, limit=21),
        BY_KEY + " AND position>?)",
    ),
    "customers ahead": (
        lambda conn: looking.page(conn, 1, None, before=20, limit=21),
        BY_KEY + " AND position<?)",
    ),
    "sendings": (lambda conn: looking.sendings(conn, 1), "SEARCH chunks USING PRIMARY KEY (job_id=?)"),
    "beginning with": (
        lambda conn: looking.beginning_with(conn, ASTER, "4f2a", 10),
        "(uuid>? AND uuid<?)",
    ),
    "pause": (lambda conn: pauses.current(conn, EVIAN3), "SEARCH pauses USING INDEX"),
    "to send": (lambda conn: customers.to_send(conn, CHUNK), BY_KEY + " AND position>? AND position<?)"),
    "unknown": (lambda conn: customers.unknown(conn, 1), BY_KEY),
    "with outcome": (lambda conn: customers.with_outcome(conn, 1, CustomerOutcome.REFUSED, 5), BY_KEY),
    "first customers": (lambda conn: customers.first(conn, 1, 5), BY_KEY),
}


BATCH = Batch(1, "7Q2KX4", "", "T0HOME", EVIAN3, "Wave 1", 1, 2, 3, "U0ASTER", None, EPOCH)
OF_BATCHES: dict[str, tuple[Callable[[Connection], Any], tuple[str, ...]]] = {
    "of job": (
        lambda conn: batches.of_job(conn, 1),
        (
            "SEARCH batch_jobs USING INTEGER PRIMARY KEY (rowid=?)",
            "SEARCH batches USING INTEGER PRIMARY KEY (rowid=?)",
        ),
    ),
    "jobs on": (
        lambda conn: batches.jobs_on(conn, BATCH, 5),
        (
            "SEARCH batch_jobs USING COVERING INDEX ix_batch_jobs_batch (batch_id=?)",
            "SEARCH jobs USING INTEGER PRIMARY KEY (rowid=?)",
        ),
    ),
    "customers": (
        lambda conn: batches.customers(conn, BATCH),
        ("SEARCH batch_customers USING PRIMARY KEY (batch_id=?)",),
    ),
    "find": (
        lambda conn: batches.find(conn, ASTER, "7Q2KX4"),
        ("SEARCH batches USING INDEX sqlite_autoindex_batches_1 (code=?)",),
    ),
    "made before": (
        lambda conn: batches.made_before(conn, "V1.2"),
        ("SEARCH batches USING INDEX sqlite_autoindex_batches_2 (request_key=?)",),
    ),
    "assign": (
        lambda conn: batches.assign(conn, BATCH, "U0BIRCH"),
        ("SEARCH batches USING INTEGER PRIMARY KEY (rowid=?)",),
    ),
}


@pytest.mark.parametrize("name", OF_BATCHES)
async def test_what_is_asked_of_batches_goes_by_an_index(db: Database, name: str) -> None:
    work, steps = OF_BATCHES[name]
    [plan] = await db.write(plans, work)
    assert plan.steps == steps


async def test_a_list_of_batches_reads_one_persons_at_most(db: Database) -> None:
    places = (None, BatchPlace(False, 9), BatchPlace(True, 9))
    for before, after in [*((place, None) for place in places), *((None, place) for place in places)]:
        [plan] = await db.read(
            plans, partial(batches.list_own, person=ASTER, before=before, after=after, limit=11)
        )
        assert not plan.whole_tables
        found = [step for step in plan.steps if step.startswith("SEARCH batches")]
        assert len(found) == 2, plan
        assert "ix_batches_assigned (enterprise_id=? AND team_id=? AND assigned_to=?" in found[0]
        assert "ix_batches_made (enterprise_id=? AND team_id=? AND made_by=?" in found[1]


async def test_how_much_is_under_way_is_read_from_an_index_of_its_own(db: Database) -> None:
    await db.write(fill)
    person, cluster = use.of_person(ASTER), use.on_cluster(EVIAN3)
    expected: dict[str, Callable[[Connection], Any]] = {
        "ix_jobs_asked (user_id=? AND created_at>?)": partial(use.lately, whose=person, at=EPOCH),
        "ix_jobs_asked_on (cluster=? AND created_at>?)": partial(use.lately, whose=cluster, at=EPOCH),
        f"ix_jobs_unfinished ({OWNED})": partial(use.jobs_open, whose=person),
        "ix_jobs_unfinished_on (cluster=?)": partial(use.jobs_open, whose=cluster),
    }
    for index, work in expected.items():
        *_, plan = await db.read(plans, work)
        assert not plan.whole_tables
        [step] = plan.steps
        assert step.endswith(f"INDEX {index}"), step


@pytest.mark.parametrize("name", LISTS)
async def test_a_list_reads_only_what_it_shows(db: Database, name: str) -> None:
    work, step = LISTS[name]
    await db.write(fill)
    *_, plan = await db.read(plans, work)
    assert len(plan.steps) == 1, plan
    assert step in plan.steps[0]


async def test_everybody_awaited_is_found_by_the_jobs_that_wait(db: Database) -> None:
    await db.write(fill)
    [plan] = await db.read(plans, lambda conn: list(arrivals.everybody(conn, EVIAN3)))
    jobs_first, then = plan.steps
    assert "SEARCH jobs USING COVERING INDEX ix_jobs_watch (cluster=? AND watch_at>?)" in jobs_first
    assert BY_KEY in then


async def test_who_sends_what_is_unknown_is_found_by_keys(db: Database) -> None:
    await db.write(fill)

    def work(conn: Connection) -> None:
        parent = jobs.get(conn, 1)
        handover.taken_by(conn, parent)
        handover.standing(conn, replace(jobs.get(conn, 2), parent_id=1))

    for plan in await db.write(plans, work):
        assert not plan.whole_tables, plan


async def test_the_last_cluster_is_one_entry_of_each_of_two_indexes(db: Database) -> None:
    await db.write(fill)
    job, card = await db.read(plans, lambda conn: jobs.last_cluster(conn, ASTER))
    assert job.steps == (f"SEARCH jobs USING INDEX ix_jobs_owner ({OWNED})",)
    assert card.steps == (f"SEARCH jobs USING INDEX ix_jobs_open ({OWNED})",)


async def test_the_next_expiry_is_the_first_entry_of_an_index_of_proposals(db: Database) -> None:
    await db.write(fill)
    [plan] = await db.read(plans, jobs.next_expiry)
    # The index holds nothing but open cards, and LIMIT 1 reads one entry of it.
    assert plan.steps == ("SCAN jobs USING INDEX ix_jobs_proposed",)
    assert "LIMIT" in plan.statement


async def test_what_awaits_approval_is_found_by_its_two_indexes(db: Database) -> None:
    await db.write(fill)
    for plan, index in zip(await db.read(plans, approvals.next_due), ("awaiting", "remind"), strict=True):
        assert len(plan.steps) == 1
        assert f"ix_jobs_{index}" in plan.steps[0]
        assert "LIMIT" in plan.statement


async def test_what_was_ready_for_long_is_found_among_what_is_ready(db: Database) -> None:
    await db.write(fill)
    _clock, plan = await db.write(plans, lambda conn: schedules.look_again(conn, EVIAN3, 60.0))
    assert plan.steps == ("SEARCH jobs USING INDEX ix_jobs_confirmed (cluster=?)",)


async def test_the_record_leads_to_homes_without_reading_all_jobs(db: Database) -> None:
    await db.write(fill)
    for _ in range(2):
        await db.write(audit.append, audit.Event.SENT, job=(await db.read(jobs.get, 1)).uuid)
    found = await db.read(plans, lambda conn: homes.concerned(conn, 1))
    assert not any(plan.whole_tables for plan in found)
    owners = found[-1].steps
    assert any(step.startswith("SEARCH audit_log USING INTEGER PRIMARY KEY (rowid>?)") for step in owners)
    assert any(step.startswith("SEARCH jobs") and "(uuid=?)" in step for step in owners)


async def test_the_course_of_a_job_reads_its_own_rows(db: Database) -> None:
    await db.write(fill)
    for plan in await db.read(plans, lambda conn: courses.course(conn, 1)):
        assert not plan.whole_tables
        assert BY_KEY in plan.steps[0]


async def test_a_claim_takes_the_first_entry_of_its_index(db: Database) -> None:
    await db.write(fill)
    [plan] = await db.write(plans, lambda conn: chunks.claim(conn, EVIAN3))
    assert plan.steps == (
        "SEARCH chunks USING PRIMARY KEY (job_id=? AND number=?)",
        "SCALAR SUBQUERY 1",  # which one is next
        "SEARCH chunks USING INDEX ix_chunks_planned (cluster=?)",
        "CORRELATED SCALAR SUBQUERY 2",  # whether its job was stopped
        "SEARCH jobs USING INTEGER PRIMARY KEY (rowid=?)",
    )


async def test_what_is_in_line_is_found_by_its_indexes(db: Database) -> None:
    await db.write(fill)
    [plan] = await db.read(plans, lambda conn: chunks.line(conn, EVIAN3, 60.0))
    assert [step for step in plan.steps if step.startswith("SEARCH")] == [
        "SEARCH chunks USING INDEX ix_chunks_planned (cluster=?)",
        "SEARCH chunks USING INDEX ix_chunks_unknown (cluster=? AND sent_at>?)",
        "SEARCH pauses USING INDEX sqlite_autoindex_pauses_1 (cluster=?)",
    ]
    assert not plan.whole_tables


async def test_the_outbox_touches_no_large_table_and_sorts_only_what_waits(db: Database) -> None:
    await db.write(fill)
    [due] = await db.read(plans, lambda conn: outbox.due(conn, 32))
    [soonest, *_] = await db.read(plans, outbox.next_due)
    assert not due.whole_tables
    assert not soonest.whole_tables
    assert "SCAN outbox USING INDEX ix_outbox_about" in due.steps, "the oldest message of each job"


def settle(conn: Connection) -> None:
    chunk = chunks.claim(conn, EVIAN3)
    assert chunk
    job = jobs.get(conn, chunk.job_id)
    assert chunks.settle(
        conn, chunk, ChunkState.UNKNOWN, cause="timeout", http_status=None, message="", elapsed_s=1.0
    )
    customers.mark(conn, chunk, CustomerOutcome.UNKNOWN, detail="timeout")
    checks.later(conn, job, chunk, 60.0)
    customers.found_accepted(conn, job.id, ["0" * 32], arrived=True)
    chunks.finish(conn, jobs.get(conn, job.id))
    checks.close(conn, job)


def watch(conn: Connection) -> None:
    job = jobs.get(conn, 1)
    arrivals.begin(conn, job, 30.0, 3600.0)
    arrivals.claim(conn, EVIAN3, 30.0)
    arrivals.rest(conn, EVIAN3, 30.0)
    assert arrivals.tell_error(conn, [1, 2], "why") == [1]
    arrivals.first_seen(conn, 1, {0: 2, 1: 2})
    arrivals.arrive(conn, 1, [0])
    arrivals.give_up(conn, 1, {1: 2})
    arrivals.ask(conn, job, 3600.0)


def replace_card(conn: Connection) -> None:
    [old, new] = [jobs.get(conn, number) for number in (2, 1)]
    replacing.begin(conn, old, new.uuid)
    replacing.finish(conn, new)
    replacing.undo(conn, new)
    outbox.add_once(conn, old.id, Note.CUSTOMERS_CSV)


CHANGES: dict[str, Callable[[Connection], Any]] = {
    "propose": proposed,
    "confirm": lambda conn: jobs.confirm(conn, jobs.get(conn, 2), "U0ASTER"),
    "cancel": lambda conn: jobs.cancel(conn, jobs.get(conn, 2), "U0ASTER"),
    "expire": lambda conn: jobs.expire(conn, jobs.get(conn, 2)),
    "find": lambda conn: jobs.find(conn, jobs.get(conn, 1).uuid),
    "settle": settle,
    "watch": watch,
    "replace": replace_card,
    "append": lambda conn: audit.append(conn, audit.Event.SENT),
}


@pytest.mark.parametrize("name", CHANGES)
async def test_nothing_on_the_way_of_a_job_reads_a_whole_table(db: Database, name: str) -> None:
    await db.write(fill)
    for plan in await db.write(plans, CHANGES[name]):
        assert not plan.whole_tables, plan
        assert SORTED not in plan.steps, plan


async def test_a_scan_would_be_seen(db: Database) -> None:
    await db.write(fill)
    [plan] = await db.read(
        plans,
        lambda conn: conn.exec_driver_sql("SELECT id FROM jobs WHERE reason = ? ORDER BY reason", ("",)),
    )
    assert plan.whole_tables == ["SCAN jobs"]
