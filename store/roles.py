"""On PostgreSQL: what a role of the bot's own needs, so that it can add to the audit log and no more."""

from sqlalchemy import Connection, text

from store.errors import StoreError

KEPT = ("audit_log", "audit_archives")


def grant(conn: Connection, role: str) -> None:
    """Give `role` everything the bot needs in this schema, by its owner. Raises StoreError."""
    if conn.dialect.name != "postgresql":
        raise StoreError("There are no roles in SQLite; a file belongs to whoever may write it.")
    known = conn.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}).first()
    if known is None:
        raise StoreError("There is no such role. Create it first: CREATE ROLE name LOGIN PASSWORD '…'.")
    quote = conn.dialect.identifier_preparer.quote_identifier
    to, schema = quote(role), quote(conn.execute(text("SELECT current_schema()")).scalar_one())
    kept = ", ".join(KEPT)
    for statement in (
        f"GRANT USAGE ON SCHEMA {schema} TO {to}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {to}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {to}",
        f"REVOKE UPDATE, DELETE, TRUNCATE ON {kept} FROM {to}",
        f"REVOKE INSERT ON audit_archives FROM {to}",
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {to}",
    ):
        conn.execute(text(statement))
