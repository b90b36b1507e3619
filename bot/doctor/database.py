"""The database: version, schema, rights, clock, the record's guards; and the work that waits in it."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime

from bot.config import Config
from bot.doctor import queue
from bot.doctor.finding import Finding, bad, good, look
from bot.doctor.slack import skewed
from store import checkup, clock, record_keeping, schema
from store.database import Database, file_of
from store.errors import StoreError
from store.schema import Age

REACH = "Check the address (host, port, user, password, name), that the server runs, and that it lets us in."
SPARE = 100 * 1024**2  # bytes; less is soon used again
AGES = {
    Age.NONE: (
        "The database has no tables yet.",
        "Run `set-action db upgrade`; so does the bot as it starts.",
    ),
    Age.OLDER: (
        "The database's schema is an older version's.",
        "Make a backup, then run `set-action db upgrade`.",
    ),
    Age.NEWER: (
        "The database's schema is a newer version's.",
        "Run that version, or go back to the backup made before the upgrade (docs/operations.md).",
    ),
}


async def examine(config: Config, now: Callable[[], datetime]) -> list[Finding]:
    """Look at the database that the configuration names, and make none."""
    url, found = config.database_url, [*_file(config.database_url)]
    try:
        with closing(Database(url, create=False)) as db:
            found.append(_engine(await db.read(checkup.engine)))
            if not db.embedded:
                ahead = now() - await db.read(clock.read_now)
                found.append(skewed("clock", "the database's", ahead.total_seconds()))
                found.append(await _direct(config, db))
            age = await db.read(schema.age)
            found += await _current(config, db) if age is Age.CURRENT else [bad("database", *AGES[age])]
    except StoreError as exc:
        remedy = "" if "DATABASE_URL" in str(exc) else REACH
        found.append(bad("database", f"The database cannot be used. {exc}", remedy))
    return found


def _file(url: str) -> Iterator[Finding]:
    file = file_of(url)
    if file and file.is_file():
        if file.stat().st_mode & 0o077:
            words = "Others on this machine may read the database file."
            yield look("database", words, f"chmod 600 {file}")
        if not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)):
            words = f"This user may not write to {file} or its folder."
            yield bad("database", words, "Give both to the user that the bot runs as.")


def _engine(engine: checkup.Engine) -> Finding:
    words = f"{engine.name} {engine.version}."
    return good("database", words) if engine.good else bad("database", words, "Use PostgreSQL 14 or newer.")


async def _direct(config: Config, db: Database) -> Finding:
    about = "DATABASE_DIRECT_URL"
    try:
        with closing(Database(config.database_direct_url, create=False)) as direct:
            same = await direct.read(checkup.identity) == await db.read(checkup.identity)
    except StoreError as exc:
        return bad(about, f"The direct address of the database cannot be used. {exc}", REACH)
    if not same:
        words = "DATABASE_DIRECT_URL and DATABASE_URL lead to different databases."
        return bad(about, words, "Have both name the same one, this one past any pooling proxy.")
    return good(about, "Both addresses lead to the same database.")


async def _current(config: Config, db: Database) -> list[Finding]:
    takes, spare = await db.read(checkup.size), await db.read(checkup.spare)
    size = f"{takes // 1024**2:,} MB"
    found = [good("database", f"The schema is this version's; the database takes {size}.")]
    if spare > max(SPARE, takes // 2):
        words = f"More than half of the database's {size} is room that deleted rows have left."
        found.append(look("database", words, "Stop the bot and run `set-action db vacuum`."))
    if not db.embedded and (lacking := await db.read(checkup.lacking)):
        words = f"This role lacks rights: {', '.join(lacking)}."
        found.append(bad("database", words, "As the owner run: set-action db upgrade --for-role NAME."))
        return found
    kept = [_kept(one) for one in await db.read(record_keeping.look)]
    return [*found, *kept, *await queue.examine(config, db)]


def _kept(one: record_keeping.Kept) -> Finding:
    if not one.problem:
        return good("audit log", one.words)
    # Without its triggers the record proves nothing; who owns it is a second line behind them.
    return (bad if one.broken else look)("audit log", one.words, one.remedy)
