"""The tables beside the audit log: what archives hold of it, and refusals that are only counted."""

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table

from store.clock import Instant
from store.tables import metadata

audit_archives = Table(
    "audit_archives",
    metadata,
    Column("last_seq", Integer, primary_key=True, autoincrement=False),
    Column("first_seq", Integer, nullable=False),
    Column("last_hash", LargeBinary(32), nullable=False),
    Column("at", Instant, nullable=False),
    Column("file", String(255), nullable=False),
)

refusals = Table(
    "refusals",
    metadata,
    Column("actor", String(98), primary_key=True),
    Column("since", Instant, nullable=False),
    Column("number", Integer, nullable=False),
)
Index("ix_refusals_since", refusals.c.since)
