"""What was asked for lately: cards of a minute, customers of an hour but for cards that were replaced."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Connection, update

from store import customers, use
from store.clock import read_now
from store.database import Database
from store.model import CustomerOutcome, Operator
from store.tables import job_customers
from store.tables import jobs as job_table
from tests.store.samples import ASTER, EVIAN3, proposed

OTHER = Operator("", "T0SANDBOX", "U0OTHER")


def asked(conn: Connection, size: int, ago: timedelta, replaced: bool = False, by: Operator = ASTER) -> None:
    """A card of so many customers, made so long ago."""
    job = proposed(conn, size, operator=by)
    values = {"created_at": read_now(conn) - ago, "replaced_by": uuid4() if replaced else None}
    conn.execute(update(job_table).where(job_table.c.id == job.id).values(**values))


@pytest.mark.parametrize("whose", [use.of_person(ASTER), use.on_cluster(EVIAN3)], ids=["person", "cluster"])
async def test_cards_of_a_minute_and_customers_of_an_hour(db: Database, whose: use.Whose) -> None:
    def work(conn: Connection) -> tuple[use.Lately, list[timedelta]]:
        now = read_now(conn)
        asked(conn, 1, timedelta(seconds=10))
        asked(conn, 2, timedelta(seconds=50), replaced=True)
        asked(conn, 4, timedelta(seconds=70))
        asked(conn, 8, timedelta(minutes=59))
        asked(conn, 16, timedelta(minutes=61))
        found = use.lately(conn, whose, now)
        return found, [now - at for at in (found.first_card, found.first_customers) if at]

    found, ages = await db.write(work)
    assert (found.cards, found.customers) == (2, 1 + 4 + 8)
    assert ages == [timedelta(seconds=50), timedelta(minutes=59)]


async def test_what_somebody_else_asked_for_is_theirs_but_on_the_same_cluster(db: Database) -> None:
    def work(conn: Connection) -> list[int]:
        asked(conn, 3, timedelta(seconds=5), by=OTHER)
        mine, all_of_them = use.of_person(ASTER), use.on_cluster(EVIAN3)
        return [use.lately(conn, whose, read_now(conn)).cards for whose in (mine, all_of_them)]

    assert await db.write(work) == [0, 1]


async def test_accepted_are_those_that_have_arrived_too(db: Database) -> None:
    def work(conn: Connection) -> tuple[list[str], list[str]]:
        job = proposed(conn, len(CustomerOutcome))
        for position, outcome in enumerate(CustomerOutcome):
            of_it = (job_customers.c.job_id == job.id, job_customers.c.position == position)
            conn.execute(update(job_customers).where(*of_it).values(outcome=outcome))
        everybody = [one.cid for one in customers.everybody(conn, job.id)]
        taken = (CustomerOutcome.ACCEPTED, CustomerOutcome.ARRIVED)
        return customers.accepted(conn, job.id), [
            everybody[list(CustomerOutcome).index(one)] for one in taken
        ]

    found, expected = await db.write(work)
    assert found == expected
