"""How a job stands, in one number, and the two indexes that every filter of a list of jobs goes by."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_standing"
down_revision = "2026_11_25_arrival"
branch_labels = None
depends_on = None

STANDING = (
    "CASE state WHEN 'proposed' THEN 0 WHEN 'confirmed' THEN 1 WHEN 'running' THEN 1 "
    "WHEN 'watching' THEN CASE WHEN unknown > 0 THEN 3 ELSE 2 END "
    "WHEN 'cancelled' THEN 4 WHEN 'expired' THEN 5 "
    "ELSE 16 + CASE WHEN accepted > 0 THEN 1 ELSE 0 END + CASE WHEN refused > 0 THEN 2 ELSE 0 END "
    "+ CASE WHEN unknown > 0 THEN 4 ELSE 0 END + CASE WHEN cancelled > 0 THEN 8 ELSE 0 END END"
)


def upgrade() -> None:
    # PostgreSQL keeps it in the row, which is written anew here; SQLite, which cannot, in the indexes only.
    stored = op.get_bind().dialect.name == "postgresql" or None
    op.add_column("jobs", sa.Column("standing", sa.SmallInteger(), sa.Computed(STANDING, persisted=stored)))
    kinds = ["cluster", "action_code", "standing", "id"]
    op.create_index("ix_jobs_kinds", "jobs", ["enterprise_id", "team_id", *kinds])
    op.create_index("ix_jobs_own_kinds", "jobs", ["enterprise_id", "team_id", "user_id", *kinds])
