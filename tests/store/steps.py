"""The schema step by step, as both databases tell it, and what a step may not do to the version before it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from store import migrate

Constraints = frozenset[tuple[str, tuple[str, ...]]]


@dataclass(frozen=True)
class Column:
    """What the code before has to get along with."""

    kind: str
    nullable: bool
    filled: bool  # by the database, where an INSERT does not name it


@dataclass(frozen=True)
class Schema:
    """Columns by table and name; what must be unique."""

    columns: Mapping[tuple[str, str], Column]
    unique: Constraints


def revisions() -> list[str]:
    """Every step, first to last."""
    scripts = ScriptDirectory(str(Path(migrate.__file__).parent / "migrations"))
    return [script.revision for script in scripts.walk_revisions()][::-1]


def upgrade(conn: Connection, to: str) -> None:
    """Bring the schema to a revision, which need not be the last."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrate, "HEAD", to)
        migrate.upgrade(conn)


def schema(conn: Connection) -> Schema:
    """The schema as it is."""
    look = inspect(conn)
    columns: dict[tuple[str, str], Column] = {}
    unique: set[tuple[str, tuple[str, ...]]] = set()
    for table in sorted(set(look.get_table_names()) - {"alembic_version"}):
        for column in look.get_columns(table):
            columns[table, column["name"]] = _column(column)
        found: list[Mapping[str, Any]] = [*look.get_unique_constraints(table), *look.get_indexes(table)]
        unique |= {(table, tuple(one["column_names"])) for one in found if one.get("unique", True)}
    return Schema(columns, frozenset(unique))


def _column(told: Mapping[str, Any]) -> Column:
    filled = bool(
        told.get("default") is not None or told.get("computed") or told.get("autoincrement") is True
    )
    return Column(str(told["type"]), bool(told["nullable"]), filled)


def faults(before: Schema, after: Schema) -> Iterator[str]:
    """What the code of the version before would stumble over."""
    tables = {table for table, _ in before.columns}
    for (table, name), old in before.columns.items():
        new = after.columns.get((table, name))
        if new is None:
            yield f"{table}.{name} is gone"
        elif new.kind != old.kind:
            yield f"{table}.{name} was {old.kind} and is {new.kind}"
        elif old.nullable and not new.nullable:
            yield f"{table}.{name} may not be empty any more"
    for (table, name), new in after.columns.items():
        if table in tables and (table, name) not in before.columns and not (new.nullable or new.filled):
            yield f"{table}.{name} is new, and the code before leaves it out"
    for table, columns in after.unique - before.unique:
        if table in tables and all((table, column) in before.columns for column in columns):
            yield f"{table} ({', '.join(columns)}) must be unique from here on"
