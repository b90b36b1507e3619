"""Whether the database itself keeps the audit log from being changed, and what to do where it does not."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

TRIGGERS = {
    "sqlite": ("audit_log_in_order", "audit_log_no_delete", "audit_log_no_update"),
    "postgresql": ("audit_log_in_order", "audit_log_no_change", "audit_log_no_delete"),
}


@dataclass(frozen=True, slots=True)
class Kept:
    """One finding, in words; `problem`: something is to be done. `broken`: the record can be changed now."""

    problem: bool
    words: str
    remedy: str = ""
    broken: bool = False


def look(conn: Connection) -> list[Kept]:
    """Look at the triggers and, on PostgreSQL, at what this role may do."""
    found = [_triggers(conn)]
    if conn.dialect.name == "postgresql":
        found.append(_privileges(conn))
        found.append(_owner(conn))
    return found


def _triggers(conn: Connection) -> Kept:
    asked = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_log'",
        "postgresql": "SELECT tgname FROM pg_trigger "
        "WHERE tgrelid = 'audit_log'::regclass AND tgenabled = 'O'",
    }[conn.dialect.name]
    missing = set(TRIGGERS[conn.dialect.name]) - set(conn.execute(text(asked)).scalars())
    if missing:
        words = f"Triggers that keep the audit log from being changed are missing or off: {_listed(missing)}."
        remedy = "Find out who took them away; restore them from the schema."
        return Kept(problem=True, words=words, remedy=remedy, broken=True)
    return Kept(problem=False, words="Triggers keep the audit log from being changed.")


def _privileges(conn: Connection) -> Kept:
    rights = ("UPDATE", "DELETE", "TRUNCATE")
    asked = text("SELECT has_table_privilege(current_user, 'audit_log', :right)")
    held = [right for right in rights if conn.execute(asked, {"right": right}).scalar_one()]
    if held:
        words = f"This role may {_listed(held)} the audit log, were it not for the triggers."
        what = "Give the bot a role of its own, no superuser: set-action db upgrade --for-role NAME."
        return Kept(problem=True, words=words, remedy=what)
    return Kept(problem=False, words="This role may not update, delete or truncate the audit log.")


def _owner(conn: Connection) -> Kept:
    asked = (
        "SELECT pg_has_role(current_user, relowner, 'MEMBER') FROM pg_class WHERE oid = 'audit_log'::regclass"
    )
    if conn.execute(text(asked)).scalar_one():
        words = "This role owns the audit log, so it could give itself any right to it."
        what = "As the owner run: set-action db upgrade --for-role NAME; then let the bot log in as NAME."
        return Kept(problem=True, words=words, remedy=what)
    return Kept(problem=False, words="The audit log belongs to another role.")


def _listed(names: object) -> str:
    return ", ".join(sorted(map(str, names))) if isinstance(names, (set, list)) else str(names)
