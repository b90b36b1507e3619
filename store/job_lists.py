"""Lists of jobs: filtered, of one person or of everybody, by key, newest first. They read what they show.

A filter goes by one of two indexes (`ix_jobs_own_kinds`, `ix_jobs_kinds`). Each is a row of short lists, one
for each cluster, action and standing, whose last entry is the newest job. Which clusters and actions there are
is read off the index itself, one step for each; then each list that fits gives its first few, and the newest of
those are the page. So the cost follows the number of clusters and actions, not of jobs, and a filter that
nothing fits costs no more than any other.

Statements are built once for each shape of a question: building one takes longer than running it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    String,
    and_,
    bindparam,
    false,
    func,
    literal,
    or_,
    select,
    true,
)  # fmt: skip

from store.batch_tables import batch_jobs
from store.jobs import COLUMNS, as_job
from store.listing_model import CODES, JOBS, Deed, History, Place, Wanted, Whose
from store.model import CustomerOutcome, Job
from store.moments import first_at
from store.tables import IS_JOB, job_customers, jobs

LOOKED_AT = 500  # jobs of one customer in one look, of which the reader may be allowed to see few
NEWEST = Place()
_BEYOND = 2**62  # no job has this id


@dataclass(frozen=True, slots=True)
class _Seen:
    """The shape of a `Whose`: which of its parts matter. `name` tells its parameters from another's."""

    name: str
    person: bool
    grants: tuple[tuple[bool, bool], ...] | None

    @classmethod
    def of(cls, whose: Whose, name: str = "own") -> "_Seen":
        grants = whose.grants
        shape = None if grants is None else tuple((g.clusters is None, g.codes is None) for g in grants)
        return cls(name, whose.user_id is not None, shape)

    def values(self, whose: Whose) -> dict[str, Any]:
        """Its parameters."""
        given: dict[str, Any] = {
            "enterprise": whose.enterprise_id,
            "team": whose.team_id,
            "user": whose.user_id,
        }
        for number, grant in enumerate(whose.grants or ()):
            given |= {f"clusters{number}": grant.clusters, f"codes{number}": grant.codes}
        return {f"{self.name}_{key}": value for key, value in given.items() if value is not None}

    def belonging(self, of: Any) -> list[ColumnElement[bool]]:
        """That a job is of this workspace and person."""
        columns = {"enterprise": of.c.enterprise_id, "team": of.c.team_id, "user": of.c.user_id}
        if not self.person:
            del columns["user"]
        return [column == bindparam(f"{self.name}_{key}", type_=String()) for key, column in columns.items()]

    def granted(self, of: Any) -> ColumnElement[bool]:
        """That a job, or a kind of jobs, may be seen."""
        if self.grants is None:
            return true()
        covered = []
        for number, (any_cluster, any_code) in enumerate(self.grants):
            clusters = of.c.cluster.in_(bindparam(f"{self.name}_clusters{number}", expanding=True))
            codes = of.c.action_code.in_(bindparam(f"{self.name}_codes{number}", expanding=True))
            covered.append(and_(true() if any_cluster else clusters, true() if any_code else codes))
        return or_(false(), *covered)


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a statement depends on, besides its parameters."""

    seen: _Seen
    cluster: bool
    action: bool
    upwards: bool
    lateral: bool

    def fitting(self, of: Any) -> ColumnElement[bool]:
        """That a job, or a kind of jobs, may be seen and is wanted, by its cluster and action."""
        fitting = [self.seen.granted(of)]
        if self.cluster:
            fitting.append(of.c.cluster == bindparam("cluster", type_=String()))
        if self.action:
            fitting.append(of.c.action_code == bindparam("action", type_=Integer()))
        return and_(*fitting)

    def first(self, query: Select[Any], job_id: Any) -> Select[Any]:
        """The first of these in the bounds."""
        within = query.where(job_id >= bindparam("low", type_=BigInteger()))
        return _first(
            within.where(job_id < bindparam("high", type_=BigInteger())), job_id, upwards=self.upwards
        )


def page(
    conn: Connection, whose: Whose, wanted: Wanted, place: Place = NEWEST, *, limit: int
) -> Sequence[Job]:
    """Up to `limit` of the jobs that are wanted, newest first, from `place` on."""
    shape = _Shape(
        _Seen.of(whose),
        wanted.cluster is not None,
        wanted.action_code is not None,
        place.after is not None,
        conn.dialect.name != "sqlite",
    )
    given = {
        **shape.seen.values(whose),
        **_bounds(conn, wanted, place),
        "cluster": wanted.cluster,
        "action": wanted.action_code,
        "batch": wanted.batch_id,
        "standings": JOBS if wanted.standing is None else CODES[wanted.standing],
        "most": limit,
    }
    if wanted.batch_id is not None:
        query = _of_batch(shape)
    elif whose.user_id is not None and whose.grants is None and _anything(wanted):
        query = _of_person(shape)
    else:
        query = _of_kinds(shape)
    return [as_job(row) for row in conn.execute(query, given)]


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
    seen = {_Seen.of(whose, f"sight{number}"): whose for number, whose in enumerate(sights)}
    given: dict[str, Any] = {"cid": cid, "among": among, "most": limit, **_bounds(conn, Wanted(), place)}
    for shape, whose in seen.items():
        given |= shape.values(whose)
    deeds, looked_at = _of_customer(tuple(seen), upwards=place.after is not None)
    found = tuple(_deed(row) for row in conn.execute(deeds, given))
    if len(found) == limit:
        return History(found, found[-1].job.id)
    number, last = conn.execute(looked_at, given).one()
    return History(found, last if number == among else None)


def _deed(row: Row[Any]) -> Deed:
    return Deed(as_job(row), CustomerOutcome(row.outcome), row.why)


def _anything(wanted: Wanted) -> bool:
    return wanted.standing is None and wanted.action_code is None and wanted.cluster is None


def _bounds(conn: Connection, wanted: Wanted, place: Place) -> Mapping[str, int]:
    """Between which ids a job must be, to be of the time that is wanted and of the page."""
    low, high = 0, _BEYOND
    if wanted.since is not None:
        low = first_at(conn, jobs.c.id, jobs.c.created_at, wanted.since)
    if wanted.until is not None:
        high = first_at(conn, jobs.c.id, jobs.c.created_at, wanted.until)
    if place.before is not None:
        high = min(high, place.before)
    if place.after is not None:
        low = max(low, place.after + 1)
    return {"low": low, "high": high}


@lru_cache(maxsize=256)
def _of_person(shape: _Shape) -> Select[Any]:
    return _whole(shape.first(select(jobs.c.id).where(*shape.seen.belonging(jobs), IS_JOB), jobs.c.id))


@lru_cache(maxsize=256)
def _of_batch(shape: _Shape) -> Select[Any]:
    """Of the jobs that ran on one batch, which are few."""
    ran = select(batch_jobs.c.job_id).join_from(batch_jobs, jobs)
    ran = ran.where(batch_jobs.c.batch_id == bindparam("batch"), *shape.seen.belonging(jobs))
    ran = ran.where(shape.fitting(jobs), jobs.c.standing.in_(bindparam("standings", expanding=True)))
    return _whole(shape.first(ran, batch_jobs.c.job_id))


@lru_cache(maxsize=256)
def _of_kinds(shape: _Shape) -> Select[Any]:
    kinds, numbers, job = _kinds(shape.seen), _numbers(), jobs.alias("listed")
    of_one_kind = select(job.c.id).where(
        *shape.seen.belonging(job),
        job.c.cluster == kinds.c.cluster,
        job.c.action_code == kinds.c.action_code,
        job.c.standing == numbers.c.number,
    )
    of_one_kind = shape.first(of_one_kind, job.c.id)
    each: Any
    if shape.lateral:
        each = of_one_kind.lateral("each")
        joined, on = each, true()
    else:  # SQLite has no LATERAL, but does the same with what PostgreSQL does slowly
        joined = each = jobs.alias("each")
        on = each.c.id.in_(of_one_kind)
    query = select(each.c.id).select_from(kinds).join(numbers, true()).join(joined, on)
    query = query.where(shape.fitting(kinds), numbers.c.number.in_(bindparam("standings", expanding=True)))
    return _whole(_first(query, each.c.id, upwards=shape.upwards))


@lru_cache(maxsize=256)
def _of_customer(seen: tuple[_Seen, ...], *, upwards: bool) -> tuple[Select[Any], Select[Any]]:
    """What was done, and how many jobs that looks at with the last of them."""
    at = job_customers.c.job_id
    bounds = (at >= bindparam("low", type_=BigInteger()), at < bindparam("high", type_=BigInteger()))
    theirs = select(at, job_customers.c.outcome, job_customers.c.detail).where(
        job_customers.c.cid == bindparam("cid", type_=String()), *bounds
    )
    some = _first(theirs, at, upwards=upwards, most="among").subquery("some")
    visible = or_(*(and_(*one.belonging(jobs), one.granted(jobs)) for one in seen))
    deeds: Select[Any] = select(*COLUMNS, some.c.outcome, some.c.detail.label("why")).join_from(
        some, jobs, jobs.c.id == some.c.job_id
    )
    deeds = _first(deeds.where(visible, IS_JOB), some.c.job_id, upwards=upwards)
    last = func.max(some.c.job_id) if upwards else func.min(some.c.job_id)
    looked_at: Select[Any] = select(func.count(), last).select_from(some)
    return deeds, looked_at


def _kinds(seen: _Seen) -> CTE:
    """Every cluster and action code of these jobs, found by leaping from each to the next one."""

    def least(name: str, *where: Any) -> Any:
        of = jobs.alias(name)
        conditions = [compare(of) for compare in where]
        query = select(of.c.id).where(*seen.belonging(of), *conditions)
        return query.order_by(of.c.cluster, of.c.action_code).limit(1).scalar_subquery()

    found, after = jobs.alias("found"), jobs.alias("after")
    begin = select(found.c.cluster, found.c.action_code).where(found.c.id == least("first"))
    kinds = begin.cte("kinds", recursive=True)
    next_action = least(
        "action",
        lambda of: of.c.cluster == kinds.c.cluster,
        lambda of: of.c.action_code > kinds.c.action_code,
    )
    next_cluster = least("another", lambda of: of.c.cluster > kinds.c.cluster)
    leap = select(after.c.cluster, after.c.action_code).join_from(
        kinds, after, after.c.id == func.coalesce(next_action, next_cluster)
    )
    return kinds.union_all(leap)


def _numbers() -> CTE:
    """Every number that a standing can be."""
    numbers = select(literal(0, Integer).label("number")).cte("numbers", recursive=True)
    return numbers.union_all(select(numbers.c.number + 1).where(numbers.c.number < max(JOBS)))


def _first(query: Select[Any], job_id: Any, *, upwards: bool, most: str = "most") -> Select[Any]:
    order = job_id.asc() if upwards else job_id.desc()
    return query.order_by(order).limit(bindparam(most, type_=Integer()))


def _whole(ids: Select[Any]) -> Select[Any]:
    return select(*COLUMNS).where(jobs.c.id.in_(ids)).order_by(jobs.c.id.desc())
