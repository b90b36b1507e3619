"""Bringing the schema up to this code's revision at a start, in a process of its own.

Alembic takes 13 MB, which Python would keep until the next start, and only a new version needs it.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE

from store import schema
from store.database import Database
from store.errors import StoreError


async def upgrade(db: Database, url: str) -> None:
    """Run every missing step, if any is, on the database at `url`. Raises StoreError."""
    if await db.read(schema.is_current):
        return
    # The address has a password in it: it is not given where other users of the machine see it. And a
    # terminal's Ctrl-C is for us.
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "store.migrate", stdin=PIPE, stdout=PIPE, start_new_session=True
    )  # fmt: skip
    try:
        said, _ = await process.communicate(url.encode())
    except asyncio.CancelledError:
        process.kill()  # nothing is kept of a transaction that was cut off
        await process.wait()
        raise
    if process.returncode:
        why = said.decode() or f"Its schema could not be upgraded (exit code {process.returncode})."
        raise StoreError(why)
