"""Why the cluster of a job that is being watched could not be read, as its card tells it."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_watching"
down_revision = "2026_11_25_deliveries"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("watch_error", sa.Text()))
