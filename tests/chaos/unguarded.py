"""The negative control: the bot with its guard switched off, so that a lost chunk is sent again blindly."""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection

from bot import cli
from store import chunks
from store.model import Chunk

found = chunks.orphans


def planned_blindly(conn: Connection, cluster: str, ours: Collection[tuple[int, int]]) -> Sequence[Chunk]:
    """What every job queue does by default: the sender is gone, so let another one send."""
    for orphan in found(conn, cluster, ours):
        chunks.release(conn, orphan)
    return ()


if __name__ == "__main__":
    chunks.orphans = planned_blindly
    cli.main()
