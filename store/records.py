"""The audit log as it is handed on: the rows of a period, in order, read as they are needed."""

from collections.abc import Collection, Iterator

from sqlalchemy import Connection, func, select

from store.moments import first_at
from store.records_model import Period, Record
from store.tables import audit_log


def span(conn: Connection, period: Period) -> tuple[int, int]:
    """The first row of the period, and the first one behind it."""
    end = conn.execute(select(func.max(audit_log.c.seq))).scalar_one_or_none() or 0
    low = first_at(conn, audit_log.c.seq, audit_log.c.at, period.since) if period.since else 1
    high = first_at(conn, audit_log.c.seq, audit_log.c.at, period.until) if period.until else end + 1
    return low, min(high, end + 1)


def read(conn: Connection, low: int, high: int, clusters: Collection[str] | None = None) -> Iterator[Record]:
    """The rows from `low` to before `high`, of these clusters (None: all there is); a thousand at a time."""
    query = select(audit_log).where(audit_log.c.seq >= low, audit_log.c.seq < high).order_by(audit_log.c.seq)
    if clusters is not None:
        query = query.where(audit_log.c.cluster.in_(clusters))
    for row in conn.execute(query.execution_options(yield_per=1_000)):
        yield Record(
            row.seq, row.at, row.actor, row.event, row.job, row.cluster, row.detail,
            row.previous_hash.hex(), row.hash.hex(),
        )  # fmt: skip
