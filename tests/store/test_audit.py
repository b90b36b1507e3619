"""The audit log: what may be written, what the chain can see of tampering, and what it cannot."""

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Connection

from store import audit
from store.audit import Broken, Event
from store.database import Database
from store.errors import StoreError
from tests.store.samples import ASTER

JOB = UUID("4f2a9c1e-0000-4000-8000-000000000001")
COUNT = 6
CONTENT = "its content does not match its hash"
FOLLOWS = "it does not follow the row before it"


def keep(conn: Connection) -> None:
    """Six rows: a request with a live word in its reason, then one of each kind of actor and field."""
    reason = {"reason": "for <!channel>, “née” ✓", "customers": 2}
    audit.append(conn, Event.REQUESTED, actor=ASTER, job=JOB, cluster="evian3", detail=reason)
    audit.append(conn, Event.CONFIRMED, actor=ASTER, job=JOB, cluster="evian3")
    for chunk in range(3):
        audit.append(conn, Event.SENT, job=JOB, cluster="evian3", detail={"chunk": chunk})
    audit.append(conn, Event.DONE)


@pytest.fixture
async def log(db: Database) -> Database:
    """A store with six rows in its log."""
    await db.write(keep)
    return db


@contextmanager
def by_force(path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody with the file in hand: the triggers are dropped first."""
    with closing(sqlite3.connect(path)) as raw:
        for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {name}")
        yield raw
        raw.commit()


async def test_the_chain_holds(log: Database) -> None:
    assert await log.read(audit.verify) == (COUNT, None)


async def test_an_empty_log_is_whole(db: Database) -> None:
    assert await db.read(audit.verify) == (0, None)


async def test_a_rolled_back_row_leaves_no_gap(log: Database) -> None:
    def work(conn: Connection) -> None:
        audit.append(conn, Event.SENT)
        raise LookupError

    with pytest.raises(LookupError):
        await log.write(work)
    await log.write(audit.append, Event.SENT)
    assert await log.read(audit.verify) == (COUNT + 1, None)


async def test_the_hash_is_what_the_module_says(log: Database, path: Path) -> None:
    """Recomputed from the description alone, so that an auditor can do it without this program."""
    previous = bytes(32)
    with closing(sqlite3.connect(path)) as raw:
        rows = raw.execute(
            "SELECT seq, at, actor, event, job, cluster, detail, previous_hash, hash FROM audit_log"
        )
        for *fields, said_previous, said in rows:
            canonical = json.dumps(fields, separators=(",", ":"), ensure_ascii=True).encode("ascii")
            assert said_previous == previous
            previous = hashlib.sha256(previous + canonical).digest()
            assert said == previous


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'somebody else' WHERE seq = 2",
        "UPDATE OR REPLACE audit_log SET seq = 1 WHERE seq = 2",
        "DELETE FROM audit_log WHERE seq = 2",
        "DELETE FROM audit_log",
        # These take a row away without asking a trigger on DELETE.
        "REPLACE INTO audit_log SELECT seq, at, 'x', event, job, cluster, detail, previous_hash, hash "
        "FROM audit_log WHERE seq = 2",
        "INSERT OR REPLACE INTO audit_log SELECT seq, at, 'x', event, job, cluster, detail, previous_hash, "
        "hash FROM audit_log WHERE seq = 6",
        "INSERT INTO audit_log SELECT seq, at, 'x', event, job, cluster, detail, previous_hash, hash "
        "FROM audit_log WHERE seq = 2 ON CONFLICT (seq) DO UPDATE SET actor = 'x'",
        # And this would leave a gap in which something may seem to be missing.
        "INSERT INTO audit_log SELECT 9, at, 'x', event, job, cluster, detail, previous_hash, hash "
        "FROM audit_log WHERE seq = 6",
    ],
)
async def test_nothing_that_comes_through_the_database_changes_a_row(
    log: Database, path: Path, statement: str
) -> None:
    with closing(sqlite3.connect(path)) as raw:
        before = raw.execute("SELECT * FROM audit_log").fetchall()
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            raw.execute(statement)
        raw.rollback()
        assert raw.execute("SELECT * FROM audit_log").fetchall() == before
    with pytest.raises(StoreError):
        await log.write(lambda conn: conn.exec_driver_sql(statement))
    assert await log.read(audit.verify) == (COUNT, None)


def set_field(field: str, value: object, seq: int) -> Callable[[sqlite3.Connection], object]:
    statement = "UPDATE audit_log SET field = ? WHERE seq = ?".replace("field", field)
    return lambda raw: raw.execute(statement, (value, seq))


def renumber(*moves: tuple[int, int]) -> Callable[[sqlite3.Connection], object]:
    """Each move: from one number to another, one after the other."""

    def tamper(raw: sqlite3.Connection) -> None:
        for start, end in moves:
            raw.execute("UPDATE audit_log SET seq = ? WHERE seq = ?", (end, start))

    return tamper


def recompute(raw: sqlite3.Connection, seq: int) -> None:
    """Forge one row so that it fits by itself: its content changed and its hash made anew."""
    raw.execute("UPDATE audit_log SET actor = 'U0FORGED' WHERE seq = ?", (seq,))
    query = "SELECT seq, at, actor, event, job, cluster, detail, previous_hash FROM audit_log WHERE seq = ?"
    *fields, previous = raw.execute(query, (seq,)).fetchone()
    digest = hashlib.sha256(previous + json.dumps(fields, separators=(",", ":")).encode()).digest()
    raw.execute("UPDATE audit_log SET hash = ? WHERE seq = ?", (digest, seq))


def delete(*seqs: int) -> Callable[[sqlite3.Connection], object]:
    return lambda raw: raw.executemany("DELETE FROM audit_log WHERE seq = ?", [(seq,) for seq in seqs])


SWAPPED = renumber((3, 99), (4, 3), (99, 4))


@pytest.mark.parametrize(
    ("tamper", "broken"),
    [
        (set_field("detail", '{"chunk":9}', 4), Broken(4, CONTENT)),
        (set_field("detail", '{"chunk": 1}', 4), Broken(4, CONTENT)),  # the same, but for white space
        (set_field("actor", "T0HOME/U0BIRCH", 2), Broken(2, CONTENT)),
        (set_field("at", 0, 5), Broken(5, CONTENT)),
        (set_field("event", "cancelled", 2), Broken(2, CONTENT)),
        (set_field("cluster", None, 3), Broken(3, CONTENT)),
        (set_field("job", "0" * 32, 1), Broken(1, CONTENT)),
        (set_field("hash", bytes(32), 6), Broken(6, CONTENT)),
        (set_field("previous_hash", bytes(32), 3), Broken(3, FOLLOWS)),
        (delete(3), Broken(3, "row 3 is missing; the next is 4")),
        (delete(1), Broken(1, "row 1 is missing; the next is 2")),
        (delete(2, 3, 4), Broken(2, "row 2 is missing; the next is 5")),
        (renumber((3, 99), (4, 3), (5, 4), (6, 5), (99, 6)), Broken(3, FOLLOWS)),
        (SWAPPED, Broken(3, FOLLOWS)),
        (renumber((1, 0)), Broken(0, "it stands before the first row")),
        (lambda raw: recompute(raw, 3), Broken(4, FOLLOWS)),
        (lambda raw: recompute(raw, 1), Broken(2, FOLLOWS)),
        # Values no column of ours would hold; the verification must name the row, not stumble over it.
        (set_field("at", "yesterday", 4), Broken(4, CONTENT)),
        (set_field("at", 10**18, 4), Broken(4, CONTENT)),
        (set_field("at", 1.5, 4), Broken(4, CONTENT)),
        (set_field("detail", b"\xff\xfe", 4), Broken(4, CONTENT)),
        (set_field("hash", "text", 4), Broken(4, CONTENT)),
        (set_field("previous_hash", "text", 4), Broken(4, FOLLOWS)),
    ],
)
async def test_tampering_is_found_at_the_first_row_that_does_not_fit(
    log: Database, path: Path, tamper: Callable[[sqlite3.Connection], object], broken: Broken
) -> None:
    with by_force(path) as raw:
        tamper(raw)
    assert await log.read(audit.verify) == (max(broken.seq - 1, 0), broken)


async def test_a_forged_row_at_the_end_must_fit_the_chain(log: Database, path: Path) -> None:
    with by_force(path) as raw:
        raw.execute("INSERT INTO audit_log SELECT 7, at, actor, event, job, cluster, detail, hash, hash "
                    "FROM audit_log WHERE seq = 6")  # fmt: skip
    assert await log.read(audit.verify) == (COUNT, Broken(7, CONTENT))


async def test_a_long_log_is_verified_to_its_end(db: Database, path: Path) -> None:
    def many(conn: Connection) -> None:
        for _ in range(2_500):
            audit.append(conn, Event.SENT)

    await db.write(many)
    assert await db.read(audit.verify) == (2_500, None)
    with by_force(path) as raw:
        set_field("actor", "x", 2_400)(raw)
    assert await db.read(audit.verify) == (2_399, Broken(2_400, CONTENT))
