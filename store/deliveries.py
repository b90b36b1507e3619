"""Queries about the requests of Slack's that were taken: the replay guard of all replicas. Never commit."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Delete, Executable, delete

from store.clock import read_now
from store.database import upsert_on
from store.delivery_tables import deliveries
from store.prepared import prepared

KEPT = timedelta(minutes=11)  # longer than both halves of the window in which a signature is good


def first(conn: Connection, signature: str) -> bool:
    """Whether no replica has taken a request of this signature; from now on one has."""
    now = read_now(conn)
    _forget(conn, before=now - KEPT)
    return _first(conn, given=signature, taken=now).first() is not None


@prepared
def _forget(before: Any) -> Delete:
    return delete(deliveries).where(deliveries.c.at < before)


@prepared
def _first(dialect: str, given: Any, taken: Any) -> Executable:
    row = upsert_on(dialect, deliveries).values(signature=given, at=taken).on_conflict_do_nothing()
    # Not by the count of rows, which SQLAlchemy does not know of an INSERT on PostgreSQL.
    first: Executable = row.returning(deliveries.c.signature)
    return first
