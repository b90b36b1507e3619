"""Workspaces the bot was installed in by OAuth, and messages that wait for one to install it again."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_27_workspaces"
down_revision = "2026_11_27_changed"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "installations",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("enterprise_id", sa.String(32), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("bot_id", sa.String(32), nullable=False),
        sa.Column("bot_user_id", sa.String(32), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("installed_by", sa.String(32), nullable=False),
        sa.Column("installed_at", sa.BigInteger(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_installations"),
    )
    op.create_index("ix_installations_checked", "installations", ["checked_at"])
    op.create_table(
        "oauth_states",
        sa.Column("digest", sa.CHAR(64), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_oauth_states"),
    )
    op.create_index("ix_oauth_states_expires", "oauth_states", ["expires_at"])
    op.add_column("outbox", sa.Column("parked", sa.Boolean(), server_default=sa.false(), nullable=False))
