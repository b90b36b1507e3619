"""The first schema: jobs with their customers and chunks, the audit log, the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_first"
down_revision = None
branch_labels = None
depends_on = None

# The log is append-only for everybody who comes through the database, this program included.
SQLITE = """
CREATE TRIGGER audit_log_no_{what} BEFORE {what} ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
"""
# REPLACE would take a row away without asking the trigger on DELETE.
IN_ORDER = """
CREATE TRIGGER audit_log_in_order BEFORE INSERT ON audit_log
WHEN NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit_log)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END
"""
POSTGRESQL = """
CREATE FUNCTION audit_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$;
CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();
CREATE FUNCTION audit_log_goes_on() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
IF NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit_log)
THEN RAISE EXCEPTION 'the audit log is append-only'; END IF;
RETURN NEW;
END $$;
CREATE TRIGGER audit_log_in_order BEFORE INSERT ON audit_log
FOR EACH ROW EXECUTE FUNCTION audit_log_goes_on();
"""


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=98), nullable=False),
        sa.Column("event", sa.String(length=32), nullable=False),
        sa.Column("job", sa.CHAR(length=32), nullable=True),
        sa.Column("cluster", sa.String(length=64), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_log"),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.Uuid(native_uuid=False), nullable=False),
        sa.Column("request_key", sa.String(length=255), nullable=False),
        sa.Column("enterprise_id", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.String(length=32), nullable=False),
        sa.Column("user_id", sa.String(length=32), nullable=False),
        sa.Column("action_code", sa.SmallInteger(), nullable=False),
        sa.Column("action_name", sa.String(length=64), nullable=False),
        sa.Column("cluster", sa.String(length=64), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("unknown", sa.Integer(), nullable=False),
        sa.Column("open_chunks", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("channel_id", sa.String(length=32), nullable=False),
        sa.Column("card_ts", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(length=32), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("check_at", sa.BigInteger(), nullable=True),
        sa.Column("checked_at", sa.BigInteger(), nullable=True),
        sa.Column("checks", sa.SmallInteger(), nullable=False),
        sa.Column("last_cause", sa.String(length=32), nullable=True),
        sa.Column("last_status", sa.SmallInteger(), nullable=True),
        sa.Column("last_message", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.UniqueConstraint("request_key", name="uq_jobs_request_key"),
        sa.UniqueConstraint("uuid", name="uq_jobs_uuid"),
    )
    op.create_index(
        "ix_jobs_check",
        "jobs",
        ["cluster", "check_at"],
        sqlite_where=sa.text("check_at IS NOT NULL"),
        postgresql_where=sa.text("check_at IS NOT NULL"),
    )
    op.create_index(
        "ix_jobs_confirmed",
        "jobs",
        ["cluster", "id"],
        sqlite_where=sa.text("state = 'confirmed'"),
        postgresql_where=sa.text("state = 'confirmed'"),
    )
    op.create_index(
        "ix_jobs_owner",
        "jobs",
        ["enterprise_id", "team_id", "user_id", "id"],
        sqlite_where=sa.text("state NOT IN ('proposed', 'cancelled', 'expired')"),
        postgresql_where=sa.text("state NOT IN ('proposed', 'cancelled', 'expired')"),
    )
    op.create_index(
        "ix_jobs_proposed",
        "jobs",
        ["expires_at"],
        sqlite_where=sa.text("state = 'proposed'"),
        postgresql_where=sa.text("state = 'proposed'"),
    )
    op.create_index(
        "ix_jobs_running",
        "jobs",
        ["cluster", "id"],
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_table(
        "pauses",
        sa.Column("cluster", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("cluster", name="pk_pauses"),
    )
    op.create_table(
        "chunks",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cluster", sa.String(length=64), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.SmallInteger(), nullable=False),
        sa.Column("split", sa.Boolean(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("elapsed_ms", sa.Integer(), nullable=True),
        sa.Column("http_status", sa.SmallInteger(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_chunks_job_id_jobs"),
        sa.PrimaryKeyConstraint("job_id", "number", name="pk_chunks"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_chunks_planned",
        "chunks",
        ["cluster", "number", "job_id"],
        sqlite_where=sa.text("state = 'planned'"),
        postgresql_where=sa.text("state = 'planned'"),
    )
    op.create_index(
        "ix_chunks_sending",
        "chunks",
        ["cluster"],
        sqlite_where=sa.text("state = 'sending'"),
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_index(
        "ix_chunks_unknown",
        "chunks",
        ["cluster", "sent_at"],
        sqlite_where=sa.text("state = 'unknown'"),
        postgresql_where=sa.text("state = 'unknown'"),
    )
    op.create_table(
        "job_customers",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("cid", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.SmallInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_customers_job_id_jobs"),
        sa.PrimaryKeyConstraint("job_id", "position", name="pk_job_customers"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("doubtful", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_outbox_job_id_jobs"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_outbox_job", "outbox", ["job_id", "id"])
    op.create_index(
        "uq_outbox_card",
        "outbox",
        ["job_id"],
        unique=True,
        sqlite_where=sa.text("note = 'card'"),
        postgresql_where=sa.text("note = 'card'"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(POSTGRESQL)
        return
    for what in ("update", "delete"):
        op.execute(SQLITE.format(what=what))
    op.execute(IN_ORDER)
