"""Lists of a person's jobs: by key, newest first, whole while rows are added; and the search by beginning."""

from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from store import jobs
from store.database import Database
from store.model import JobState, Operator
from tests.effort import examples
from tests.store.samples import ASTER, BIRCH, BOTH, confirmed, proposed, running

pytestmark = BOTH

GRID = Operator("E0GRID", ASTER.team_id, ASTER.user_id)
ELSEWHERE = Operator("", "T0OTHER", ASTER.user_id)


def make(conn: Connection, count: int) -> list[int]:
    """So many of ASTER's jobs, each among things that do not belong in the list."""
    ids = []
    for _ in range(count):
        for stranger in (BIRCH, GRID, ELSEWHERE):
            confirmed(conn, 1, operator=stranger)
        proposed(conn, 1)
        ids.append(confirmed(conn, 1).id)
    return ids


def ids_of(conn: Connection, limit: int, *, before: int | None = None, after: int | None = None) -> list[int]:
    return [job.id for job in jobs.list_own(conn, ASTER, before=before, after=after, limit=limit)]


def test_only_ones_own_jobs_are_listed(db: Database) -> None:
    with db.engine.begin() as conn:
        mine = make(conn, 3)
        assert ids_of(conn, 10) == mine[::-1]
        assert [job.operator for job in jobs.list_own(conn, ELSEWHERE, limit=10)] == [ELSEWHERE] * 3
        assert jobs.list_own(conn, Operator("", "T0HOME", "U0NOBODY"), limit=10) == []


def test_what_was_never_confirmed_is_not_a_job(db: Database) -> None:
    with db.engine.begin() as conn:
        jobs.cancel(conn, proposed(conn, 1), ASTER.user_id)
        jobs.expire(conn, proposed(conn, 1))
        proposed(conn, 1)
        waiting, begun = confirmed(conn, 1), running(conn, 1)
        listed = jobs.list_own(conn, ASTER, limit=10)
        assert [(job.id, job.state) for job in listed] == [
            (begun.id, JobState.RUNNING),
            (waiting.id, JobState.CONFIRMED),
        ]


def test_older_walks_the_whole_list_while_jobs_are_added(db: Database) -> None:
    with db.engine.begin() as conn:
        there = make(conn, 23)
        walked: list[int] = []
        page = ids_of(conn, 5)
        while page:
            walked += page
            make(conn, 2)  # newer than all: they must not push anything across a page's edge
            page = ids_of(conn, 5, before=page[-1])
        assert walked == there[::-1]


def test_newer_walks_the_whole_list_and_meets_what_was_added(db: Database) -> None:
    with db.engine.begin() as conn:
        there = make(conn, 23)
        walked: list[int] = [there[0]]
        added = 3
        while page := ids_of(conn, 5, after=walked[0]):
            assert page == sorted(page, reverse=True)
            walked = page + walked
            if added:
                there += make(conn, 1)
                added -= 1
        assert walked == there[::-1]


def test_newer_shows_the_nearest_page_not_the_newest(db: Database) -> None:
    with db.engine.begin() as conn:
        there = make(conn, 12)
        assert ids_of(conn, 3, after=there[4]) == there[5:8][::-1]


def test_a_card_confirmed_late_takes_its_place_and_moves_nothing_else(db: Database) -> None:
    with db.engine.begin() as conn:
        one, late, two, three = confirmed(conn, 1), proposed(conn, 1), confirmed(conn, 1), confirmed(conn, 1)
        assert ids_of(conn, 2) == [three.id, two.id]
        assert jobs.confirm(conn, late, ASTER.user_id)
        assert ids_of(conn, 2, before=two.id) == [late.id, one.id]
        assert ids_of(conn, 2, after=late.id) == [three.id, two.id]


@settings(
    max_examples=examples(10), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(count=st.integers(0, 12), limit=st.integers(1, 6), back=st.integers(0, 12))
def test_there_and_back_again(db: Database, count: int, limit: int, back: int) -> None:
    """From any page, Newer then Older leads to the page one came from."""
    with db.engine.connect() as conn, conn.begin() as undone:
        there = make(conn, count)[::-1]
        from_here = there[min(back, count) :][:limit]
        if from_here and (newer := ids_of(conn, limit, after=from_here[0])):
            assert ids_of(conn, limit, before=newer[-1])[: len(from_here)] == from_here
        undone.rollback()


A, B, C = (UUID(f"4f2a9c1e{n}{'0' * 23}") for n in "01f")
TOP, BOTTOM = UUID("f" * 32), UUID("0" * 32)


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("4f2a", [A, B]),  # two are enough to say "type more"
        ("4f2a9c1e1", [B]),
        ("4f2a9c1ef", [C]),
        (B.hex, [B]),
        ("ffff", [TOP]),
        ("0000", [BOTTOM]),
        ("4f2b", []),
        ("4f29ffff", []),
        ("aaaa", []),  # somebody else's
        ("bbbb", []),  # a card nobody confirmed
        ("cccc", []),  # cancelled
    ],
)
def test_a_search_finds_what_begins_so_and_is_ones_own(db: Database, prefix: str, found: list[UUID]) -> None:
    with db.engine.begin() as conn:
        for uuid in (C, A, TOP, B, BOTTOM):
            confirmed(conn, 1, uuid=uuid)
        confirmed(conn, 1, uuid=UUID("a" * 32), operator=BIRCH)
        proposed(conn, 1, uuid=UUID("b" * 32))
        jobs.cancel(conn, proposed(conn, 1, uuid=UUID("c" * 32)), ASTER.user_id)
        assert [job.uuid for job in jobs.find_own(conn, ASTER, prefix)] == found


def test_the_short_id_people_see_finds_the_job(db: Database) -> None:
    with db.engine.begin() as conn:
        job = confirmed(conn, 1)
        assert [found.id for found in jobs.find_own(conn, ASTER, job.short_id)] == [job.id]
        kept = conn.execute(text("SELECT uuid FROM jobs")).scalar_one()
        assert kept == job.uuid.hex, "without hyphens, or a beginning of more than eight digits finds nothing"
