"""Previews in the rows: who is left out, what the digest stands for, what a decision cuts off."""

import pytest
from sqlalchemy import Connection, select

from store import chunks, customers, jobs, previews, proposing
from store.database import Database
from store.model import CustomerOutcome, Job, Preview
from store.tables import job_customers
from tests.store.samples import BOTH, EVIAN3, proposed

pytestmark = BOTH
PLANNED, THERE, MISSING = CustomerOutcome.PLANNED, CustomerOutcome.ALREADY_THERE, CustomerOutcome.MISSING


def waiting(conn: Connection, number: int = 5) -> Job:
    return proposed(conn, number, preview=Preview.PENDING)


def cids(conn: Connection, job: Job) -> list[str]:
    return list(customers.first(conn, job.id, job.total))


def outcomes(conn: Connection, job: Job) -> list[int]:
    rows = select(job_customers.c.outcome).where(job_customers.c.job_id == job.id)
    return list(conn.execute(rows.order_by(job_customers.c.position)).scalars())


def filled(conn: Connection, states: list[int | None]) -> Job:
    """A card whose customers are in these states; None: it does not exist."""
    job = waiting(conn, len(states))
    known = zip(cids(conn, job), states, strict=True)
    assert previews.fill(conn, job, {cid: code for cid, code in known if code is not None})
    return jobs.get(conn, job.id)


def test_a_card_waits_until_it_is_filled_in_once(db: Database) -> None:
    with db.engine.begin() as conn:
        job, other = waiting(conn), proposed(conn, preview=Preview.PENDING, cluster="fiji1")
        assert [one.id for one in previews.pending(conn, EVIAN3)] == [job.id]
        assert previews.fill(conn, job, dict.fromkeys(cids(conn, job), 2))
        assert previews.pending(conn, EVIAN3) == []
        assert not previews.fill(conn, job, {}), "it was filled in before"
        assert not previews.fail(conn, job, "too late")
        assert [one.id for one in previews.pending(conn, "fiji1")] == [other.id]
        assert jobs.get(conn, job.id).missing == 0


def test_it_says_who_is_there_and_who_does_not_exist(db: Database) -> None:
    with db.engine.begin() as conn:
        job = filled(conn, [2, 3, None, 1, 2, 3, 2])
        assert outcomes(conn, job) == [PLANNED, THERE, MISSING, PLANNED, PLANNED, THERE, PLANNED]
        assert (job.already_there, job.missing, job.to_send, job.total) == (2, 1, 4, 7)
        assert (job.preview, job.preview_states) == (Preview.READ, {"1": 1, "2": 3, "3": 2})
        assert [one.seen for one in customers.everybody(conn, job.id)] == [2, 3, None, 1, 2, 3, 2]


def test_many_of_each_are_marked_each(db: Database) -> None:
    with db.engine.begin() as conn:
        states = [(1, 2, 3, None)[number % 4] for number in range(2_402)]
        job = filled(conn, states)
        assert [one.seen for one in customers.everybody(conn, job.id)] == states
        assert (job.already_there, job.missing) == (600, 600)


def test_the_digest_stands_for_everything_shown(db: Database) -> None:
    with db.engine.begin() as conn:
        shown: list[list[int | None]] = [
            [2, 2],
            [2, 3],
            [3, 2],
            [2, None],
            [2, 1],
            [2],
            [2, 2, 2],
            [None, None],
        ]
        digests = [filled(conn, states).digest for states in shown]
        assert len(set(digests)) == len(digests)
        assert filled(conn, [2, 3]).digest == digests[1]
        elsewhere = proposed(conn, 2, cluster="fiji1")
        previews.begin(conn, elsewhere)
        here = proposed(conn, 2)
        previews.begin(conn, here)
        assert jobs.get(conn, elsewhere.id).digest != jobs.get(conn, here.id).digest


def test_while_it_is_read_there_is_no_digest(db: Database) -> None:
    with db.engine.begin() as conn:
        job = waiting(conn)
        previews.begin(conn, job)
        assert jobs.get(conn, job.id).digest is None
        assert previews.fail(conn, job, "The cluster is away.")
        assert jobs.get(conn, job.id).digest
        assert previews.ask(conn, jobs.get(conn, job.id))
        assert jobs.get(conn, job.id).digest is None
        assert not previews.ask(conn, jobs.get(conn, job.id)), "it is being read"


def test_what_cannot_be_read_any_more_leaves_nobody_out(db: Database) -> None:
    with db.engine.begin() as conn:
        job = filled(conn, [2, 3, None])
        assert previews.ask(conn, job)
        assert previews.fail(conn, job, "The cluster is away.")
        job = jobs.get(conn, job.id)
        assert outcomes(conn, job) == [PLANNED] * 3
        assert (job.to_send, job.preview_states, job.preview_error) == (3, None, "The cluster is away.")


def test_those_there_already_can_be_included_and_left_out(db: Database) -> None:
    with db.engine.begin() as conn:
        job = filled(conn, [2, 3, None])
        assert previews.include(conn, job, True)
        more = jobs.get(conn, job.id)
        assert (outcomes(conn, job), more.to_send) == ([PLANNED, PLANNED, MISSING], 2)
        assert more.digest != job.digest
        assert not previews.include(conn, job, True), "nothing changes"
        assert previews.include(conn, job, False)
        assert jobs.get(conn, job.id).digest == job.digest


def test_a_list_in_parts_is_the_same_list(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with db.engine.begin() as conn:
        whole = filled(conn, [2, 3, None, 1, 2])
        monkeypatch.setattr(previews, "LISTED", 2)
        monkeypatch.setattr(proposing, "AT_ONCE", 2)
        parts = filled(conn, [2, 3, None, 1, 2])
        assert cids(conn, parts) == cids(conn, whole)
        assert outcomes(conn, parts) == [PLANNED, THERE, MISSING, PLANNED, PLANNED]
        assert parts.digest == whole.digest


@pytest.mark.parametrize("end", ["confirm", "cancel"])
def test_a_decided_card_stays_as_it_was(db: Database, end: str) -> None:
    with db.engine.begin() as conn:
        job = waiting(conn)
        decided = jobs.confirm(conn, job, "U0") if end == "confirm" else jobs.cancel(conn, job, "U0")
        assert decided
        assert previews.pending(conn, EVIAN3) == []
        assert not previews.fill(conn, job, {})
        assert not previews.fail(conn, job, "late")
        assert not previews.ask(conn, job)
        assert outcomes(conn, job) == [PLANNED] * 5


def test_chunks_hold_so_many_who_are_sent(db: Database) -> None:
    with db.engine.begin() as conn:
        job = filled(conn, [None, 2, 3, 2, None, 2, 2, None])
        assert jobs.confirm(conn, job, "U0")
        assert chunks.cut(conn, jobs.get(conn, job.id), 3)
        ids, sent = cids(conn, job), []
        while chunk := chunks.claim(conn, EVIAN3):
            sent.append(customers.to_send(conn, chunk))
        assert sent == [[ids[1], ids[3], ids[5]], [ids[6]]]
        assert jobs.get(conn, job.id).open_chunks == 2
