"""A cluster that asks us to wait: left alone as it says, otherwise ever longer, given up in the end."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, update

from store import pauses
from store.clock import read_now
from store.database import Database
from store.model import Pause
from store.pause_tables import pauses as table
from tests.store.samples import BOTH, EVIAN3

pytestmark = BOTH


def extend(conn: Connection, retry_after_s: float | None = None) -> Pause:
    pause = pauses.extend(conn, EVIAN3, "not Ready", retry_after_s)
    assert pause is not None
    return pause


def length(conn: Connection, retry_after_s: float | None = None) -> float:
    """Seconds from now until the cluster is tried again."""
    return round((extend(conn, retry_after_s).until - read_now(conn)).total_seconds(), 0)


def back_in_time(conn: Connection, by: timedelta) -> None:
    """As if everything had happened so much earlier."""
    pause = pauses.current(conn, EVIAN3)
    assert pause is not None
    conn.execute(update(table).values(since=pause.since - by, until=pause.until - by))


def test_nobody_waits_without_being_asked(db: Database) -> None:
    with db.engine.begin() as conn:
        assert pauses.current(conn, EVIAN3) is None
        assert not pauses.lift(conn, EVIAN3)


def test_each_pause_is_twice_the_last_up_to_the_longest(db: Database) -> None:
    with db.engine.begin() as conn:
        assert [length(conn) for _ in range(10)] == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


@pytest.mark.parametrize(("said", "kept"), [(7.0, 7), (900.0, 900), (86_400.0, 1800), (0.0, 2), (None, 2)])
def test_what_the_cluster_says_is_kept_within_bounds(db: Database, said: float | None, kept: int) -> None:
    with db.engine.begin() as conn:
        assert length(conn, said) == kept


def test_it_counts_from_the_first_time_and_tells_the_last_reason(db: Database) -> None:
    with db.engine.begin() as conn:
        first = extend(conn)
        back_in_time(conn, timedelta(seconds=10))
        second = pauses.extend(conn, EVIAN3, "HTTP 429", 60)
        assert second is not None
        assert (first.tries, second.tries, second.reason) == (1, 2, "HTTP 429")
        assert second.since == first.since - timedelta(seconds=10)
        assert second.ends == second.since + timedelta(minutes=30)
        assert second == pauses.current(conn, EVIAN3)


def test_after_half_an_hour_it_is_given_up(db: Database) -> None:
    with db.engine.begin() as conn:
        extend(conn)
        conn.execute(update(table).values(since=read_now(conn) - timedelta(minutes=30)))
        assert pauses.extend(conn, EVIAN3, "not Ready", None) is None


def test_an_old_pause_that_nobody_tried_since_is_another_story(db: Database) -> None:
    with db.engine.begin() as conn:
        extend(conn)
        back_in_time(conn, timedelta(hours=1))
        again = extend(conn)
        assert (again.tries, again.since > read_now(conn) - timedelta(seconds=5)) == (1, True)


def test_lifted_it_begins_anew_and_others_are_left_alone(db: Database) -> None:
    with db.engine.begin() as conn:
        extend(conn)
        extend(conn)
        pauses.extend(conn, "fiji1", "not Ready", None)
        assert pauses.lift(conn, EVIAN3)
        assert pauses.current(conn, EVIAN3) is None
        assert pauses.current(conn, "fiji1") is not None
        assert extend(conn).tries == 1
