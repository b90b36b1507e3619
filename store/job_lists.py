"""Lists of jobs: filtered, of one person or of everybody, by key, newest first. They read what they show.

A filter goes by one of two indexes (`ix_jobs_own_kinds`, `ix_jobs_kinds`). Each is a row of short lists, one
for each cluster, action and standing, whose last entry is the newest job. Which clusters and actions there
are is read off the index itself, one step for each that is wanted; then each list that fits gives its first
few, and the newest of those are the page. So the cost follows the number of clusters and actions, not of
jobs, and a filter that nothing fits costs no more than any other.

Statements are built once for each shape of a question: building one takes longer than running it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    column,
    func,
    literal,
    select,
    true,
)

from store.batch_tables import batch_jobs
from store.jobs import COLUMNS, as_job
from store.listing_model import CODES, JOBS, Place, Wanted, Whose
from store.model import Job
from store.postgres import plan_once
from store.sights import NEWEST, Seen, bounds, first_of, within
from store.tables import IS_JOB, jobs

CLUSTER, ACTION = bindparam("cluster", type_=String()), bindparam("action", type_=Integer())


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a statement depends on, besides its parameters."""

    seen: Seen
    cluster: bool
    action: bool
    upwards: bool
    lateral: bool

    def fitting(self, of: Any) -> ColumnElement[bool]:
        """That a job may be seen and is wanted, by its cluster and action."""
        fitting = [self.seen.granted(of)]
        if self.cluster:
            fitting.append(of.c.cluster == CLUSTER)
        if self.action:
            fitting.append(of.c.action_code == ACTION)
        return and_(*fitting)

    def first(self, query: Select[Any], job_id: Any) -> Select[Any]:
        """The first of these in the bounds."""
        return first_of(query.where(within(job_id)), job_id, upwards=self.upwards)


def page(
    conn: Connection, whose: Whose, wanted: Wanted, place: Place = NEWEST, *, limit: int
) -> Sequence[Job]:
    """Up to `limit` of the jobs that are wanted, newest first, from `place` on."""
    shape = _Shape(
        Seen.of(whose),
        wanted.cluster is not None,
        wanted.action_code is not None,
        place.after is not None,
        conn.dialect.name != "sqlite",
    )
    given = {
        **shape.seen.values(whose),
        **bounds(conn, wanted, place),
        "cluster": wanted.cluster,
        "action": wanted.action_code,
        "batch": wanted.batch_id,
        "standings": JOBS if wanted.standing is None else CODES[wanted.standing],
        "most": limit,
    }
    plan_once(conn)
    if wanted.batch_id is not None:
        query = _of_batch(shape)
    elif whose.grants is None and _anything(wanted):
        query = _unfiltered(shape)
    else:
        query = _of_kinds(shape)
    return [as_job(row) for row in conn.execute(query, given)]


def _anything(wanted: Wanted) -> bool:
    return wanted.standing is None and wanted.action_code is None and wanted.cluster is None


@lru_cache(maxsize=256)
def _unfiltered(shape: _Shape) -> Select[Any]:
    """Of one person, by their index; of everybody, the last rows of the table: a bot serves one workspace."""
    # PostgreSQL knows that nearly all are meant; SQLite would fetch them all by an index, and sort them.
    whose = shape.seen.belonging(jobs) if shape.lateral else shape.seen.around(jobs)
    return _whole(shape.first(select(jobs.c.id).where(*whose, IS_JOB), jobs.c.id))


@lru_cache(maxsize=256)
def _of_batch(shape: _Shape) -> Select[Any]:
    """Of the jobs that ran on one batch, which are few."""
    ran = select(batch_jobs.c.job_id).join_from(batch_jobs, jobs)
    ran = ran.where(batch_jobs.c.batch_id == bindparam("batch"), *shape.seen.belonging(jobs))
    ran = ran.where(shape.fitting(jobs), jobs.c.standing.in_(bindparam("standings", expanding=True)))
    return _whole(shape.first(ran, batch_jobs.c.job_id))


@lru_cache(maxsize=256)
def _of_kinds(shape: _Shape) -> Select[Any]:
    kinds, numbers, job = _kinds(shape), _numbers(), jobs.alias("listed")
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
    else:  # SQLite has no LATERAL, but unpacks what a row gives (json_each)
        few = of_one_kind.correlate(kinds, numbers).subquery("few")
        listed = select(func.json_group_array(few.c.id)).scalar_subquery()
        joined = each = func.json_each(listed).table_valued(column("value", BigInteger()), name="each")
        on = true()
    found = each.c.id if shape.lateral else each.c.value
    query = select(found).select_from(kinds).join(numbers, true()).join(joined, on)
    wanted = numbers.c.number.in_(bindparam("standings", expanding=True))
    query = query.where(shape.seen.granted(kinds), wanted)
    return _whole(first_of(query, found, upwards=shape.upwards))


def _kinds(shape: _Shape) -> CTE:
    """Every wanted cluster and action code of these jobs, found by leaping from each to the next one.

    Of one cluster its actions, for one action the clusters; where both are given there is but one kind.
    """

    def least(name: str, *where: Any) -> Any:
        of = jobs.alias(name)
        conditions = [compare(of) for compare in where]
        query = select(of.c.id).where(*shape.seen.belonging(of), *conditions)
        return query.order_by(of.c.cluster, of.c.action_code).limit(1).scalar_subquery()

    if shape.cluster and shape.action:
        return select(CLUSTER.label("cluster"), ACTION.label("action_code")).cte("kinds")
    found, after = jobs.alias("found"), jobs.alias("after")
    first = least("first", lambda of: of.c.cluster == CLUSTER) if shape.cluster else least("first")
    begin = select(found.c.cluster, (ACTION if shape.action else found.c.action_code).label("action_code"))
    kinds = begin.where(found.c.id == first).cte("kinds", recursive=True)
    next_action = least(
        "action",
        lambda of: of.c.cluster == kinds.c.cluster,
        lambda of: of.c.action_code > kinds.c.action_code,
    )
    next_cluster = least("another", lambda of: of.c.cluster > kinds.c.cluster)
    if shape.cluster:
        there = next_action
    else:
        there = next_cluster if shape.action else func.coalesce(next_action, next_cluster)
    leap = select(after.c.cluster, kinds.c.action_code if shape.action else after.c.action_code)
    return kinds.union_all(leap.join_from(kinds, after, after.c.id == there))


def _numbers() -> CTE:
    """Every number that a standing can be."""
    numbers = select(literal(0, Integer).label("number")).cte("numbers", recursive=True)
    return numbers.union_all(select(numbers.c.number + 1).where(numbers.c.number < max(JOBS)))


def _whole(ids: Select[Any]) -> Select[Any]:
    return select(*COLUMNS).where(jobs.c.id.in_(ids)).order_by(jobs.c.id.desc())
