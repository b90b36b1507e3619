"""Which of Slack's requests were taken, so that none is taken twice; what is open, counted for metrics."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_deliveries"
down_revision = "2026_11_25_arrival"
branch_labels = None
depends_on = None

LIVE = sa.text("state NOT IN ('done', 'cancelled', 'expired', 'denied')")


def upgrade() -> None:
    op.create_table(
        "deliveries",
        sa.Column("signature", sa.String(80), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("signature", name="pk_deliveries"),
    )
    op.create_index("ix_deliveries_at", "deliveries", ["at"])
    op.create_index("ix_jobs_live", "jobs", ["state", "decided_at"], sqlite_where=LIVE, postgresql_where=LIVE)
