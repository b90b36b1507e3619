"""Which revision of the schema this code needs, cheaply checked at every start."""

from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection, inspect, text

HEAD = "2026_11_27_workspaces"


class Age(StrEnum):
    """The database's schema beside this code."""

    NONE = "none"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"  # or nobody's that we know


def is_current(conn: Connection) -> bool:
    """Whether the schema is exactly the one this code needs."""
    return revision(conn) == HEAD


def revision(conn: Connection) -> str | None:
    """The database's revision; None where it has no schema of ours."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    found: str | None = conn.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return found


def age(conn: Connection) -> Age:
    """How old the database's schema is."""
    found = revision(conn)
    if found in (None, HEAD):
        return Age.CURRENT if found else Age.NONE
    steps = Path(__file__).parent / "migrations" / "versions"
    return Age.OLDER if (steps / f"{found}.py").is_file() else Age.NEWER
