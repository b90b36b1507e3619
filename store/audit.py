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

from sqlalchemy import Connection, Insert, Select, func, insert, select, true, type_coerce
from sqlalchemy.types import NullType

from store.audit_tables import audit_archives
from store.clock import EPOCH, MILLISECOND, now, read_now
from store.model import Operator
from store.prepared import Prepared, prepared
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
    APPROVED = "approved"
    DENIED = "denied"
    APPROVALS_LOST = "approvals_lost"
    REMINDED = "reminded"
    SCHEDULED = "scheduled"
    RESCHEDULED = "rescheduled"
    HELD = "held"
    OVERRIDDEN = "overridden"
    WITHDRAWN = "withdrawn"
    READY = "ready"
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
    PAUSED = "paused"
    PAUSE_LIFTED = "pause_lifted"
    ARCHIVED = "archived"
    CLEARED = "cleared"  # deleted, as long after its end as the configuration says
    RESTORED = "restored"  # a backup was put back
    REFUSALS_COUNTED = "refusals_counted"
    INSTALLED = "installed"  # in a workspace, by OAuth
    UNINSTALLED = "uninstalled"


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row of the chain that does not fit, and why."""

    seq: int
    why: str


def recorded(conn: Connection, event: Event, job: UUID, detail: Mapping[str, Any]) -> bool:
    """Whether this is on the record of a job already, word for word; what is about to be sealed is not."""
    return _same(conn, job=job.hex, event=event.value, words=_words(detail)).first() is not None


@prepared
def _same(job: Any, event: Any, words: Any) -> Select[Any]:
    same = (audit_log.c.job == job, audit_log.c.event == event, audit_log.c.detail == words)
    return select(audit_log.c.seq).where(*same).limit(1)


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


def seal(conn: Connection) -> bool:
    """Chain and write this transaction's events: the last thing it does. Whether there are any.

    The end of the chain is one place for all writers. Locked last and for the shortest time, it cannot meet
    a lock on a job crosswise.
    """
    pending: list[dict[str, Any]] = conn.info.pop(_PENDING, [])
    if not pending:
        return False
    if conn.dialect.name == "postgresql":
        _lock(conn)
    # The clock is read with the lock held, whatever it was before: times must not go back along the chain.
    last = _head(conn).one_or_none()
    end, previous, at = last or (0, GENESIS, read_now(conn))
    rows = []
    for seq, event in enumerate(pending, start=end + 1):
        row = {"seq": seq, "at": (at - EPOCH) // MILLISECOND, **event}
        end_of_row = digest(previous, row)
        values = {**row, "at": at, "previous_hash": previous, "hash": end_of_row}
        rows.append({f"new_{name}": value for name, value in values.items()})
        previous = end_of_row
    _row.many(conn, rows)
    return True


@prepared
def _lock() -> Select[Any]:
    return select(func.pg_advisory_xact_lock(CHAIN_LOCK))


def _insert(**new: Any) -> Insert:
    return insert(audit_log).values({name.removeprefix("new_"): value for name, value in new.items()})


_row = Prepared(_insert, *(f"new_{column.name}" for column in audit_log.c))


def verify(conn: Connection) -> tuple[int, Broken | None]:
    """Recompute the chain: how many rows were read, and the first that is broken, if any."""
    start, previous = archived(conn)
    first = expected = start + 1
    # As the file holds them, untranslated: where somebody tampered, a time need not be a time.
    raw = [type_coerce(column, NullType()).label(column.name) for column in audit_log.c]
    query = select(*raw).where(audit_log.c.seq > start if start else true()).order_by(audit_log.c.seq)
    rows = conn.execute(query.execution_options(yield_per=1_000))
    for row in rows:
        if row.seq < expected:
            return expected - first, Broken(row.seq, "it stands before the first row")
        if row.seq != expected:
            return expected - first, Broken(expected, f"row {expected} is missing; the next is {row.seq}")
        if row.previous_hash != previous:
            return expected - first, Broken(row.seq, "it does not follow the row before it")
        if row.hash != digest(previous, row._mapping):
            return expected - first, Broken(row.seq, "its content does not match its hash")
        previous, expected = row.hash, expected + 1
    if start and expected == first:
        return 0, Broken(expected, f"row {expected} is missing: nothing follows the archive")
    return expected - first, None


def archived(conn: Connection) -> tuple[int, bytes]:
    """Where the chain in the table begins: the last row that archives hold, and its hash."""
    last = conn.execute(
        select(audit_archives.c.last_seq, audit_archives.c.last_hash)
        .order_by(audit_archives.c.last_seq.desc())
        .limit(1)
    ).one_or_none()
    return (last.last_seq, last.last_hash) if last else (0, GENESIS)


def head(conn: Connection) -> tuple[int, bytes]:
    """The newest row's number and hash: kept elsewhere, they show later whether an end was cut off."""
    last = _head(conn).one_or_none()
    return (last.seq, last.hash) if last else (0, GENESIS)


@prepared
def _head() -> Select[Any]:
    return select(audit_log.c.seq, audit_log.c.hash, now()).order_by(audit_log.c.seq.desc()).limit(1)


def hash_of(conn: Connection, seq: int) -> bytes | None:
    """The hash of one row; None where there is no such row."""
    found: bytes | None = conn.execute(
        select(audit_log.c.hash).where(audit_log.c.seq == seq)
    ).scalar_one_or_none()
    return found


def digest(previous: bytes, row: Mapping[Any, Any]) -> bytes:
    names = ("seq", "at", "actor", "event", "job", "cluster", "detail")
    canonical = json.dumps([row[name] for name in names], separators=(",", ":"), default=repr)
    return hashlib.sha256(previous + canonical.encode("ascii")).digest()
