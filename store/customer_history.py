"""What was done to one customer, as far as somebody may see it: by the index on customers, a bounded look."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, String, and_, bindparam, func, or_, select

from store.jobs import COLUMNS, as_job
from store.listing_model import Deed, History, Place, Wanted, Whose
from store.model import CustomerOutcome
from store.postgres import plan_once
from store.sights import NEWEST, Seen, bounds, first_of, within
from store.tables import IS_JOB, job_customers, jobs

LOOKED_AT = 100  # jobs of one customer in one look, of which the reader may be allowed to see few


def history(
    conn: Connection,
    sights: Sequence[Whose],
    cid: str,
    place: Place = NEWEST,
    *,
    limit: int,
    among: int = LOOKED_AT,
) -> History:
    """What jobs that one of `sights` covers did to one customer, newest first, or upwards from `place.after`.

    Looks at no more than `among` of the customer's jobs, and says at which it stopped.
    """
    seen = {Seen.of(whose, f"sight{number}"): whose for number, whose in enumerate(sights)}
    given: dict[str, Any] = {"cid": cid, "among": among, "most": limit, **bounds(conn, Wanted(), place)}
    for shape, whose in seen.items():
        given |= shape.values(whose)
    plan_once(conn)
    upwards = place.after is not None
    deeds, looked_at = _of_customer(tuple(seen), upwards=upwards)
    found = [_deed(row) for row in conn.execute(deeds, given)]
    examined: int | None
    if len(found) == limit:
        examined = found[-1].job.id
    else:
        number, last = conn.execute(looked_at, given).one()
        examined = last if number == among else None
    return History(tuple(found[::-1] if upwards else found), examined)


def _deed(row: Sequence[Any]) -> Deed:
    *job, outcome, why = row
    return Deed(as_job(job), CustomerOutcome(outcome), why)


@lru_cache(maxsize=256)
def _of_customer(seen: tuple[Seen, ...], *, upwards: bool) -> tuple[Select[Any], Select[Any]]:
    """What was done, and how many jobs that looks at with the last of them."""
    at = job_customers.c.job_id
    theirs = select(at, job_customers.c.outcome, job_customers.c.detail).where(
        job_customers.c.cid == bindparam("cid", type_=String()), within(at)
    )
    some = first_of(theirs, at, upwards=upwards, most="among").subquery("some")
    visible = or_(*(and_(*one.belonging(jobs), one.granted(jobs)) for one in seen))
    deeds: Select[Any] = select(*COLUMNS, some.c.outcome, some.c.detail.label("why")).join_from(
        some, jobs, jobs.c.id == some.c.job_id
    )
    deeds = first_of(deeds.where(visible, IS_JOB), some.c.job_id, upwards=upwards)
    last = func.max(some.c.job_id) if upwards else func.min(some.c.job_id)
    looked_at: Select[Any] = select(func.count(), last).select_from(some)
    return deeds, looked_at
