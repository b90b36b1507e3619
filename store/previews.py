"""Queries about previews: what the cluster says of a card's customers before anyone confirms it.

The rows decide who is sent: customers that are there already or do not exist are left out by their outcome.
Never commit.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, Text, Update, cast, func, select, update

from store.clock import now
from store.jobs import COLUMNS, as_job
from store.model import CustomerOutcome, Job, JobState, Preview
from store.prepared import prepared
from store.tables import IS_UNSEEN, job_customers, jobs
from store.units import ring

LISTED = 20_000  # customers read at once
AT_ONCE = 500  # positions named in one statement: both databases bound their number
Findings = tuple[int | None, CustomerOutcome]


def topic(cluster: str) -> str:
    """The bell's topic for "a card of this cluster is to be filled in"."""
    return f"preview:{cluster}"


def pending(conn: Connection, cluster: str) -> Sequence[Job]:
    """Cards of this cluster whose customers' state is to be read, oldest first."""
    return [as_job(row) for row in _pending(conn, key=cluster)]


@prepared
def _pending(key: Any) -> Select[Any]:
    return select(*COLUMNS).where(jobs.c.cluster == key, IS_UNSEEN).order_by(jobs.c.id)


def begin(conn: Connection, job: Job) -> None:
    """Have a new card filled in; where that is switched off, it can be confirmed as it is."""
    if job.preview is Preview.PENDING:
        ring(conn, topic(job.cluster))
    else:
        seal(conn, job)


def ask(conn: Connection, job: Job) -> bool:
    """Have the state read once more; False when the card is decided, or being read just now."""
    asked = conn.execute(
        update(jobs)
        .where(jobs.c.id == job.id, jobs.c.state == JobState.PROPOSED, jobs.c.preview != Preview.PENDING)
        .values(preview=Preview.PENDING, digest=None)
    )
    ring(conn, topic(job.cluster))
    return asked.rowcount == 1


def fill(conn: Connection, job: Job, states: Mapping[str, int]) -> bool:
    """Write down in which state (action code) each customer is; those without one do not exist.

    Those in the action's own state are left out unless they are to be sent too (see `include`). False when
    the card was decided or filled in meanwhile.
    """
    if not _end(conn, job, preview=Preview.READ, preview_error=None, previewed_at=now()):
        return False
    positions: defaultdict[Findings, list[int]] = defaultdict(list)
    for position, cid in _cids(conn, job_id=job.id):
        positions[_found(states.get(cid), job)].append(position)
    _mark(conn, job, positions)
    seen = Counter({str(code): len(found) for (code, _), found in positions.items() if code is not None})
    conn.execute(update(jobs).where(jobs.c.id == job.id).values(preview_states=dict(seen)))
    _recount(conn, job)
    return True


def fail(conn: Connection, job: Job, error: str) -> bool:
    """The state could not be read; the card may be confirmed all the same. False as in `fill`."""
    if not _end(conn, job, preview=Preview.UNREADABLE, preview_error=error, preview_states=None):
        return False
    _mark(conn, job, {(None, CustomerOutcome.PLANNED): ()})  # everybody, so by no positions
    _recount(conn, job)
    return True


def include(conn: Connection, job: Job, wanted: bool) -> bool:
    """Send customers that are in the action's state already as well, or leave them out again.

    False when that changes nothing.
    """
    before, after = CustomerOutcome.ALREADY_THERE, CustomerOutcome.PLANNED
    if not wanted:
        before, after = after, before
    changed = conn.execute(
        update(job_customers)
        .where(
            job_customers.c.job_id == job.id,
            job_customers.c.outcome == before,
            job_customers.c.seen == job.action_code,
        )
        .values(outcome=after)
    )
    conn.execute(update(jobs).where(jobs.c.id == job.id).values(send_there=wanted))
    _recount(conn, job)
    return changed.rowcount > 0


def seal(conn: Connection, job: Job) -> None:
    """Compute the digest of what a card shows: the action, where, and every customer with its outcome."""
    shown = hashlib.sha256(repr((job.action_code, job.action_name, job.cluster, job.base_url)).encode())
    for first in range(0, job.total, LISTED):
        lines = _listed(conn, job_id=job.id, first=first, last=first + LISTED - 1).scalars()
        shown.update("".join(lines).encode())
    _sealed(conn, job=job.id, shown=shown.hexdigest()[:16])


@prepared
def _listed(job_id: Any, first: Any, last: Any) -> Select[Any]:
    outcome, seen = (cast(column, Text) for column in (job_customers.c.outcome, job_customers.c.seen))
    line = job_customers.c.cid + " " + outcome + " " + func.coalesce(seen, "None") + "\n"
    rows = select(line).where(job_customers.c.job_id == job_id)
    return rows.where(job_customers.c.position.between(first, last)).order_by(job_customers.c.position)


@prepared
def _sealed(job: Any, shown: Any) -> Update:
    return update(jobs).where(jobs.c.id == job).values(digest=shown)


def _found(code: int | None, job: Job) -> Findings:
    if code is None:
        return None, CustomerOutcome.MISSING
    left_out = code == job.action_code and not job.send_there
    return code, CustomerOutcome.ALREADY_THERE if left_out else CustomerOutcome.PLANNED


def _end(conn: Connection, job: Job, **values: object) -> bool:
    ended = conn.execute(
        update(jobs)
        .where(jobs.c.id == job.id, jobs.c.state == JobState.PROPOSED, jobs.c.preview == Preview.PENDING)
        .values(**values)
    )
    return ended.rowcount == 1


@prepared
def _cids(job_id: Any) -> Select[Any]:
    return select(job_customers.c.position, job_customers.c.cid).where(job_customers.c.job_id == job_id)


def _mark(conn: Connection, job: Job, positions: Mapping[Findings, Sequence[int]]) -> None:
    """The largest group in one statement for all, the others after it by their positions."""
    everybody, *others = sorted(positions, key=lambda found: -len(positions[found]))
    whole = update(job_customers).where(job_customers.c.job_id == job.id)
    conn.execute(whole.values(seen=everybody[0], outcome=everybody[1]))
    for found in others:
        here = positions[found]
        for start in range(0, len(here), AT_ONCE):
            some = whole.where(job_customers.c.position.in_(here[start : start + AT_ONCE]))
            conn.execute(some.values(seen=found[0], outcome=found[1]))


def _recount(conn: Connection, job: Job) -> None:
    outcomes = (
        select(job_customers.c.outcome, func.count().label("number"))
        .where(job_customers.c.job_id == job.id)
        .group_by(job_customers.c.outcome)
    )
    counted = {row.outcome: row.number for row in conn.execute(outcomes)}
    conn.execute(
        update(jobs)
        .where(jobs.c.id == job.id)
        .values(
            already_there=counted.get(CustomerOutcome.ALREADY_THERE, 0),
            missing=counted.get(CustomerOutcome.MISSING, 0),
        )
    )
    seal(conn, job)
