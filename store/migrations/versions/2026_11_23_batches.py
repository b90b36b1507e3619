"""Batches: lists of customers kept to be run, who is to run them and hears of it, which jobs ran on them."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_batches"
down_revision = "2026_11_23_sources"
branch_labels = None
depends_on = None

ABOUT = "(job_id IS NULL) <> (batch_id IS NULL)"
IS_CARD = sa.text("note = 'card'")
ASSIGNED = sa.text("assigned_to IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(6), nullable=False),
        sa.Column("request_key", sa.String(255), nullable=False),
        sa.Column("enterprise_id", sa.String(32), nullable=False),
        sa.Column("team_id", sa.String(32), nullable=False),
        sa.Column("cluster", sa.String(64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(32), nullable=False),
        sa.Column("assigned_to", sa.String(32), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
        sa.UniqueConstraint("code", name="uq_batches_code"),
        sa.UniqueConstraint("request_key", "part", name="uq_batches_request_key_part"),
    )
    op.create_index("ix_batches_made", "batches", ["enterprise_id", "team_id", "made_by", "id"])
    op.create_index(
        "ix_batches_assigned",
        "batches",
        ["enterprise_id", "team_id", "assigned_to", "id"],
        sqlite_where=ASSIGNED,
        postgresql_where=ASSIGNED,
    )
    op.create_table(
        "batch_customers",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("cid", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_batch_customers_batch_id_batches"),
        sa.PrimaryKeyConstraint("batch_id", "position", name="pk_batch_customers"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "batch_jobs",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_batch_jobs_job_id_jobs"),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_batch_jobs_batch_id_batches"),
        sa.PrimaryKeyConstraint("job_id", name="pk_batch_jobs"),
    )
    op.create_index("ix_batch_jobs_batch", "batch_jobs", ["batch_id", "job_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("outbox", "job_id", nullable=True)
        op.add_column("outbox", sa.Column("batch_id", sa.Integer()))
        op.create_foreign_key("fk_outbox_batch_id_batches", "outbox", "batches", ["batch_id"], ["id"])
        op.create_check_constraint("ck_outbox_about", "outbox", ABOUT)
        op.drop_index("ix_outbox_job")
    else:
        _outbox_anew()
    op.create_index("ix_outbox_about", "outbox", ["job_id", "batch_id", "id"])


def _outbox_anew() -> None:
    """SQLite cannot change a column, so the table is made again; what waits in it is kept."""
    op.drop_index("ix_outbox_job")
    op.drop_index("uq_outbox_card")
    op.rename_table("outbox", "outbox_before")
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=True),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("doubtful", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(ABOUT, name="ck_outbox_about"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_outbox_job_id_jobs"),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_outbox_batch_id_batches"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sqlite_autoincrement=True,
    )
    op.execute(
        "INSERT INTO outbox (id, job_id, note, detail, revision, attempts, doubtful, created_at, due_at) "
        "SELECT id, job_id, note, detail, revision, attempts, doubtful, created_at, due_at FROM outbox_before"
    )
    # An id that was given out is never used again, though its row be gone.
    op.execute("DELETE FROM sqlite_sequence WHERE name = 'outbox'")
    op.execute(
        "INSERT INTO sqlite_sequence (name, seq) "
        "SELECT 'outbox', seq FROM sqlite_sequence WHERE name = 'outbox_before'"
    )
    op.drop_table("outbox_before")
    op.create_index(
        "uq_outbox_card", "outbox", ["job_id"], unique=True, sqlite_where=IS_CARD, postgresql_where=IS_CARD
    )
