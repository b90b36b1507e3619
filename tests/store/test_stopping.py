"""Stopping against claims and returns on two connections: whoever commits first decides, nothing slips by."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, text

from store import chunks, jobs, stopping
from store.database import Database
from store.model import Chunk, ChunkState, Job, JobState
from tests.store.samples import BOTH, EVIAN3, confirmed, running

SECOND_S = 1.0


def stop(conn: Connection, job: Job) -> bool:
    return stopping.stop(conn, jobs.hold(conn, job.id), "U0ASTER", 60.0)


def states(conn: Connection) -> list[ChunkState]:
    return [row.state for row in conn.execute(text("SELECT state FROM chunks ORDER BY number"))]


@contextmanager
def meanwhile(db: Database, work: Callable[[Connection], Any]) -> Iterator[list[Any]]:
    """Have another connection do `work` while the block's transaction is open; its result, when it ends."""
    result: list[Any] = []

    def run() -> None:
        with db.engine.begin() as conn:
            result.append(work(conn))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(SECOND_S / 10)  # it gets as far as it can
    yield result
    thread.join(SECOND_S * 10)
    assert not thread.is_alive()


@BOTH
def test_a_job_nobody_has_begun_ends_without_a_chunk(db: Database) -> None:
    with db.engine.begin() as conn:
        job = confirmed(conn, 5)
        assert stop(conn, job)
        assert not stop(conn, job)
        assert [found.id for found in stopping.over(conn, EVIAN3)] == [job.id]
        assert not chunks.cut(conn, job, 2)
        assert chunks.finish(conn, jobs.get(conn, job.id))
        ended = jobs.get(conn, job.id)
    assert (ended.state, ended.cancelled, ended.stopped_by) == (JobState.DONE, 5, "U0ASTER")


@BOTH
def test_after_the_stop_there_is_nothing_to_claim(db: Database) -> None:
    with db.engine.begin() as conn:
        job = running(conn, 5)
        assert chunks.claim(conn, EVIAN3)
        assert stop(conn, job)
        assert states(conn) == ["sending", "cancelled", "cancelled"]
        assert chunks.claim(conn, EVIAN3) is None
        assert jobs.get(conn, job.id).open_chunks == 1
        assert stopping.over(conn, EVIAN3) == []


@BOTH
def test_even_a_chunk_that_slipped_back_into_line_is_not_claimed(db: Database) -> None:
    """The claim itself looks at the job: no chunk of a stopped one goes, however it came to be planned."""
    with db.engine.begin() as conn:
        job = running(conn, 5)
        assert stop(conn, job)
        conn.execute(text("UPDATE chunks SET state = 'planned'"))
        assert chunks.claim(conn, EVIAN3) is None


ON_POSTGRES = pytest.mark.parametrize("kind", ["postgresql"])


@ON_POSTGRES
def test_a_claim_that_waits_for_a_stop_finds_nothing(db: Database) -> None:
    with db.engine.begin() as conn:
        job = running(conn, 2)

    def claim(conn: Connection) -> Chunk | None:
        return chunks.claim(conn, EVIAN3)

    with db.engine.begin() as conn:
        assert stop(conn, job)
        with meanwhile(db, claim) as claimed:
            assert claimed == [], "it must wait"
            conn.commit()
    assert claimed == [None]


@ON_POSTGRES
def test_a_stop_that_waits_for_a_claim_leaves_that_chunk_in_flight(db: Database) -> None:
    with db.engine.begin() as conn:
        job = running(conn, 5)
    with db.engine.begin() as conn:
        assert chunks.claim(conn, EVIAN3)
        with meanwhile(db, lambda other: stop(other, job)) as stopped:
            assert stopped == [], "it must wait"
            conn.commit()
    assert stopped == [True]
    with db.engine.begin() as conn:
        assert states(conn) == ["sending", "cancelled", "cancelled"]
        assert jobs.get(conn, job.id).cancelled == 3


@ON_POSTGRES
def test_a_chunk_being_put_back_is_withdrawn_by_whoever_comes_second(db: Database) -> None:
    """As the runner does: it holds the job before it puts the chunk back, and looks if it was stopped."""
    with db.engine.begin() as conn:
        job = running(conn, 2)
        chunk = chunks.claim(conn, EVIAN3)
        assert chunk

    def put_back(conn: Connection) -> None:
        held = jobs.hold(conn, job.id)
        assert chunks.release(conn, chunk)
        if held.stopped_at:
            stopping.withdraw(conn, held, 60.0)

    with db.engine.begin() as conn:
        assert stop(conn, job)
        with meanwhile(db, put_back) as done:
            assert done == [], "it must wait"
            conn.commit()
    with db.engine.begin() as conn:
        assert states(conn) == ["cancelled"]
        assert (jobs.get(conn, job.id).cancelled, jobs.get(conn, job.id).open_chunks) == (2, 0)
