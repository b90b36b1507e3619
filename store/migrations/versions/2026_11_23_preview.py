"""What a card shows before it is confirmed: each customer's state, who is left out, a digest of it all."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_preview"
down_revision = "2026_11_23_first"
branch_labels = None
depends_on = None

UNSEEN = sa.text("state = 'proposed' AND preview = 'pending'")


def upgrade() -> None:
    op.add_column("jobs", sa.Column("already_there", sa.Integer(), server_default="0", nullable=False))
    op.add_column("jobs", sa.Column("missing", sa.Integer(), server_default="0", nullable=False))
    op.add_column("jobs", sa.Column("preview", sa.String(16), server_default="off", nullable=False))
    op.add_column("jobs", sa.Column("preview_error", sa.Text()))
    op.add_column("jobs", sa.Column("preview_states", sa.JSON()))
    op.add_column("jobs", sa.Column("previewed_at", sa.BigInteger()))
    op.add_column("jobs", sa.Column("digest", sa.CHAR(16)))
    op.create_index("ix_jobs_unseen", "jobs", ["cluster", "id"], sqlite_where=UNSEEN, postgresql_where=UNSEEN)
    op.add_column("job_customers", sa.Column("seen", sa.SmallInteger()))
