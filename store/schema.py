"""Which revision of the schema this code needs, cheaply checked at every start."""

from sqlalchemy import Connection, inspect, text

HEAD = "2026_11_25_standing"


def is_current(conn: Connection) -> bool:
    """Whether the schema is exactly the one this code needs."""
    if not inspect(conn).has_table("alembic_version"):
        return False
    return conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none() == HEAD
