"""The table of Slack's requests that were taken; as `store.tables`, of whose metadata it is part."""

from sqlalchemy import Column, Index, String, Table

from store.clock import Instant
from store.tables import metadata

deliveries = Table(
    "deliveries",
    metadata,
    Column("signature", String(80), primary_key=True),
    Column("at", Instant, nullable=False),
    Index("ix_deliveries_at", "at"),
)
