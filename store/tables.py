"""The tables, their keys and the index behind each list. Migrations create them; a test compares the two."""

from typing import Any

from sqlalchemy import (
    CHAR,
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
    false,
    text,
)

from store.clock import Instant
from store.column_types import Sources, Word
from store.holds import Hold
from store.model import ChunkState, CustomerOutcome, JobState, Preview
from store.outbox_model import Note

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def partial_index(name: str, where: str, *columns: Column[Any], unique: bool = False) -> None:
    """An index of some rows; on PostgreSQL too, but to say so here would import its dialect everywhere.

    So a migration that makes one names `postgresql_where` itself; `tests/store/test_migrations.py` looks.
    """
    Index(name, *columns, unique=unique, sqlite_where=text(where))


jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uuid", Uuid(native_uuid=False), nullable=False, unique=True),
    Column("request_key", String(255), nullable=False, unique=True),
    Column("enterprise_id", String(32), nullable=False),
    Column("team_id", String(32), nullable=False),
    Column("user_id", String(32), nullable=False),
    Column("action_code", SmallInteger, nullable=False),
    Column("action_name", String(64), nullable=False),
    Column("cluster", String(64), nullable=False),
    Column("base_url", Text, nullable=False),
    Column("state", Word(JobState), nullable=False),
    Column("total", Integer, nullable=False),
    Column("accepted", Integer, nullable=False, default=0),
    Column("refused", Integer, nullable=False, default=0),
    Column("unknown", Integer, nullable=False, default=0),
    Column("open_chunks", Integer, nullable=False, default=0),
    Column("duplicates", Integer, nullable=False, default=0),
    Column("reason", Text),
    Column("channel_id", String(32), nullable=False),
    Column("card_ts", String(32)),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("decided_by", String(32)),
    Column("decided_at", Instant),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("check_at", Instant),
    Column("checked_at", Instant),
    Column("checks", SmallInteger, nullable=False, default=0),
    Column("last_cause", String(32)),
    Column("last_status", SmallInteger),
    Column("last_message", Text),
    Column("already_there", Integer, nullable=False, server_default="0"),
    Column("missing", Integer, nullable=False, server_default="0"),
    Column("preview", Word(Preview), nullable=False, server_default="off"),
    Column("preview_error", Text),
    Column("preview_states", JSON),
    Column("previewed_at", Instant),
    Column("digest", CHAR(16)),
    Column("sources", Sources),
    Column("arrived", Integer, nullable=False, server_default="0"),
    Column("cancelled", Integer, nullable=False, server_default="0"),
    Column("stopped_by", String(32)),
    Column("stopped_at", Instant),
    Column("watch_at", Instant),
    Column("watch_until", Instant),
    Column("watch_error", Text),
    Column("approvals", SmallInteger, nullable=False, server_default="0"),
    Column("approve_by", Instant),
    Column("remind_at", Instant),
    Column("reminders", SmallInteger, nullable=False, server_default="0"),
    Column("start_at", Instant),
    Column("start_zone", String(64)),
    Column("due_at", Instant),
    Column("hold", Word(Hold)),
    Column("hold_reason", Text),
    Column("ready_at", Instant),
    Column("replaced_by", Uuid(native_uuid=False)),
    Column("send_there", Boolean, nullable=False, server_default=false()),
    Column("parent_id", Integer),  # no foreign key: SQLite cannot add one to a table that is there
    Column("standing", SmallInteger, nullable=False, server_default="0"),  # the database derives it
)

# The conditions of the partial indexes, word for word: a bound parameter would keep SQLite from using them.
# A proposal becomes a job when it is confirmed; only jobs are listed.
IS_JOB = text("jobs.state NOT IN ('proposed', 'cancelled', 'expired')")
IS_PROPOSED = text("jobs.state = 'proposed'")
IS_CONFIRMED = text("jobs.state = 'confirmed'")
IS_AWAITING = text("jobs.state = 'awaiting'")
IS_SCHEDULED = text("jobs.state = 'scheduled'")
IS_OPEN = text("jobs.state NOT IN ('done', 'cancelled', 'expired', 'denied')")
IS_RUNNING = text("jobs.state = 'running'")
IS_UNSEEN = text("jobs.state = 'proposed' AND jobs.preview = 'pending'")
IS_PLANNED = text("chunks.state = 'planned'")
IS_SENDING = text("chunks.state = 'sending'")
IS_UNKNOWN = text("chunks.state = 'unknown'")
IS_CARD = text("note = 'card'")
IS_UNFINISHED = text("jobs.state NOT IN ('proposed', 'cancelled', 'expired', 'denied', 'done')")
partial_index(
    "ix_jobs_owner",
    "state NOT IN ('proposed', 'cancelled', 'expired')",
    jobs.c.enterprise_id,
    jobs.c.team_id,
    jobs.c.user_id,
    jobs.c.id,
)
partial_index("ix_jobs_proposed", "state = 'proposed'", jobs.c.expires_at)
partial_index(
    "ix_jobs_open",
    "state = 'proposed'",
    jobs.c.enterprise_id,
    jobs.c.team_id,
    jobs.c.user_id,
    jobs.c.id,
)
partial_index("ix_jobs_confirmed", "state = 'confirmed'", jobs.c.cluster, jobs.c.id)
partial_index("ix_jobs_awaiting", "state = 'awaiting'", jobs.c.approve_by)
partial_index("ix_jobs_remind", "state = 'awaiting'", jobs.c.remind_at)
partial_index("ix_jobs_scheduled", "state = 'scheduled'", jobs.c.due_at)
partial_index("ix_jobs_running", "state = 'running'", jobs.c.cluster, jobs.c.id)
partial_index("ix_jobs_unseen", "state = 'proposed' AND preview = 'pending'", jobs.c.cluster, jobs.c.id)
partial_index(
    "ix_jobs_live", "state NOT IN ('done', 'cancelled', 'expired', 'denied')", jobs.c.state, jobs.c.decided_at
)
partial_index("ix_jobs_check", "check_at IS NOT NULL", jobs.c.cluster, jobs.c.check_at)
partial_index("ix_jobs_watch", "watch_at IS NOT NULL", jobs.c.cluster, jobs.c.watch_at)
Index("ix_jobs_asked", jobs.c.user_id, jobs.c.created_at, jobs.c.team_id, jobs.c.enterprise_id)
Index("ix_jobs_asked_on", jobs.c.cluster, jobs.c.created_at)
UNFINISHED = IS_UNFINISHED.text.removeprefix("jobs.")
partial_index("ix_jobs_unfinished", UNFINISHED, jobs.c.enterprise_id, jobs.c.team_id, jobs.c.user_id)
partial_index("ix_jobs_unfinished_on", UNFINISHED, jobs.c.cluster)
partial_index("ix_jobs_replaced_by", "replaced_by IS NOT NULL", jobs.c.replaced_by)
partial_index("ix_jobs_parent", "parent_id IS NOT NULL", jobs.c.parent_id, jobs.c.id)
_KIND = (jobs.c.cluster, jobs.c.action_code, jobs.c.standing, jobs.c.id)  # see `store.job_lists`
Index("ix_jobs_kinds", jobs.c.enterprise_id, jobs.c.team_id, *_KIND)
Index("ix_jobs_own_kinds", jobs.c.enterprise_id, jobs.c.team_id, jobs.c.user_id, *_KIND)

job_customers = Table(
    "job_customers",
    metadata,
    Column("job_id", ForeignKey("jobs.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("cid", String(64), nullable=False),
    Column("outcome", SmallInteger, nullable=False, default=CustomerOutcome.PLANNED),
    Column("detail", Text),
    Column("seen", SmallInteger),
    Column("arrived_at", Instant),
    Column("last_state", SmallInteger),
    sqlite_with_rowid=False,  # the key is the table: half the bytes, and a chunk is one range
)
Index("ix_job_customers_cid", job_customers.c.cid, job_customers.c.job_id)

chunks = Table(
    "chunks",
    metadata,
    Column("job_id", ForeignKey("jobs.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("cluster", String(64), nullable=False),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("state", Word(ChunkState), nullable=False, default=ChunkState.PLANNED),
    Column("attempt", SmallInteger, nullable=False, default=0),
    Column("split", Boolean, nullable=False, default=False),
    Column("sent_at", Instant),
    Column("elapsed_ms", Integer),
    Column("http_status", SmallInteger),
    Column("message", Text),
    sqlite_with_rowid=False,
)
partial_index("ix_chunks_planned", "state = 'planned'", chunks.c.cluster, chunks.c.number, chunks.c.job_id)
partial_index("ix_chunks_unknown", "state = 'unknown'", chunks.c.cluster, chunks.c.sent_at)
partial_index("ix_chunks_sending", "state = 'sending'", chunks.c.cluster)

audit_log = Table(
    "audit_log",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor", String(98), nullable=False),
    Column("event", String(32), nullable=False),
    Column("job", CHAR(32)),
    Column("cluster", String(64)),
    Column("detail", Text, nullable=False),
    Column("previous_hash", LargeBinary(32), nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
)
partial_index("ix_audit_log_job", "job IS NOT NULL", audit_log.c.job, audit_log.c.seq)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("job_id", ForeignKey("jobs.id")),
    Column("batch_id", ForeignKey("batches.id")),
    Column("note", Word(Note), nullable=False),
    Column("detail", JSON),
    Column("revision", Integer, nullable=False, default=0),
    Column("attempts", Integer, nullable=False, default=0),
    Column("doubtful", Boolean, nullable=False, default=False),
    Column("created_at", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("parked", Boolean, nullable=False, server_default=false()),
    CheckConstraint("(job_id IS NULL) <> (batch_id IS NULL)", name="ck_outbox_about"),
    # Never reuse an id: the metadata of a posted message names it.
    sqlite_autoincrement=True,
)
Index("ix_outbox_about", outbox.c.job_id, outbox.c.batch_id, outbox.c.id)
partial_index("uq_outbox_card", "note = 'card'", outbox.c.job_id, unique=True)
