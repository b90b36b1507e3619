"""The table of clusters that are left alone; as `store.tables`, of whose metadata it is part."""

from sqlalchemy import Column, Integer, String, Table, Text

from store.clock import Instant
from store.tables import metadata

pauses = Table(
    "pauses",
    metadata,
    Column("cluster", String(64), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
)
