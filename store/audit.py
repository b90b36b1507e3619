"""The audit log: append-only, each row carrying the hash of the one before it.

hash = SHA-256(previous hash || canonical JSON of the row). The canonical form is an array with the row's
fields in a fixed order, without white space, in ASCII.
"""

import enum
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, type_coerce
from sqlalchemy.types import NullType

from store.clock import EPOCH, MILLISECOND, read_now
from store.model import Operator
from store.tables import audit_log

GENESIS = bytes(32)
BOT = "bot"
CHAIN_LOCK = 7_238_231_194_331_001  # an advisory lock of our own on PostgreSQL
_PENDING = "audit"


class Event(enum.StrEnum):
    """What can be on the record so far."""

    REQUESTED = "requested"
    REFUSED_REQUEST = "refused_request"
    REFUSED_CLICK = "refused_click"
    NOT_POSTED = "not_posted"
    PREVIEWED = "previewed"
    CHANGED = "changed"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    STOPPED = "stopped"
    EXPIRED = "expired"
    SENT = "sent"
    ANSWERED = "answered"
    CHECK_ASKED = "check_asked"
    SENT_AGAIN = "sent_again"
    CONTINUED = "continued"
    CHECKED = "checked"
    ARRIVED = "arrived"
    NOT_ARRIVED = "not_arrived"
    WATCH_ASKED = "watch_asked"
    DONE = "done"
    BATCHES_MADE = "batches_made"
    BATCH_ASSIGNED = "batch_assigned"
    LOOKED = "looked"  # at other people's jobs
    EXPORTED = "exported"  # this log, or a part of it


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row of the chain that does not fit, and why."""

    seq: int
    why: str


def recorded(conn: Connection, event: Event, job: UUID, detail: Mapping[str, Any]) -> bool:
    """Whether this is on the record of a job already, word for word; what is about to be sealed is not."""
    same = (
        audit_log.c.job == job.hex,
        audit_log.c.event == event.value,
        audit_log.c.detail == _words(detail),
    )
    return conn.execute(select(audit_log.c.seq).where(*same).limit(1)).first() is not None


def append(
    conn: Connection,
    event: Event,
    *,
    actor: Operator | str = BOT,
    job: UUID | None = None,
    cluster: str | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Put an event on the record, in the transaction of the fact; `seal` writes it when that commits."""
    conn.info.setdefault(_PENDING, []).append(
        {
            "actor": str(actor),
            "event": event.value,
            "job": job.hex if job else None,
            "cluster": cluster,
            "detail": _words(detail or {}),
        }
    )


def _words(detail: Mapping[str, Any]) -> str:
    return json.dumps(detail, sort_keys=True, separators=(",", ":"))


def seal(conn: Connection) -> None:
    """Chain and write this transaction's events: the last thing it does.

    The end of the chain is one place for all writers. Locked last and for the shortest time, it cannot meet
    a lock on a job crosswise.
    """
    pending: list[dict[str, Any]] = conn.info.pop(_PENDING, [])
    if not pending:
        return
    if conn.dialect.name == "postgresql":
        conn.execute(select(func.pg_advisory_xact_lock(CHAIN_LOCK)))
    last = conn.execute(
        select(audit_log.c.seq, audit_log.c.hash).order_by(audit_log.c.seq.desc()).limit(1)
    ).one_or_none()
    end, previous = (last.seq, last.hash) if last else (0, GENESIS)
    at = read_now(conn)
    rows = []
    for seq, event in enumerate(pending, start=end + 1):
        row = {"seq": seq, "at": (at - EPOCH) // MILLISECOND, **event}
        digest = _digest(previous, row)
        rows.append({**row, "at": at, "previous_hash": previous, "hash": digest})
        previous = digest
    conn.execute(insert(audit_log), rows)


def verify(conn: Connection) -> tuple[int, Broken | None]:
    """Recompute the chain: how many rows were read, and the first that is broken, if any."""
    previous, expected = GENESIS, 1
    # As the file holds them, untranslated: where somebody tampered, a time need not be a time.
    raw = [type_coerce(column, NullType()).label(column.name) for column in audit_log.c]
    rows = conn.execution_options(yield_per=1_000).execute(select(*raw).order_by(audit_log.c.seq))
    for row in rows:
        if row.seq < expected:
            return expected - 1, Broken(row.seq, "it stands before the first row")
        if row.seq != expected:
            return expected - 1, Broken(expected, f"row {expected} is missing; the next is {row.seq}")
        if row.previous_hash != previous:
            return expected - 1, Broken(row.seq, "it does not follow the row before it")
        if row.hash != _digest(previous, row._mapping):
            return expected - 1, Broken(row.seq, "its content does not match its hash")
        previous, expected = row.hash, expected + 1
    return expected - 1, None


def _digest(previous: bytes, row: Mapping[Any, Any]) -> bytes:
    names = ("seq", "at", "actor", "event", "job", "cluster", "detail")
    canonical = json.dumps([row[name] for name in names], separators=(",", ":"), default=repr)
    return hashlib.sha256(previous + canonical.encode("ascii")).digest()
