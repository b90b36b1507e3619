"""The tables of batches; as `store.tables`, of whose metadata they are part."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from store.clock import Instant
from store.tables import metadata, partial_index

batches = Table(
    "batches",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("code", String(6), nullable=False, unique=True),
    Column("request_key", String(255), nullable=False),
    Column("enterprise_id", String(32), nullable=False),
    Column("team_id", String(32), nullable=False),
    Column("cluster", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("part", Integer, nullable=False),
    Column("parts", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("made_by", String(32), nullable=False),
    Column("assigned_to", String(32)),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("request_key", "part"),
)
_OF_TEAM = (batches.c.enterprise_id, batches.c.team_id)
Index("ix_batches_made", *_OF_TEAM, batches.c.made_by, batches.c.id)
partial_index(
    "ix_batches_assigned", "assigned_to IS NOT NULL", *_OF_TEAM, batches.c.assigned_to, batches.c.id
)

batch_customers = Table(
    "batch_customers",
    metadata,
    Column("batch_id", ForeignKey("batches.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("cid", String(64), nullable=False),
    sqlite_with_rowid=False,
)

# Which batch a job was asked for with. Beside `jobs`, since most jobs have none, and since SQLite cannot add
# a foreign key to a table that is there.
batch_jobs = Table(
    "batch_jobs",
    metadata,
    Column("job_id", ForeignKey("jobs.id"), primary_key=True),
    Column("batch_id", ForeignKey("batches.id"), nullable=False),
)
Index("ix_batch_jobs_batch", batch_jobs.c.batch_id, batch_jobs.c.job_id)
