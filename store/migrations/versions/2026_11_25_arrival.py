"""Arrival, stopping and parentage of jobs; the ways to one customer's history and to one job's record."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_arrival"
down_revision = "2026_11_23_batches"
branch_labels = None
depends_on = None

WATCHED = sa.text("watch_at IS NOT NULL")
CHILD = sa.text("parent_id IS NOT NULL")
OF_JOB = sa.text("job IS NOT NULL")


def upgrade() -> None:
    op.add_column("jobs", sa.Column("arrived", sa.Integer(), server_default="0", nullable=False))
    op.add_column("jobs", sa.Column("cancelled", sa.Integer(), server_default="0", nullable=False))
    op.add_column("jobs", sa.Column("stopped_by", sa.String(32)))
    op.add_column("jobs", sa.Column("stopped_at", sa.BigInteger()))
    op.add_column("jobs", sa.Column("watch_at", sa.BigInteger()))
    op.add_column("jobs", sa.Column("watch_until", sa.BigInteger()))
    op.add_column("jobs", sa.Column("parent_id", sa.Integer()))
    op.add_column("job_customers", sa.Column("arrived_at", sa.BigInteger()))
    op.add_column("job_customers", sa.Column("last_state", sa.SmallInteger()))
    _partial("ix_jobs_watch", "jobs", ["cluster", "watch_at"], WATCHED)
    _partial("ix_jobs_parent", "jobs", ["parent_id", "id"], CHILD)
    _partial("ix_audit_log_job", "audit_log", ["job", "seq"], OF_JOB)
    op.create_index("ix_job_customers_cid", "job_customers", ["cid", "job_id"])


def _partial(name: str, table: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
