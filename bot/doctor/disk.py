"""Room to write: beside the database, and where files are put for a moment."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.doctor.finding import Finding, bad, good, look
from store.database import file_of

LEAST = 100 * 1024**2  # bytes, beside room for a copy of the database, as an upgrade or a backup may need
ENOUGH = 1024**3


def examine(database_url: str, free: Callable[[Path], int]) -> Iterator[Finding]:
    """Look at the disk of a SQLite file (PostgreSQL's is its server's), and at the temporary folder."""
    file = file_of(database_url)
    if file and file.is_file():
        yield _room(file, free(file.parent))
    try:
        with tempfile.TemporaryFile():
            pass
    except OSError as exc:
        words = f"No temporary file can be made ({exc.strerror}), so no picture can be drawn."
        yield bad(
            "disk", words, "Give the bot a writable /tmp (with a read-only root, a tmpfs), or set TMPDIR."
        )


def _room(file: Path, left: int) -> Finding:
    needed = file.stat().st_size + LEAST
    takes = f"it takes {file.stat().st_size // 1024**2:,} MB"
    words = f"{left // 1024**2:,} MB are free where the database is; {takes}."
    if left < needed:
        return bad("disk", words, f"Free some, so that there are at least {needed // 1024**2:,} MB.")
    if left < ENOUGH:
        return look("disk", words, "Free some, or shorten [retention].")
    return good("disk", words)
