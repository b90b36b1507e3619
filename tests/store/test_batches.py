"""Batches in the store: made once, listed by key, assigned by whoever knows with whom they are."""

from collections.abc import Sequence

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from store import batches, jobs, outbox
from store.batch_model import Batch, BatchPlace
from store.batches import Making, Piece
from store.database import Database
from store.model import Operator
from store.outbox_model import Note
from tests.store.samples import ASTER, BIRCH, BOTH, EVIAN3, confirmed, proposed

pytestmark = BOTH

ELSEWHERE = Operator("", "T0OTHER", ASTER.user_id)


def made(
    conn: Connection, *codes: str, to: Sequence[str | None] = (None,), by: Operator = ASTER
) -> list[Batch]:
    """Batches of two customers each, assigned in turn."""
    pieces = [
        Piece(code, to[i % len(to)], (f"{code.lower()}-0", f"{code.lower()}-1"))
        for i, code in enumerate(codes)
    ]
    found = batches.make(conn, Making(f"V1.{codes[0]}", by, EVIAN3, "Wave 1", pieces))
    assert found is not None
    return list(found)


def listed(conn: Connection, person: Operator = ASTER, limit: int = 50) -> list[str]:
    return [batch.code for batch in batches.list_own(conn, person, limit=limit)]


def test_a_batch_is_kept_as_it_was_made(db: Database) -> None:
    with db.engine.begin() as conn:
        [one, two] = made(conn, "AAAAAA", "BBBBBB", to=(BIRCH.user_id, None))
        assert (one.code, one.part, one.parts, one.size, one.name) == ("AAAAAA", 1, 2, 2, "Wave 1")
        assert (one.assigned_to, two.assigned_to, one.made_by) == (BIRCH.user_id, None, ASTER.user_id)
        assert batches.customers(conn, two) == ["bbbbbb-0", "bbbbbb-1"]
        assert batches.customers(conn, two, 1) == ["bbbbbb-0"]
        assert batches.find(conn, BIRCH, "AAAAAA") == one
        assert batches.find(conn, ELSEWHERE, "AAAAAA") is None
        assert batches.find(conn, ASTER, "CCCCCC") is None


def test_the_same_request_makes_them_once(db: Database) -> None:
    with db.engine.begin() as conn:
        first = made(conn, "AAAAAA", "BBBBBB")
        again = Making(f"V1.{first[0].code}", ASTER, EVIAN3, "Wave 1", [Piece("CCCCCC", None, ("x",))] * 2)
        assert batches.make(conn, again) is None
        assert batches.made_before(conn, again.request_key) == first
        assert conn.execute(text("SELECT count(*) FROM batch_customers")).scalar_one() == 4


def test_taken_codes_are_told(db: Database) -> None:
    with db.engine.begin() as conn:
        made(conn, "AAAAAA")
        assert batches.taken(conn, ["BBBBBB"] * 600 + ["AAAAAA"]) == {"AAAAAA"}


def test_a_list_has_those_nobody_runs_first_then_the_newest_list_from_its_first_part(db: Database) -> None:
    with db.engine.begin() as conn:
        made(conn, "OLD001", "OLD002", to=(BIRCH.user_id,))
        made(conn, "WAIT01", "WAIT02")
        made(conn, "NEW001", "NEW002", to=(BIRCH.user_id, ASTER.user_id))
        made(conn, "BRCH01", "BRCH02", by=BIRCH, to=(ASTER.user_id, BIRCH.user_id))
        made(conn, "STRNGE", by=ELSEWHERE, to=(ASTER.user_id,))
        assert listed(conn) == ["WAIT01", "WAIT02", "BRCH01", "NEW001", "NEW002", "OLD001", "OLD002"]
        assert listed(conn, BIRCH) == ["BRCH01", "BRCH02", "NEW001", "OLD001", "OLD002"]


def test_pages_follow_each_other_in_both_directions(db: Database) -> None:
    with db.engine.begin() as conn:
        made(conn, *(f"A{i:05}" for i in range(5)))
        made(conn, *(f"B{i:05}" for i in range(4)), to=(BIRCH.user_id, None))
        made(conn, *(f"C{i:05}" for i in range(3)), to=(ASTER.user_id,))
        whole = listed(conn)
        assert len(whole) == 12
        assert walked(conn) == whole
        assert walked_back(conn) == whole


def walked(conn: Connection) -> list[str]:
    """The list from its beginning, five at a time."""
    page = batches.list_own(conn, ASTER, limit=5)
    codes = []
    while page:
        codes += [batch.code for batch in page]
        page = batches.list_own(conn, ASTER, before=page[-1].place, limit=5)
    return codes


def walked_back(conn: Connection) -> list[str]:
    """The list from its end, five at a time."""
    page = batches.list_own(conn, ASTER, after=BatchPlace(True, 0), limit=5)
    codes: list[str] = []
    while page:
        codes = [batch.code for batch in page] + codes
        page = batches.list_own(conn, ASTER, after=page[0].place, limit=5)
    return codes


def test_of_two_who_assign_at_once_one_is_told(db: Database) -> None:
    with db.engine.begin() as conn:
        [seen] = made(conn, "AAAAAA")
        assert batches.assign(conn, seen, BIRCH.user_id)
        assert not batches.assign(conn, seen, ASTER.user_id), "it is no longer with nobody"
        [now] = batches.list_own(conn, BIRCH, limit=5)
        assert now.assigned_to == BIRCH.user_id
        assert batches.assign(conn, now, None)
        assert listed(conn, BIRCH) == []


def test_a_batch_knows_its_jobs_and_a_job_its_batch(db: Database) -> None:
    with db.engine.begin() as conn:
        [one, other] = made(conn, "AAAAAA", "BBBBBB")
        first = confirmed(conn, batch_id=one.id)
        card = proposed(conn, batch_id=one.id)
        last = confirmed(conn, batch_id=one.id)
        confirmed(conn)
        assert [job.id for job in batches.jobs_on(conn, one, 5)] == [last.id, first.id]
        assert [job.id for job in batches.jobs_on(conn, one, 1)] == [last.id]
        assert batches.jobs_on(conn, other, 5) == []
        assert batches.of_job(conn, card.id) == one
        assert jobs.confirm(conn, card, ASTER.user_id)
        assert len(batches.jobs_on(conn, one, 5)) == 3
        assert batches.of_job(conn, confirmed(conn).id) is None


def test_people_are_told_beside_jobs_each_batch_in_its_own_order(db: Database) -> None:
    with db.engine.begin() as conn:
        [one, other] = made(conn, "AAAAAA", "BBBBBB")
        job = confirmed(conn)
        outbox.add_for_person(conn, one.id, Note.ASSIGNED, BIRCH.user_id, codes="AAAAAA", number=1)
        outbox.add_for_person(conn, one.id, Note.ASSIGNED, ASTER.user_id, codes="AAAAAA", number=1)
        outbox.add_for_person(conn, other.id, Note.ASSIGNED, ASTER.user_id, codes="BBBBBB", number=1)
        outbox.add(conn, job.id, Note.STARTED)
        due = outbox.due(conn, 32)
        assert [(item.batch_id, item.job_id, item.channel_id) for item in due] == [
            (one.id, None, BIRCH.user_id), (other.id, None, ASTER.user_id), (None, job.id, "C0OPS"),
        ]  # fmt: skip
        assert (due[0].job_state, due[0].is_update) == (None, False)
        begun = outbox.begin(conn, due[0])
        assert begun is not None
        assert not begun.doubtful
        again = outbox.fresh(conn, due[0])
        assert again is not None
        assert again.doubtful
        outbox.delivered(conn, again)
        assert [item.channel_id for item in outbox.due(conn, 1)] == [ASTER.user_id]


def test_a_message_is_about_a_job_or_a_batch(db: Database) -> None:
    with db.engine.begin() as conn:
        [batch] = made(conn, "AAAAAA")
        outbox.add_for_person(conn, batch.id, Note.ASSIGNED, ASTER.user_id)
        confirmed(conn)
        both = text("UPDATE outbox SET job_id = (SELECT max(id) FROM jobs)")
        none = text("UPDATE outbox SET batch_id = NULL")
        for statement in (both, none):
            with pytest.raises(IntegrityError), conn.begin_nested():
                conn.execute(statement)
