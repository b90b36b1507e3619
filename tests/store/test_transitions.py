"""The legal moves of a job, exactly as documented, and the compare-and-set that decides who made one."""

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, update

from store import jobs
from store.database import Database
from store.errors import IllegalTransition
from store.model import JobState
from store.tables import jobs as job_table
from store.transitions import LEGAL, move
from tests.effort import examples
from tests.migrated import copied
from tests.store.samples import proposed

# design.md, "States"; done -> watching is "Check again", back to running is "Send the rest". What waited
# goes to confirmed from scheduled alone; back to awaiting where approvals do not count any more, and from
# confirmed back to scheduled where nobody could send it for a while.
DOCUMENTED = {
    ("proposed", "awaiting"),
    ("proposed", "scheduled"),
    ("awaiting", "scheduled"),
    ("awaiting", "denied"),
    ("awaiting", "expired"),
    ("awaiting", "cancelled"),
    ("scheduled", "confirmed"),
    ("scheduled", "awaiting"),
    ("scheduled", "cancelled"),
    ("confirmed", "scheduled"),
    ("proposed", "confirmed"),
    ("proposed", "cancelled"),
    ("proposed", "expired"),
    ("confirmed", "running"),
    ("running", "watching"),
    ("running", "done"),
    ("watching", "done"),
    ("done", "watching"),
    ("watching", "running"),
    ("done", "running"),
}
STATES = st.sampled_from(JobState)


def put(conn: Connection, state: JobState) -> int:
    """A job in this state, however it came there."""
    job = proposed(conn)
    conn.execute(update(job_table).where(job_table.c.id == job.id).values(state=state))
    return job.id


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One store for all examples: each works on a job of its own."""
    path = copied(tmp_path_factory.mktemp("transitions") / "bot.sqlite3")
    db = Database(f"sqlite:///{path}")
    yield db
    db.close()


def test_the_table_is_the_documented_one() -> None:
    assert {(start.value, end.value) for start, ends in LEGAL.items() for end in ends} == DOCUMENTED
    assert set(LEGAL) == set(JobState)


def test_what_nobody_confirmed_is_never_sent() -> None:
    """Without `confirmed` no path leads from a card to a running job."""
    reached, open_ends = {JobState.PROPOSED}, [JobState.PROPOSED]
    while open_ends:
        for end in LEGAL[open_ends.pop()] - reached - {JobState.CONFIRMED}:
            reached.add(end)
            open_ends.append(end)
    assert not reached & {JobState.RUNNING, JobState.WATCHING, JobState.DONE}


@pytest.mark.parametrize("start", JobState)
@pytest.mark.parametrize("end", JobState)
def test_each_move_is_made_or_refused(shared: Database, start: JobState, end: JobState) -> None:
    with shared.engine.begin() as conn:
        job_id = put(conn, start)
        if (start.value, end.value) in DOCUMENTED:
            assert move(conn, job_id, start, end)
            assert jobs.get(conn, job_id).state is end
        else:
            with pytest.raises(IllegalTransition, match=f"{start} -> {end}"):
                move(conn, job_id, start, end)
            assert jobs.get(conn, job_id).state is start


@pytest.mark.parametrize("actual", JobState)
def test_a_move_loses_when_the_state_has_moved_on(shared: Database, actual: JobState) -> None:
    with shared.engine.begin() as conn:
        job_id = put(conn, actual)
        before = jobs.get(conn, job_id)
        for start, ends in LEGAL.items():
            for end in ends if start is not actual else ():
                assert not move(conn, job_id, start, end, decided_by="U0LATE", last_message="late")
        assert jobs.get(conn, job_id) == before


def test_a_job_that_does_not_exist_does_not_move(shared: Database) -> None:
    with shared.engine.begin() as conn:
        assert not move(conn, 10**6, JobState.PROPOSED, JobState.CONFIRMED)


@settings(
    max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(wishes=st.lists(st.tuples(STATES, STATES), max_size=25))
def test_any_sequence_of_moves_keeps_to_the_table(
    shared: Database, wishes: list[tuple[JobState, JobState]]
) -> None:
    with shared.engine.begin() as conn:
        job_id, state = proposed(conn, 1).id, JobState.PROPOSED
        for start, end in wishes:
            if (start.value, end.value) not in DOCUMENTED:
                with pytest.raises(IllegalTransition):
                    move(conn, job_id, start, end)
            else:
                won = move(conn, job_id, start, end)
                assert won == (start is state)
                state = end if won else state
            assert jobs.get(conn, job_id).state is state


async def test_of_many_decisions_at_once_one_counts(url: str) -> None:
    """Two doors to one file stand for two processes; every click is a transaction of its own."""
    doors = [Database(url), Database(url)]
    try:
        job = await doors[0].write(proposed)
        clicks = [
            doors[i % 2].write(decide, job, f"U0{i}")
            for i, decide in enumerate([jobs.confirm, jobs.cancel] * 10)
        ]
        won = await asyncio.gather(*clicks)
        assert sum(won) == 1
        decided = await doors[0].read(jobs.get, job.id)
        assert decided.decided_by == f"U0{won.index(True)}"
        assert decided.state is (JobState.CANCELLED if won.index(True) % 2 else JobState.CONFIRMED)
    finally:
        for door in doors:
            door.close()
