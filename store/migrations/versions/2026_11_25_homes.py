"""People's homes and how they want to be notified; the way to a person's running jobs."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_homes"
down_revision = "2026_11_25_watching"
branch_labels = None
depends_on = None

ASKED = sa.text("asked <> answered")
LIVE = sa.text("state IN ('confirmed', 'running', 'watching')")


def upgrade() -> None:
    op.create_table(
        "homes",
        sa.Column("enterprise_id", sa.String(32), nullable=False),
        sa.Column("team_id", sa.String(32), nullable=False),
        sa.Column("user_id", sa.String(32), nullable=False),
        sa.Column("notify", sa.String(16), server_default="mention", nullable=False),
        sa.Column("asked", sa.Integer(), server_default="0", nullable=False),
        sa.Column("answered", sa.Integer(), server_default="0", nullable=False),
        sa.Column("digest", sa.CHAR(16)),
        sa.Column("hash", sa.String(64)),
        sa.Column("picture_file", sa.String(32)),
        sa.Column("picture_words", sa.Text()),
        sa.Column("picture_digest", sa.CHAR(16)),
        sa.Column("picture_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("enterprise_id", "team_id", "user_id", name="pk_homes"),
    )
    op.create_index("ix_homes_asked", "homes", ["asked"], sqlite_where=ASKED, postgresql_where=ASKED)
    op.create_index(
        "ix_jobs_own_live",
        "jobs",
        ["enterprise_id", "team_id", "user_id", "id"],
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )
