"""The tables of installations and of logins under way; as `store.tables`, of whose metadata they are part."""

from sqlalchemy import CHAR, Column, Index, String, Table, Text

from store.clock import Instant
from store.tables import metadata

installations = Table(
    "installations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("enterprise_id", String(32), nullable=False),
    Column("url", Text, nullable=False),
    Column("bot_id", String(32), nullable=False),
    Column("bot_user_id", String(32), nullable=False),
    Column("token", Text, nullable=False),  # sealed; never in clear
    Column("scopes", Text, nullable=False),
    Column("installed_by", String(32), nullable=False),
    Column("installed_at", Instant, nullable=False),
    Column("checked_at", Instant, nullable=False),
)
Index("ix_installations_checked", installations.c.checked_at)

# Not the state itself: whoever reads the table cannot finish somebody else's installation.
oauth_states = Table(
    "oauth_states",
    metadata,
    Column("digest", CHAR(64), primary_key=True),
    Column("expires_at", Instant, nullable=False),
)
Index("ix_oauth_states_expires", oauth_states.c.expires_at)
