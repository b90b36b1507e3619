"""Who sends what is unknown: one job at a time, as the rows of parent and children say."""

from collections import Counter

from sqlalchemy import Connection, update

from store import handover, jobs
from store.database import Database
from store.model import CustomerOutcome, Job
from store.tables import job_customers
from tests.store.samples import BOTH, confirmed, proposed

pytestmark = BOTH
ACCEPTED, REFUSED, UNKNOWN = CustomerOutcome.ACCEPTED, CustomerOutcome.REFUSED, CustomerOutcome.UNKNOWN


def family(conn: Connection) -> tuple[Job, tuple[str, ...]]:
    """A job whose customers were accepted, refused, and twice unknown."""
    parent = confirmed(conn, 4)
    for position, outcome in enumerate((ACCEPTED, REFUSED, UNKNOWN, UNKNOWN)):
        conn.execute(
            update(job_customers)
            .where(job_customers.c.job_id == parent.id, job_customers.c.position == position)
            .values(outcome=outcome)
        )
    return parent, tuple(f"{i:032x}" for i in range(4))


def test_a_job_without_a_parent_has_no_standing(db: Database) -> None:
    with db.engine.begin() as conn:
        assert handover.standing(conn, proposed(conn)) is None


def test_a_cards_customers_are_found_as_they_stand_in_the_parent(db: Database) -> None:
    with db.engine.begin() as conn:
        parent, cids = family(conn)
        card = proposed(conn, cids=(*cids[::-1], "another"), parent_id=parent.id)
        found = handover.standing(conn, card)
        assert found
        assert found.parent.id == parent.id
        assert found.outcomes == Counter({ACCEPTED: 1, REFUSED: 1, UNKNOWN: 2})
        assert found.taken_by is None
        assert [child.id for child in handover.children(conn, parent, 5)] == [card.id]


def test_what_is_unknown_is_taken_by_the_first_confirmed_child_that_has_some_of_it(db: Database) -> None:
    with db.engine.begin() as conn:
        parent, cids = family(conn)
        confirmed(conn, cids=cids[:2], parent_id=parent.id)
        card = proposed(conn, cids=cids[2:], parent_id=parent.id)
        assert handover.taken_by(conn, parent) is None, "nobody has confirmed that card"
        taken = confirmed(conn, cids=cids[3:], parent_id=parent.id)
        assert handover.taken_by(conn, parent) == taken
        assert handover.taken_by(conn, parent, but=taken.id) is None
        standing = handover.standing(conn, card)
        assert standing
        assert standing.taken_by == taken


def test_once_nothing_is_unknown_any_more_nobody_has_taken_it(db: Database) -> None:
    with db.engine.begin() as conn:
        parent, cids = family(conn)
        confirmed(conn, cids=cids[2:], parent_id=parent.id)
        conn.execute(update(job_customers).values(outcome=ACCEPTED))
        assert handover.taken_by(conn, jobs.get(conn, parent.id)) is None
