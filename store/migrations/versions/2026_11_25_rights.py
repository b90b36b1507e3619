"""Archives of the audit log, counted refusals, and the ways to what somebody has asked for lately."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_rights"
down_revision = "2026_11_25_standing"
branch_labels = None
depends_on = None

OPEN = sa.text("state NOT IN ('proposed', 'cancelled', 'expired', 'denied', 'done')")

# A row may go once an archive holds it, and an archive is what the chain says it is: it begins where the last
# one ended, and its end is a row of the log.
SQLITE = (
    "DROP TRIGGER audit_log_no_delete",
    "CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log "
    "WHEN OLD.seq > (SELECT COALESCE(MAX(last_seq), 0) FROM audit_archives) "
    "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    "CREATE TRIGGER audit_archives_no_update BEFORE UPDATE ON audit_archives "
    "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    "CREATE TRIGGER audit_archives_no_delete BEFORE DELETE ON audit_archives "
    "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    "CREATE TRIGGER audit_archives_in_order BEFORE INSERT ON audit_archives "
    "WHEN NEW.first_seq <> (SELECT COALESCE(MAX(last_seq), 0) + 1 FROM audit_archives) "
    "OR NEW.last_seq >= (SELECT MAX(seq) FROM audit_log) "
    "OR NOT EXISTS (SELECT 1 FROM audit_log WHERE seq = NEW.last_seq AND hash = NEW.last_hash) "
    "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
)
POSTGRESQL = """
CREATE FUNCTION audit_log_keeps_what_no_archive_holds() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
IF OLD.seq > (SELECT COALESCE(MAX(last_seq), 0) FROM audit_archives)
THEN RAISE EXCEPTION 'the audit log is append-only'; END IF;
RETURN OLD;
END $$;
DROP TRIGGER audit_log_no_change ON audit_log;
CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
FOR EACH ROW EXECUTE FUNCTION audit_log_keeps_what_no_archive_holds();
CREATE TRIGGER audit_archives_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_archives
FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();
CREATE FUNCTION audit_archives_go_on() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
IF NEW.first_seq <> (SELECT COALESCE(MAX(last_seq), 0) + 1 FROM audit_archives)
OR NEW.last_seq >= (SELECT MAX(seq) FROM audit_log)
OR NOT EXISTS (SELECT 1 FROM audit_log WHERE seq = NEW.last_seq AND hash = NEW.last_hash)
THEN RAISE EXCEPTION 'the audit log is append-only'; END IF;
RETURN NEW;
END $$;
CREATE TRIGGER audit_archives_in_order BEFORE INSERT ON audit_archives
FOR EACH ROW EXECUTE FUNCTION audit_archives_go_on();
REVOKE UPDATE, DELETE, TRUNCATE ON audit_log FROM PUBLIC, CURRENT_USER;
REVOKE UPDATE, DELETE, TRUNCATE ON audit_archives FROM PUBLIC, CURRENT_USER;
"""


def upgrade() -> None:
    op.create_table(
        "audit_archives",
        sa.Column("last_seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first_seq", sa.Integer(), nullable=False),
        sa.Column("last_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("file", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("last_seq", name="pk_audit_archives"),
    )
    op.create_table(
        "refusals",
        sa.Column("actor", sa.String(length=98), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("actor", name="pk_refusals"),
    )
    op.create_table(
        "breakers",
        sa.Column("cluster", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("several", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("cluster", name="pk_breakers"),
    )
    op.add_column("pauses", sa.Column("breaker", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_refusals_since", "refusals", ["since"])
    owner = ["enterprise_id", "team_id", "user_id"]
    op.create_index("ix_jobs_asked", "jobs", ["user_id", "created_at", "team_id", "enterprise_id"])
    op.create_index("ix_jobs_asked_on", "jobs", ["cluster", "created_at"])
    op.create_index("ix_jobs_unfinished", "jobs", owner, sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_jobs_unfinished_on", "jobs", ["cluster"], sqlite_where=OPEN, postgresql_where=OPEN)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(POSTGRESQL)
        return
    for statement in SQLITE:
        op.execute(statement)
