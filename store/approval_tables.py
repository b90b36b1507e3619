"""The tables of approvals, overrides and copies of cards; as `store.tables`, whose metadata they share."""

from sqlalchemy import CHAR, Column, ForeignKey, String, Table, Text

from store.approval_model import Decision
from store.clock import Instant
from store.column_types import Word
from store.holds import Hold
from store.tables import metadata

approvals = Table(
    "approvals",
    metadata,
    Column("job_id", ForeignKey("jobs.id"), primary_key=True),
    Column("person", String(32), primary_key=True),  # one decision a person, under whatever id
    Column("enterprise_id", String(32), nullable=False),
    Column("team_id", String(32), nullable=False),
    Column("user_id", String(32), nullable=False),
    Column("decision", Word(Decision), nullable=False),
    Column("reason", Text),
    Column("digest", CHAR(16), nullable=False),
    Column("start_at", Instant),
    Column("at", Instant, nullable=False),
    sqlite_with_rowid=False,
)

overrides = Table(
    "overrides",
    metadata,
    Column("job_id", ForeignKey("jobs.id"), primary_key=True),
    Column("hold", Word(Hold), primary_key=True),
    Column("enterprise_id", String(32), nullable=False),
    Column("team_id", String(32), nullable=False),
    Column("user_id", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("until", Instant),
    sqlite_with_rowid=False,
)

card_copies = Table(
    "card_copies",
    metadata,
    Column("job_id", ForeignKey("jobs.id"), primary_key=True),
    Column("channel_id", String(32), primary_key=True),
    Column("ts", String(32), primary_key=True),
    sqlite_with_rowid=False,
)
