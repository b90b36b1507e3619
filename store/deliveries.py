"""Queries about the requests of Slack's that were taken: the replay guard of all replicas. Never commit."""

from typing import Any

from sqlalchemy import Connection, Delete, Executable, delete, literal_column, select

from store.clock import now
from store.database import upsert_on
from store.delivery_tables import deliveries
from store.prepared import prepared

KEPT_MS = 660_000  # longer than both halves of the window in which a signature is good


def first(conn: Connection, signature: str) -> bool:
    """Whether no replica has taken a request of this signature; from now on one has."""
    _forget(conn)
    return _first(conn, given=signature).first() is not None


@prepared
def _forget() -> Delete:
    # As a query of its own it has one value, and PostgreSQL goes by the index.
    here = select(now()).scalar_subquery()
    return delete(deliveries).where(deliveries.c.at < here - literal_column(str(KEPT_MS)))


@prepared
def _first(dialect: str, given: Any) -> Executable:
    row = upsert_on(dialect, deliveries).values(signature=given, at=now()).on_conflict_do_nothing()
    # Not by the count of rows, which SQLAlchemy does not know of an INSERT on PostgreSQL.
    first: Executable = row.returning(deliveries.c.signature)
    return first
