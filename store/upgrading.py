"""Bringing the schema up to this code's revision at a start, in a process of its own.

Alembic takes 13 MB, which Python would keep until the next start, and only a new version needs it.
"""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE

from store import schema
from store.database import Database
from store.errors import StoreError

# Modules are looked for where this process does, not in whatever folder it was started from.
PROGRAM = """
import json, sys
sys.path[:], url = json.load(sys.stdin)
from store import migrate
sys.exit(migrate.main(url))
"""


async def upgrade(db: Database, url: str) -> None:
    """Run every missing step, if any is, on the database at `url`. Raises StoreError."""
    if await db.read(schema.is_current):
        return
    try:
        # A terminal's Ctrl-C is for us.
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-c", PROGRAM, stdin=PIPE, stdout=PIPE, start_new_session=True
        )
    except OSError as exc:
        raise StoreError(f"Its schema could not be upgraded ({exc.strerror}).") from exc
    try:
        # The address has a password in it: other users of the machine see what a process is given otherwise.
        said, _ = await process.communicate(json.dumps([sys.path, url]).encode())
    finally:
        if process.returncode is None:  # told to stop: nothing is kept of a transaction that was cut off
            process.kill()
            await process.wait()
    if process.returncode or not await db.read(schema.is_current):
        why = said.decode(errors="replace")
        raise StoreError(why or f"Its schema could not be upgraded (exit code {process.returncode}).")
