"""What a card that is changed leaves behind: its successor, and the wish to send those already there too."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_changed"
down_revision = "2026_11_25_eyes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("replaced_by", sa.Uuid(native_uuid=False)))
    op.add_column("jobs", sa.Column("send_there", sa.Boolean(), server_default=sa.false(), nullable=False))
    condition = sa.text("replaced_by IS NOT NULL")
    op.create_index(
        "ix_jobs_replaced_by", "jobs", ["replaced_by"], sqlite_where=condition, postgresql_where=condition
    )
