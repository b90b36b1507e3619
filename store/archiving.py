"""Retention: the oldest rows of the audit log go into a file, with their chain, and only then from the table.

The file holds one JSON value a line: first what it is, then each row as its canonical array with its hash, in
the end how many there were. The database lets go only of rows that an archive on record holds.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, delete, insert, select, text, type_coerce
from sqlalchemy.types import NullType

from store import audit
from store.audit import Broken, Event
from store.audit_tables import audit_archives
from store.clock import EPOCH, MILLISECOND, read_now
from store.errors import StoreError
from store.tables import audit_log

AT_ONCE = 10_000
FIELDS = ("seq", "at", "actor", "event", "job", "cluster", "detail")
KIND = "set-action audit log"


@dataclass(frozen=True, slots=True)
class Archived:
    """What a file holds: rows `first` to `last` of the chain, and the hashes before and at its end."""

    first: int
    last: int
    previous: bytes
    hash: bytes

    @property
    def rows(self) -> int:
        """How many."""
        return self.last - self.first + 1


def write(conn: Connection, before: datetime, path: Path) -> Archived | None:
    """Write the rows that are older than `before` to a new file; None where there are none.

    The newest row always stays: the chain goes on from it. Raises StoreError, OSError.
    """
    start, previous = audit.archived(conn)
    newest, _ = audit.head(conn)
    raw = [type_coerce(column, NullType()).label(column.name) for column in audit_log.c]
    query = select(*raw).where(audit_log.c.seq > start, audit_log.c.seq < newest).order_by(audit_log.c.seq)
    rows = conn.execute(query.execution_options(yield_per=1_000))
    until = (before - EPOCH) // MILLISECOND
    first_row = next(rows, None)
    if first_row is None or first_row.at >= until:
        return None
    path.touch(mode=0o600, exist_ok=False)
    with path.open("w", encoding="ascii", newline="\n") as file:
        _line(file, {"kind": KIND, "first": start + 1, "previous": previous.hex()})
        last = first_row
        for row in _until(first_row, rows, until):
            _line(file, [*(row._mapping[name] for name in FIELDS), row.hash.hex()])
            last = row
        _line(file, {"rows": last.seq - start, "hash": last.hash.hex()})
        file.flush()
        os.fsync(file.fileno())
    return Archived(start + 1, last.seq, previous, last.hash)


def _until(first: Any, rows: Iterator[Any], until: int) -> Iterator[Any]:
    yield first
    for row in rows:
        if row.at >= until:
            return
        yield row


def _line(file: IO[str], value: object) -> None:
    file.write(json.dumps(value, separators=(",", ":")) + "\n")


def read(path: Path) -> tuple[Archived | None, Broken | None]:
    """Recompute the chain in a file; what it holds, or the first row that is broken. Raises OSError."""
    seq = 0
    try:
        with path.open(encoding="ascii") as file:
            head = json.loads(next(file))
            first, previous = int(head["first"]), bytes.fromhex(head["previous"])
            begin, seq, ended = previous, first, None
            for one, following in _pairs(file):
                value = json.loads(one)
                if following is None:
                    ended = value
                    break
                row = dict(zip(FIELDS, value[:-1], strict=True))
                if row["seq"] != seq:
                    return None, Broken(seq, f"row {seq} is missing; the next is {row['seq']}")
                if audit.digest(previous, row) != bytes.fromhex(value[-1]):
                    return None, Broken(seq, "its content does not match its hash")
                previous, seq = bytes.fromhex(value[-1]), seq + 1
    except (ValueError, LookupError, TypeError, AttributeError, StopIteration, RecursionError):
        return None, Broken(seq, "the file is damaged there")
    if not isinstance(ended, dict) or ended != {"rows": seq - first, "hash": previous.hex()}:
        return None, Broken(seq, "the end of the file is missing")
    return Archived(first, seq - 1, begin, previous), None


def _pairs(lines: IO[str]) -> Iterator[tuple[str, str | None]]:
    """Each line with the one after it, None behind the last."""
    before: str | None = None
    for line in lines:
        if before is not None:
            yield before, line
        before = line
    if before is not None:
        yield before, None


def keep(conn: Connection, archive: Archived, path: Path, actor: str) -> None:
    """Put the archive on record: from now on its rows may go. Raises StoreError where it does not fit."""
    if audit.hash_of(conn, archive.last) != archive.hash:
        raise StoreError("The file does not hold what the table holds. Nothing was deleted.")
    values = {"first_seq": archive.first, "last_seq": archive.last, "last_hash": archive.hash}
    conn.execute(insert(audit_archives).values(**values, at=read_now(conn), file=path.name[-255:]))
    detail = {
        "first": archive.first,
        "last": archive.last,
        "hash": archive.hash.hex(),
        "file": path.name[-255:],
    }
    audit.append(conn, Event.ARCHIVED, actor=actor, detail=detail)


def let_go(conn: Connection) -> int:
    """Delete some of the rows that archives hold; how many, 0 when there are none left."""
    last, _ = audit.archived(conn)
    oldest = select(audit_log.c.seq).where(audit_log.c.seq <= last).order_by(audit_log.c.seq).limit(AT_ONCE)
    to = max(conn.execute(oldest).scalars(), default=None)
    if to is None:
        return 0
    ours = conn.dialect.name == "postgresql"
    if ours:  # the owner alone can, and no longer than this transaction lasts
        conn.execute(text("GRANT DELETE ON audit_log TO CURRENT_USER"))
    gone = conn.execute(delete(audit_log).where(audit_log.c.seq <= to)).rowcount
    if ours:
        conn.execute(text("REVOKE DELETE ON audit_log FROM CURRENT_USER"))
    return gone
