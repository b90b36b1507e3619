"""The legal moves of a job, as one table, and the compare-and-set that makes one."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Connection, Update, update

from store.clock import DatabaseNow, now
from store.errors import IllegalTransition
from store.model import JobState
from store.prepared import Prepared
from store.tables import jobs

LEGAL: Mapping[JobState, frozenset[JobState]] = {
    JobState.PROPOSED: frozenset(
        {
            JobState.AWAITING,
            JobState.SCHEDULED,
            JobState.CONFIRMED,
            JobState.CANCELLED,
            JobState.EXPIRED,
        }
    ),
    JobState.AWAITING: frozenset({JobState.SCHEDULED, JobState.DENIED, JobState.EXPIRED, JobState.CANCELLED}),
    # Back to `awaiting` where approvals do not count any more.
    JobState.SCHEDULED: frozenset({JobState.CONFIRMED, JobState.AWAITING, JobState.CANCELLED}),
    # Back to `scheduled` where it was ready for so long that everything must be looked at again.
    JobState.CONFIRMED: frozenset({JobState.RUNNING, JobState.SCHEDULED}),
    JobState.RUNNING: frozenset({JobState.WATCHING, JobState.DONE}),
    JobState.WATCHING: frozenset({JobState.DONE, JobState.RUNNING}),  # "Send the rest"
    JobState.DONE: frozenset({JobState.WATCHING, JobState.RUNNING}),  # "Check again", "Send the rest"
    JobState.CANCELLED: frozenset(),
    JobState.EXPIRED: frozenset(),
    JobState.DENIED: frozenset(),
}


def move(conn: Connection, job_id: int, start: JobState, end: JobState, **values: Any) -> bool:
    """Move a job from `start` to `end`, setting `values`; False when it was no longer in `start`.

    Raises IllegalTransition for a move the table does not have.
    """
    if end not in LEGAL[start]:
        raise IllegalTransition(f"{start} -> {end}")
    given = {f"new_{name}": value for name, value in values.items() if not isinstance(value, DatabaseNow)}
    at = tuple(name for name, value in values.items() if isinstance(value, DatabaseNow))
    moved = _moved(tuple(given), at)(conn, job=job_id, before=start, after=end, **given)
    return moved.rowcount == 1


@cache
def _moved(given: tuple[str, ...], at: tuple[str, ...]) -> Prepared:
    def build(job: Any, before: Any, after: Any, **new: Any) -> Update:
        values = {name.removeprefix("new_"): value for name, value in new.items()} | dict.fromkeys(at, now())
        return update(jobs).where(jobs.c.id == job, jobs.c.state == before).values(state=after, **values)

    return Prepared(build, "job", "before", "after", *given)
