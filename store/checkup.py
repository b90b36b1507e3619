"""What the doctor asks the database: is it one we can use, may we, who serves it, what stands still."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, literal, or_, select, text

from store.clock import Instant, read_now
from store.model import JobState
from store.pause_tables import pauses
from store.tables import IS_OPEN, chunks, jobs

OLDEST_POSTGRESQL = 140_000  # `idle_session_timeout`, which sets a frozen replica's turns free
STANDS_STILL = timedelta(minutes=10)  # longer than any pause between two steps of a job
SHOWN = 10


@dataclass(frozen=True, slots=True)
class Engine:
    """What runs there; `good`: new enough."""

    name: str
    version: str
    good: bool


@dataclass(frozen=True, slots=True)
class Still:
    """A job that should have moved and has not; `job` is what people call it."""

    job: str
    cluster: str
    state: JobState
    since: datetime


@dataclass(frozen=True, slots=True)
class Paused:
    """A cluster that is left alone, until when and why."""

    cluster: str
    until: datetime
    reason: str


def engine(conn: Connection) -> Engine:
    """The database's kind and version."""
    if conn.dialect.name == "sqlite":
        version = conn.execute(text("SELECT sqlite_version()")).scalar_one()
        return Engine("SQLite", version, good=True)
    number = int(conn.execute(text("SHOW server_version_num")).scalar_one())
    return Engine("PostgreSQL", f"{number // 10_000}.{number % 10_000}", number >= OLDEST_POSTGRESQL)


def identity(conn: Connection) -> tuple[object, ...]:
    """On PostgreSQL: which database of which server this is."""
    return tuple(conn.execute(text("SELECT current_database(), pg_postmaster_start_time()")).one())


def size(conn: Connection) -> int:
    """Bytes that the database takes."""
    asked = {
        "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
        "postgresql": "SELECT pg_database_size(current_database())",
    }[conn.dialect.name]
    return int(conn.execute(text(asked)).scalar_one())


def spare(conn: Connection) -> int:
    """Bytes of a SQLite file that deleted rows have left; PostgreSQL looks after its own."""
    if conn.dialect.name != "sqlite":
        return 0
    asked = "SELECT freelist_count * page_size FROM pragma_freelist_count(), pragma_page_size()"
    return int(conn.execute(text(asked)).scalar_one())


# Our tables with the rights that serving takes: the record is only added to, the version only read.
_LACKING = """
SELECT relname || ': ' || want FROM pg_class
CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS want
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'
  AND NOT has_table_privilege(pg_class.oid, want)
  AND NOT (relname = 'audit_log' AND want IN ('UPDATE', 'DELETE'))
  AND NOT (relname IN ('audit_archives', 'alembic_version') AND want <> 'SELECT')
UNION ALL
SELECT relname || ': USAGE' FROM pg_class
WHERE relnamespace = current_schema()::regnamespace
  AND CASE WHEN relkind = 'S' THEN NOT has_sequence_privilege(pg_class.oid, 'USAGE') ELSE FALSE END
ORDER BY 1
"""


def lacking(conn: Connection) -> Sequence[str]:
    """Rights that the bot needs on PostgreSQL and this role has not, as `jobs: INSERT`."""
    return list(conn.execute(text(_LACKING)).scalars())


def replicas(conn: Connection) -> int:
    """How many bots hold turns here. On PostgreSQL; each has two sessions for them (`bot.turns.postgres`)."""
    asked = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name = 'set-action turns'"
    )
    return (int(conn.execute(text(asked)).scalar_one()) + 1) // 2


def standing_still(conn: Connection) -> Sequence[Still]:
    """Jobs that have waited for their next step too long, though their cluster is not left alone."""
    late = literal(read_now(conn) - STANDS_STILL, Instant)
    sent = select(func.max(chunks.c.sent_at)).where(chunks.c.job_id == jobs.c.id).scalar_subquery()
    moved = func.coalesce(sent, jobs.c.started_at, jobs.c.ready_at, jobs.c.decided_at)
    sending = jobs.c.state.in_((JobState.CONFIRMED, JobState.RUNNING))
    unread = or_(jobs.c.check_at.is_(None), jobs.c.check_at < late)
    watching = jobs.c.state == JobState.WATCHING
    stuck = or_(sending & (moved < late) & unread, watching & (jobs.c.watch_until < late))
    left_alone = select(pauses.c.cluster).where(pauses.c.until > read_now(conn))
    query = (
        select(jobs.c.uuid, jobs.c.cluster, jobs.c.state, func.coalesce(jobs.c.watch_until, moved))
        .where(IS_OPEN, stuck, jobs.c.cluster.not_in(left_alone))
        .order_by(jobs.c.id)
        .limit(SHOWN)
    )
    return [Still(uuid.hex[:8], *rest) for uuid, *rest in conn.execute(query)]


def paused(conn: Connection) -> Sequence[Paused]:
    """Clusters that are left alone now."""
    query = select(pauses.c.cluster, pauses.c.until, pauses.c.reason).where(
        pauses.c.until > literal(read_now(conn), Instant)
    )
    return [Paused(*row) for row in conn.execute(query.order_by(pauses.c.cluster))]
