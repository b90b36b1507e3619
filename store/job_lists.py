"""Lists of jobs: filtered, of one person or of everybody, by key, newest first. They read only what they show.

A filter goes by one of two indexes (`ix_jobs_own_kinds`, `ix_jobs_kinds`). Each is a row of short lists, one for
each cluster, action and standing, whose last entry is the newest job. Which clusters and actions there are is
read off the index itself, one step for each; then each list that fits gives its first few, and the newest of
those are the page. So the cost follows the number of clusters and actions, not of jobs, and a filter that
nothing fits costs no more than any other.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    CTE, ColumnElement, Connection, Integer, Row, Select, and_, false, literal, or_, select, true, tuple_,
)  # fmt: skip

from store.batch_tables import batch_jobs
from store.jobs import COLUMNS, as_job
from store.listing_model import CODES, JOBS, Deed, Grant, History, Place, Wanted, Whose
from store.model import CustomerOutcome, Job
from store.moments import first_at
from store.tables import IS_JOB, job_customers, jobs

LOOKED_AT = 500  # jobs of one customer in one look, of which the reader may be allowed to see few
NEWEST = Place()


def page(
    conn: Connection, whose: Whose, wanted: Wanted, place: Place = NEWEST, *, limit: int
) -> Sequence[Job]:
    """Up to `limit` of the jobs that are wanted, newest first, from `place` on."""
    if wanted.batch_id is not None:
        ids = _of_batch(conn, whose, wanted, place, limit)
    elif whose.user_id is not None and whose.grants is None and _anything(wanted):
        ids = _of_person(conn, whose, wanted, place, limit)
    else:
        ids = _of_kinds(conn, whose, wanted, place, limit)
    found = select(*COLUMNS).where(jobs.c.id.in_(ids)).order_by(jobs.c.id.desc())
    return [as_job(row) for row in conn.execute(found)]


def history(
    conn: Connection,
    sights: Sequence[Whose],
    cid: str,
    place: Place = NEWEST,
    *,
    limit: int,
    among: int = LOOKED_AT,
) -> History:
    """What jobs that one of `sights` covers did to one customer, newest first (or the next ones above `place.after`).

    Looks at no more than `among` of the customer's jobs, and says at which it stopped.
    """
    at = job_customers.c.job_id
    here = _bounds(conn, at, Wanted(), place)
    of_customer = select(at, job_customers.c.outcome, job_customers.c.detail)
    of_customer = of_customer.where(job_customers.c.cid == cid, *here).order_by(_turned(at, place))
    some = of_customer.limit(among).subquery("some")
    seen = (
        select(*COLUMNS, some.c.outcome, some.c.detail.label("why"))
        .select_from(some)
        .join(jobs, jobs.c.id == some.c.job_id)
        .where(or_(*(_visible(jobs, whose) for whose in sights)), IS_JOB)
        .order_by(_turned(some.c.job_id, place))
        .limit(limit)
    )
    deeds = [_deed(row) for row in conn.execute(seen)]
    if len(deeds) == limit:
        return History(tuple(deeds), deeds[-1].job.id)
    last = conn.execute(
        select(at)
        .where(job_customers.c.cid == cid, *here)
        .order_by(_turned(at, place))
        .offset(among - 1)
        .limit(1)
    )
    return History(tuple(deeds), last.scalar_one_or_none())


def _deed(row: Row[Any]) -> Deed:
    *_, outcome, why = row
    return Deed(as_job(row), CustomerOutcome(outcome), why)


def _anything(wanted: Wanted) -> bool:
    return wanted.standing is None and wanted.action_code is None and wanted.cluster is None


def _of_person(conn: Connection, whose: Whose, wanted: Wanted, place: Place, limit: int) -> Select[Any]:
    query = select(jobs.c.id).where(
        *_belonging(jobs, whose), IS_JOB, *_bounds(conn, jobs.c.id, wanted, place)
    )
    return query.order_by(_turned(jobs.c.id, place)).limit(limit)


def _of_batch(conn: Connection, whose: Whose, wanted: Wanted, place: Place, limit: int) -> Select[Any]:
    """Of the jobs that ran on one batch, which are few."""
    job_id = batch_jobs.c.job_id
    query = (
        select(job_id)
        .join_from(batch_jobs, jobs)
        .where(
            batch_jobs.c.batch_id == wanted.batch_id,
            *_belonging(jobs, whose),
            *_fitting(jobs, whose, wanted),
            jobs.c.standing.in_(_standings(wanted)),
            *_bounds(conn, job_id, wanted, place),
        )
    )
    return query.order_by(_turned(job_id, place)).limit(limit)


def _of_kinds(conn: Connection, whose: Whose, wanted: Wanted, place: Place, limit: int) -> Select[Any]:
    kinds, numbers, job = _kinds(whose), _numbers(), jobs.alias("listed")
    of_one_kind = (
        select(job.c.id)
        .where(
            *_belonging(job, whose),
            job.c.cluster == kinds.c.cluster,
            job.c.action_code == kinds.c.action_code,
            job.c.standing == numbers.c.number,
            *_bounds(conn, job.c.id, wanted, place),
        )
        .order_by(_turned(job.c.id, place))
        .limit(limit)
    )
    those = and_(*_fitting(kinds, whose, wanted), numbers.c.number.in_(_standings(wanted)))
    if conn.dialect.name == "sqlite":  # which has no LATERAL, but does the same with what others do slowly
        chosen = jobs.alias("chosen")
        query = select(chosen.c.id).select_from(kinds).join(numbers, true())
        query = query.join(chosen, chosen.c.id.in_(of_one_kind)).where(those)
        return query.order_by(_turned(chosen.c.id, place)).limit(limit)
    each = of_one_kind.lateral("each")
    query = select(each.c.id).select_from(kinds).join(numbers, true()).join(each, true()).where(those)
    return query.order_by(_turned(each.c.id, place)).limit(limit)


def _kinds(whose: Whose) -> CTE:
    """Every cluster and action code of these jobs, found by leaping from each to the next one."""
    first, found, step = jobs.alias("first"), jobs.alias("found"), jobs.alias("step")
    order = (first.c.cluster, first.c.action_code)
    least = select(first.c.id).where(*_belonging(first, whose)).order_by(*order).limit(1)
    kinds = (
        select(found.c.cluster, found.c.action_code)
        .where(found.c.id == least.scalar_subquery())
        .cte("kinds", recursive=True)
    )
    here = tuple_(kinds.c.cluster, kinds.c.action_code)
    next_one = (
        select(step.c.id)
        .where(*_belonging(step, whose), tuple_(step.c.cluster, step.c.action_code) > here)
        .order_by(step.c.cluster, step.c.action_code)
        .limit(1)
    )
    after = jobs.alias("after")
    leap = select(after.c.cluster, after.c.action_code).join_from(
        kinds, after, after.c.id == next_one.scalar_subquery()
    )
    return kinds.union_all(leap)


def _numbers() -> CTE:
    """Every number that a standing can be."""
    numbers = select(literal(0, Integer).label("number")).cte("numbers", recursive=True)
    return numbers.union_all(select(numbers.c.number + 1).where(numbers.c.number < max(JOBS)))


def _standings(wanted: Wanted) -> Sequence[int]:
    return JOBS if wanted.standing is None else CODES[wanted.standing]


def _belonging(of: Any, whose: Whose) -> list[ColumnElement[bool]]:
    """That a job is of this workspace and person."""
    here = [of.c.enterprise_id == whose.enterprise_id, of.c.team_id == whose.team_id]
    return here if whose.user_id is None else [*here, of.c.user_id == whose.user_id]


def _fitting(of: Any, whose: Whose, wanted: Wanted) -> list[ColumnElement[bool]]:
    """That a job, or a kind of jobs, may be seen and is wanted, by its cluster and action."""
    fitting: list[ColumnElement[bool]] = []
    if wanted.cluster is not None:
        fitting.append(of.c.cluster == wanted.cluster)
    if wanted.action_code is not None:
        fitting.append(of.c.action_code == wanted.action_code)
    if whose.grants is not None:
        fitting.append(or_(false(), *(_covered(of, grant) for grant in whose.grants)))
    return fitting


def _visible(of: Any, whose: Whose) -> ColumnElement[bool]:
    return and_(*_belonging(of, whose), *_fitting(of, whose, Wanted()))


def _covered(of: Any, grant: Grant) -> ColumnElement[bool]:
    return and_(
        true() if grant.clusters is None else of.c.cluster.in_(grant.clusters),
        true() if grant.codes is None else of.c.action_code.in_(grant.codes),
    )


def _bounds(conn: Connection, job_id: Any, wanted: Wanted, place: Place) -> list[ColumnElement[bool]]:
    """That a job is of the time that is wanted and of the page."""
    bounds: list[ColumnElement[bool]] = []
    if wanted.since is not None:
        bounds.append(job_id >= first_at(conn, jobs.c.id, jobs.c.created_at, wanted.since))
    if wanted.until is not None:
        bounds.append(job_id < first_at(conn, jobs.c.id, jobs.c.created_at, wanted.until))
    if place.before is not None:
        bounds.append(job_id < place.before)
    if place.after is not None:
        bounds.append(job_id > place.after)
    return bounds


def _turned(job_id: Any, place: Place) -> ColumnElement[Any]:
    turned: ColumnElement[Any] = job_id.asc() if place.after is not None else job_id.desc()
    return turned
