"""Arrivals in the store, on both databases: one schedule a cluster, counts that agree, one click of two."""

from datetime import timedelta

from sqlalchemy import Connection

from store import arrivals, checks, chunks, customers, jobs
from store.clock import read_now
from store.database import Database
from store.model import ChunkState, CustomerOutcome, Job, JobState
from tests.store.samples import BOTH, EVIAN3, running

pytestmark = BOTH


def accepted(conn: Connection, every_s: float = 30.0) -> Job:
    """A job of three customers, all of them accepted just now."""
    job = running(conn, size=3)
    chunk = chunks.claim(conn, EVIAN3)
    assert chunk
    chunks.settle(
        conn, chunk, ChunkState.ACCEPTED, cause="accepted", http_status=200, message="", elapsed_s=0.1
    )
    customers.mark(conn, chunk, CustomerOutcome.ACCEPTED)
    arrivals.begin(conn, job, every_s, 3600.0)
    assert chunks.finish(conn, jobs.get(conn, job.id))
    return jobs.get(conn, job.id)


async def test_whoever_is_accepted_is_watched_from_then_on(db: Database) -> None:
    def course(conn: Connection) -> None:
        job = accepted(conn)
        assert (job.state, job.accepted, job.arrived, job.to_arrive) == (JobState.WATCHING, 3, 0, 3)
        assert job.watch_at is not None
        assert job.watch_until is not None
        assert job.watch_until - job.watch_at == timedelta(seconds=3570)
        later = job.watch_until
        arrivals.begin(conn, job, 30.0, 7200.0)  # another chunk, accepted later
        again = jobs.get(conn, job.id)
        assert again.watch_at == job.watch_at
        assert again.watch_until is not None
        assert again.watch_until > later

    await db.write(course)


async def test_one_read_is_for_all_and_so_is_the_next(db: Database) -> None:
    def course(conn: Connection) -> None:
        first, second = accepted(conn, every_s=0.0), accepted(conn)
        assert [job.id for job in arrivals.claim(conn, EVIAN3, 60.0)] == [first.id, second.id]
        assert jobs.get(conn, first.id).watch_at == jobs.get(conn, second.id).watch_at
        due = arrivals.next_due(conn, EVIAN3)
        assert due is not None
        assert due > read_now(conn) + timedelta(seconds=50)
        arrivals.rest(conn, EVIAN3, 90.0)  # nothing is due: there is nothing to put off
        assert arrivals.next_due(conn, EVIAN3) == due
        assert arrivals.next_due(conn, "fiji1") is None

    await db.write(course)


async def test_arrivals_are_counted_once_and_only_of_those_accepted(db: Database) -> None:
    def course(conn: Connection) -> None:
        job = accepted(conn)
        arrivals.first_seen(conn, job.id, {0: 2, 1: 2, 2: 4})
        rows = [(position, seen) for _, position, _, seen in arrivals.everybody(conn, EVIAN3)]
        assert sorted(rows) == [(0, 2), (1, 2), (2, 4)]
        assert arrivals.arrive(conn, job.id, [0, 2, 7]) == 2
        assert arrivals.arrive(conn, job.id, [0, 2]) == 0
        assert [position for position, _ in arrivals.awaited(conn, job.id)] == [1]
        job = jobs.get(conn, job.id)
        assert (job.accepted, job.arrived, job.to_arrive) == (3, 2, 1)

    await db.write(course)


async def test_given_up_with_the_state_of_each_and_watched_again_by_one_click_of_two(db: Database) -> None:
    def course(conn: Connection) -> None:
        job = accepted(conn)
        assert arrivals.tell_error(conn, [job.id], "why") == [job.id]
        assert arrivals.tell_error(conn, [job.id], "once more") == []
        arrivals.give_up(conn, job.id, {0: 2, 2: 7})
        assert checks.close(conn, job)
        found = [customer.last_state for customer in arrivals.stragglers(conn, job.id, 10)]
        assert found == [2, None, 7]
        done = jobs.get(conn, job.id)
        assert (done.state, done.watch_at, done.watch_error) == (JobState.DONE, None, None)
        assert list(arrivals.everybody(conn, EVIAN3)) == []
        assert arrivals.ask(conn, done, 3600.0)
        assert not arrivals.ask(conn, done, 3600.0)
        assert not arrivals.ask(conn, jobs.get(conn, job.id), 3600.0)
        assert [job.id for job in arrivals.claim(conn, EVIAN3, 30.0)] == [job.id]

    await db.write(course)
