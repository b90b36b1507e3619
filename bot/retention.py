"""`set-action audit verify` and `archive`: the chain over archive files and the table, and what may go."""

import asyncio
import getpass
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from store import archiving, audit
from store.archiving import Archived
from store.database import Database

HEAD = re.compile(r"(\d{1,18}):([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Told:
    """What came of it; `problem` where something is wrong."""

    words: str = ""
    problem: str = ""


async def verified(db: Database, files: Sequence[Path], head: str | None) -> Told:
    """Recompute the chain. Raises StoreError."""
    archives: list[Archived] = []
    for file in files:
        found = await asyncio.to_thread(_read, file)
        if isinstance(found, str):
            return Told(problem=found)
        archives.append(found)
    rows, broken = await db.read(audit.verify)
    start, begin = await db.read(audit.archived)
    if broken:
        whole = f"The {rows:,} rows before it are whole."
        return Told(problem=f"The audit log is broken at row {broken.seq}: {broken.why}. {whole}")
    if gap := _gap(archives, start, begin):
        return Told(problem=gap)
    if head and (why := await _missing(db, head, archives)):
        return Told(problem=why)
    seq, digest = await db.read(audit.head)
    words = f"The audit log is whole: {rows:,} rows."
    if archives:
        words += f" So are {sum(one.rows for one in archives):,} rows in {len(archives)} files before it."
    elif start:
        words += f" Rows 1 to {start:,} are in archives; give them with --file to have them checked too."
    return Told(f"{words}\nIts end is {seq}:{digest.hex()}; kept elsewhere, --expect-head shows a cut.")


def _read(file: Path) -> Archived | str:
    try:
        found, broken = archiving.read(file)
    except OSError as exc:
        return f"{file} cannot be read ({exc.strerror})."
    if found is None:
        return f"{file} is broken at row {broken.seq}: {broken.why}." if broken else f"{file} is broken."
    return found


def _gap(archives: Sequence[Archived], start: int, begin: bytes) -> str:
    """Where files do not follow one another up to the table; "" where they do, or there are none."""
    ends = [(one.first, one.previous, one.last, one.hash) for one in sorted(archives, key=lambda a: a.first)]
    for (_, _, last, digest), (first, previous, _, _) in pairwise(ends):
        if (last + 1, digest) != (first, previous):
            return f"The file that ends with row {last} is not followed by the one that begins with {first}."
    if ends and ends[-1][2:] != (start, begin):
        return f"The last file ends with row {ends[-1][2]}, and the table goes on from row {start} of others."
    return ""


async def _missing(db: Database, head: str, archives: Sequence[Archived]) -> str:
    """What is wrong with the end that was told before; "" where it is still part of the chain."""
    read = HEAD.fullmatch(head)
    if not read:
        return "--expect-head is not ROW:HASH, as `audit verify` tells it."
    seq, digest = int(read[1]), bytes.fromhex(read[2])
    start, begin = await db.read(audit.archived)
    ends = {one.last: one.hash for one in archives} | {start: begin}
    found = ends.get(seq) if seq <= start else await db.read(audit.hash_of, seq)
    if found == digest:
        return ""
    if found is None and seq < start:
        return f"Row {seq} is in an archive, where only the last row of each can be looked up."
    why = "it is missing: the end was cut off" if found is None else "another row stands in its place"
    return f"The audit log is not the one that ended with row {seq}: {why}."


async def archived(db: Database, before: datetime, to: Path) -> Told:
    """Write, check, put on record, delete. Begun before and broken off, it is ended. Raises StoreError."""
    gone = await _let_go(db)
    rows, broken = await db.read(audit.verify)
    if broken:
        return Told(
            problem=f"The audit log is broken at row {broken.seq}: {broken.why}. Nothing was archived."
        )
    try:
        archive = await db.read(archiving.write, before, to)
    except OSError as exc:
        return Told(problem=f"{to} cannot be made ({exc.strerror}). Nothing was deleted.")
    if archive is None:
        ended = f"{gone:,} rows of an archive begun before were deleted. " if gone else ""
        return Told(f"{ended}Nothing is older than {before:%Y-%m-%d %H:%M} UTC. No file was made.")
    found = await asyncio.to_thread(_read, to)
    if found != archive:
        return Told(problem=f"{to} does not hold what was written. Nothing was deleted.")
    await db.write(archiving.keep, archive, to, f"command line: {getpass.getuser()}"[:98])
    await _let_go(db)
    return Told(
        f"Rows {archive.first:,} to {archive.last:,} are in {to}, which is whole, and not in the table now. "
        f"It goes on with {rows - archive.rows:,} rows. Keep the file: the chain begins in it."
    )


async def _let_go(db: Database) -> int:
    gone = 0
    while some := await db.write(archiving.let_go):
        gone += some
    return gone
