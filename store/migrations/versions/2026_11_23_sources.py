"""Where a request's customers came from, and how many cards a person has open."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_23_sources"
down_revision = "2026_11_23_preview"
branch_labels = None
depends_on = None

OPEN = sa.text("state = 'proposed'")


def upgrade() -> None:
    op.add_column("jobs", sa.Column("sources", sa.JSON()))
    op.create_index(
        "ix_jobs_open",
        "jobs",
        ["enterprise_id", "team_id", "user_id", "id"],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
