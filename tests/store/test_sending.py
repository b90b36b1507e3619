"""Proposals and chunks by example: kept once, cut whole, claimed fairly, answered only under the claim."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from store import card_places, checks, chunks, customers, jobs, proposing
from store.clock import read_now
from store.database import Database
from store.model import Chunk, ChunkState, CustomerOutcome, JobState
from tests.store.samples import BOTH, EVIAN3, confirmed, proposal, proposed, running

pytestmark = BOTH


def claim(conn: Connection, cluster: str = EVIAN3) -> Chunk:
    chunk = chunks.claim(conn, cluster)
    assert chunk is not None
    return chunk


def settle(conn: Connection, chunk: Chunk, state: ChunkState, outcome: CustomerOutcome) -> bool:
    settled = chunks.settle(conn, chunk, state, cause="x", http_status=200, message="m", elapsed_s=1.5)
    if settled:
        customers.mark(conn, chunk, outcome)
    return settled


def test_a_request_delivered_twice_is_kept_once(db: Database) -> None:
    request = proposal(3, request_key="trigger-1")
    with db.engine.begin() as conn:
        assert proposing.propose(conn, request) is not None
        assert proposing.propose(conn, proposal(5, request_key="trigger-1")) is None
        assert conn.execute(text("SELECT count(*) FROM job_customers")).scalar_one() == 3


def test_a_job_keeps_what_was_asked_for_word_for_word(db: Database) -> None:
    request = proposal(3, reason="“née” & <!channel>", duplicates=2, expires_after_s=0.25)
    with db.engine.begin() as conn:
        before = read_now(conn)
        proposing.propose(conn, request)
        job = jobs.find(conn, request.uuid)
        assert job is not None
        assert job.created_at == before  # to a transaction all is at one time
        assert job.expires_at - job.created_at == timedelta(milliseconds=250)
        assert job.created_at.utcoffset() == timedelta(0)
        kept = {name: getattr(job, name) for name in ("uuid", "operator", "action_code", "action_name")}
        kept |= {name: getattr(job, name) for name in ("cluster", "base_url", "reason", "duplicates")}
        assert kept == {name: getattr(request, name) for name in kept}
        assert (job.state, job.total, job.answered) == (JobState.PROPOSED, 3, 0)
        assert tuple(customers.first(conn, job.id, 10)) == request.cids


def test_the_first_card_stands(db: Database) -> None:
    with db.engine.begin() as conn:
        job = proposed(conn)
        card_places.posted(conn, job.id, "D0ASTER", "1.000001")
        card_places.posted(conn, job.id, "C0OTHER", "2.000002")
        kept = jobs.get(conn, job.id)
        assert (kept.channel_id, kept.card_ts) == ("D0ASTER", "1.000001")


def test_of_a_card_shown_twice_the_one_pressed_is_the_card_until_it_is_decided(db: Database) -> None:
    with db.engine.begin() as conn:
        job = proposed(conn)
        card_places.posted(conn, job.id, "C0OPS", "1.000001")
        card_places.pressed(conn, job.id, "C0OPS", "2.000002")
        assert jobs.get(conn, job.id).card_ts == "2.000002"
        jobs.confirm(conn, job, "U0ASTER")
        card_places.pressed(conn, job.id, "C0OPS", "1.000001")
        assert jobs.get(conn, job.id).card_ts == "2.000002", "the thread is there now"


def test_expired_are_the_overdue_and_the_next_is_the_soonest(db: Database) -> None:
    with db.engine.begin() as conn:
        assert jobs.next_expiry(conn) is None
        proposed(conn, 1, expires_after_s=900)
        overdue = [proposed(conn, 1, expires_after_s=-seconds).id for seconds in (1, 3, 2)]
        confirmed(conn, 1, expires_after_s=-5)
        found = jobs.expired(conn, 10)
        assert [job.id for job in found] == [overdue[1], overdue[2], overdue[0]]
        assert [job.id for job in jobs.expired(conn, 2)] == [overdue[1], overdue[2]]
        for job in found:
            assert jobs.expire(conn, job)
            assert jobs.get(conn, job.id).finished_at is not None
        soonest = jobs.next_expiry(conn)
        assert soonest is not None
        assert timedelta(seconds=890) < soonest - read_now(conn) <= timedelta(seconds=900)


@pytest.mark.parametrize(("total", "size"), [(1, 150), (150, 150), (151, 150), (7, 3), (3, 1)])
def test_every_customer_is_in_exactly_one_chunk(db: Database, total: int, size: int) -> None:
    with db.engine.begin() as conn:
        job = running(conn, total, size=size)
        sent: list[str] = []
        while chunk := chunks.claim(conn, EVIAN3):
            cids = customers.to_send(conn, chunk)
            assert 1 <= len(cids) <= size
            sent += cids
        assert tuple(sent) == tuple(customers.first(conn, job.id, total))
        assert len(sent) == total


def test_a_small_job_overtakes_the_later_chunks_of_a_large_one(db: Database) -> None:
    with db.engine.begin() as conn:
        large = running(conn, 40, size=10).id
        first = claim(conn)
        small = running(conn, 1, size=10).id
        other = running(conn, 1, size=10, cluster="fiji1").id
        order = [(first.job_id, first.number)]
        while chunk := chunks.claim(conn, EVIAN3):
            order.append((chunk.job_id, chunk.number))
        assert order == [(large, 0), (small, 0), (large, 1), (large, 2), (large, 3)]
        assert claim(conn, "fiji1").job_id == other


def test_a_late_answer_of_an_earlier_attempt_changes_nothing(db: Database) -> None:
    with db.engine.begin() as conn:
        job = running(conn, 2)
        late = claim(conn)
        assert chunks.release(conn, late)
        again = claim(conn)
        assert (again.number, again.attempt) == (late.number, late.attempt + 1)
        before = jobs.get(conn, job.id)
        assert not settle(conn, late, ChunkState.REFUSED, CustomerOutcome.REFUSED)
        assert not chunks.release(conn, late)
        assert jobs.get(conn, job.id) == before
        assert settle(conn, again, ChunkState.ACCEPTED, CustomerOutcome.ACCEPTED)
        assert not settle(conn, again, ChunkState.UNKNOWN, CustomerOutcome.UNKNOWN)
        assert jobs.get(conn, job.id).accepted == 2


def test_the_answer_is_kept_with_the_chunk_and_the_job(db: Database) -> None:
    with db.engine.begin() as conn:
        job = running(conn, 2)
        settle(conn, claim(conn), ChunkState.REFUSED, CustomerOutcome.REFUSED)
        row = conn.execute(text("SELECT state, http_status, message, elapsed_ms FROM chunks")).one()
        assert tuple(row) == ("refused", 200, "m", 1500)
        kept = jobs.get(conn, job.id)
        assert (kept.last_cause, kept.last_status, kept.last_message) == ("x", 200, "m")


@pytest.mark.parametrize("count", [500, 501, 1_201])
def test_thousands_read_back_are_all_accepted(db: Database, count: int) -> None:
    with db.engine.begin() as conn:
        job = running(conn, count + 1, size=5_000)
        settle(conn, claim(conn), ChunkState.UNKNOWN, CustomerOutcome.UNKNOWN)
        found = customers.unknown(conn, job.id)[:count]
        assert customers.found_accepted(conn, job.id, [*found, "not-of-this-job"], arrived=False) == count
        assert customers.found_accepted(conn, job.id, found, arrived=False) == 0
        kept = jobs.get(conn, job.id)
        assert (kept.accepted, kept.unknown) == (count, 1)


def test_a_check_waits_for_the_chunk_that_settles_last(db: Database) -> None:
    with db.engine.begin() as conn:
        job = running(conn, 4)
        first, second = claim(conn), claim(conn)
        for chunk, settle_s in ((first, 65.0), (second, 5.0)):
            settle(conn, chunk, ChunkState.UNKNOWN, CustomerOutcome.UNKNOWN)
            checks.later(conn, job, chunk, settle_s)
        due = checks.next_due(conn, EVIAN3)
        assert first.sent_at is not None
        assert due == first.sent_at + timedelta(seconds=65), "read in its time, even if it still sends"
        assert chunks.finish(conn, jobs.get(conn, job.id))
        assert jobs.get(conn, job.id).state is JobState.WATCHING
        assert checks.next_due(conn, EVIAN3) == due
        assert checks.due(conn, EVIAN3) == []
