"""How a job stands, in one number, and the two indexes that every filter of a list of jobs goes by."""

import sqlalchemy as sa
from alembic import op

revision = "2026_11_25_standing"
down_revision = "2026_11_25_homes"
branch_labels = None
depends_on = None

# `store.listing_model` says what the numbers mean; {row} is nothing, or the row of a trigger.
STANDING = (
    "CASE {row}state WHEN 'proposed' THEN 0 WHEN 'confirmed' THEN 1 WHEN 'running' THEN 1 "
    "WHEN 'watching' THEN CASE WHEN {row}unknown > 0 THEN 3 ELSE 2 END "
    "WHEN 'cancelled' THEN 4 WHEN 'expired' THEN 5 "
    "ELSE 16 + CASE WHEN {row}accepted > 0 THEN 1 ELSE 0 END + CASE WHEN {row}refused > 0 THEN 2 ELSE 0 END "
    "+ CASE WHEN {row}unknown > 0 THEN 4 ELSE 0 END + CASE WHEN {row}cancelled > 0 THEN 8 ELSE 0 END END"
)
OF_ROW, OF_NEW = STANDING.format(row=""), STANDING.format(row="NEW.")
# SQLite can add no stored generated column to a table that is there, and goes to the table for every entry of
# an index on a virtual one. Only a standing that changes is written.
TRIGGER = """
CREATE TRIGGER jobs_standing_{when} AFTER {event} ON jobs WHEN NEW.standing <> {standing}
BEGIN UPDATE jobs SET standing = {standing} WHERE id = NEW.id; END
"""


def upgrade() -> None:
    kind = ["cluster", "action_code", "standing", "id"]
    postgresql = op.get_bind().dialect.name == "postgresql"
    if postgresql:
        generated = sa.Computed(OF_ROW, persisted=True)
        op.add_column("jobs", sa.Column("standing", sa.SmallInteger(), generated, nullable=False))
    else:
        op.add_column("jobs", sa.Column("standing", sa.SmallInteger(), server_default="0", nullable=False))
        op.execute(f"UPDATE jobs SET standing = {OF_ROW}")  # noqa: S608 - our own words
    op.create_index("ix_jobs_kinds", "jobs", ["enterprise_id", "team_id", *kind])
    op.create_index("ix_jobs_own_kinds", "jobs", ["enterprise_id", "team_id", "user_id", *kind])
    if not postgresql:
        counted = "UPDATE OF state, accepted, refused, unknown, cancelled"
        op.execute(TRIGGER.format(when="made", event="INSERT", standing=OF_NEW))
        op.execute(TRIGGER.format(when="moved", event=counted, standing=OF_NEW))
