"""The sandbox in a browser from start to end: a folder, the processes, the page, and nothing left behind."""

import asyncio
import os
import sys
import tempfile
import webbrowser
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import typer

from bot.sandbox.browser.house import house
from bot.sandbox.browser.server import serving
from bot.sandbox.processes import DidNotStart

WORDS = """Set Action in the sandbox: a Slack workspace, three clusters and the real bot,
all on this machine.

  {address}

Only this machine can open it, and only with that address. Stop with Ctrl-C{after}."""


async def open_in_browser(*, keep: Path | None, port: int, browser: bool) -> int:
    """Serve until cancelled; the exit code where it could not start."""
    try:
        with _folder(keep) as folder:
            async with (
                _warden(folder, keep=keep is not None),
                house(folder) as running,
                serving(running, port) as address,
            ):
                after = f"; all that happened stays in {keep}" if keep else "; nothing stays behind"
                typer.echo(WORDS.format(address=address, after=after))
                if browser and _has_screen():
                    await asyncio.to_thread(webbrowser.open, address)
                await asyncio.Event().wait()
    except (DidNotStart, OSError) as exc:
        typer.echo(f"The sandbox did not start: {exc}", err=True)
    return 1


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """A temporary one, or the one to keep, which must be new or empty."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="set-action-") as folder:
            yield Path(folder)
        return
    keep.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(keep.iterdir()):
        raise FileExistsError(f"{keep} is not empty; name a new folder to keep what happens.")
    yield keep.resolve()


@asynccontextmanager
async def _warden(folder: Path, *, keep: bool) -> AsyncIterator[None]:
    """Somebody to clean up should this process be killed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot.sandbox.browser.warden",
        str(folder),
        *(["--keep"] if keep else []),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        if process.stdin:
            process.stdin.close()
        await asyncio.shield(process.wait())


def _has_screen() -> bool:
    """Without one, Linux would open a text browser in this very terminal."""
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
