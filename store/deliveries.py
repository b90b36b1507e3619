"""Queries about the requests of Slack's that were taken: the replay guard of all replicas. Never commit."""

from datetime import timedelta

from sqlalchemy import Connection, delete

from store.clock import read_now
from store.database import upsert
from store.delivery_tables import deliveries

KEPT = timedelta(minutes=11)  # longer than both halves of the window in which a signature is good


def first(conn: Connection, signature: str) -> bool:
    """Whether no replica has taken a request of this signature; from now on one has."""
    now = read_now(conn)
    conn.execute(delete(deliveries).where(deliveries.c.at < now - KEPT))
    row = upsert(conn, deliveries).values(signature=signature, at=now).on_conflict_do_nothing()
    # Not by the count of rows, which SQLAlchemy does not know of an INSERT on PostgreSQL.
    return conn.execute(row.returning(deliveries.c.signature)).first() is not None
