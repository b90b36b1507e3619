"""Four eyes and timing: approvals, what holds a job, when it is to start, an administrator's word."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_eyes"
down_revision = "2026_11_25_rights"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("approvals", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("jobs", sa.Column("approve_by", sa.BigInteger()))
    op.add_column("jobs", sa.Column("remind_at", sa.BigInteger()))
    op.add_column("jobs", sa.Column("reminders", sa.SmallInteger(), server_default="0", nullable=False))
    op.add_column("jobs", sa.Column("start_at", sa.BigInteger()))
    op.add_column("jobs", sa.Column("start_zone", sa.String(64)))
    op.add_column("jobs", sa.Column("due_at", sa.BigInteger()))
    op.add_column("jobs", sa.Column("hold", sa.String(16)))
    op.add_column("jobs", sa.Column("hold_reason", sa.Text()))
    op.add_column("jobs", sa.Column("ready_at", sa.BigInteger()))
    _partial("ix_jobs_awaiting", "approve_by", "state = 'awaiting'")
    _partial("ix_jobs_remind", "remind_at", "state = 'awaiting'")
    _partial("ix_jobs_scheduled", "due_at", "state = 'scheduled'")
    op.create_table(
        "approvals",
        *_person("person"),
        sa.Column("decision", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("digest", sa.CHAR(16), nullable=False),
        sa.Column("start_at", sa.BigInteger()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *_keys("approvals", "person"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "overrides",
        *_person("hold", 16),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger()),
        *_keys("overrides", "hold"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "card_copies",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.String(32), nullable=False),
        sa.Column("ts", sa.String(32), nullable=False),
        *_keys("card_copies", "channel_id", "ts"),
        sqlite_with_rowid=False,
    )


def _partial(name: str, column: str, where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, "jobs", [column], sqlite_where=condition, postgresql_where=condition)


def _person(key: str, size: int = 32) -> list[sa.Column[object]]:
    return [
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column(key, sa.String(size), nullable=False),
        sa.Column("enterprise_id", sa.String(32), nullable=False),
        sa.Column("team_id", sa.String(32), nullable=False),
        sa.Column("user_id", sa.String(32), nullable=False),
    ]


def _keys(table: str, *keys: str) -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name=f"fk_{table}_job_id_jobs"),
        sa.PrimaryKeyConstraint("job_id", *keys, name=f"pk_{table}"),
    ]
