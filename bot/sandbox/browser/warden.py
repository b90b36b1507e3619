"""Cleans up after a sandbox that was killed: `python -m bot.sandbox.browser.warden FOLDER`.

Its standard input is a pipe from the sandbox. When that ends, whatever a `.pid` file of the folder names is
stopped, and the folder removed (with `--keep` it stays). After a sandbox that ended by itself nothing is left
to do.
"""

import argparse
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path

PATIENCE_S = 5.0


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bot.sandbox.browser.warden", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    sys.stdin.read()
    _end(_groups(options.folder))
    if not options.keep:
        shutil.rmtree(options.folder, ignore_errors=True)


def _groups(folder: Path) -> list[int]:
    """Every process of the sandbox leads a group of its own number."""
    return [int(file.read_text(encoding="ascii")) for file in folder.glob("*.pid")]


def _end(groups: Iterable[int]) -> None:
    left = [group for group in groups if _told(group, signal.SIGTERM)]
    end = time.monotonic() + PATIENCE_S
    while left and time.monotonic() < end:
        time.sleep(0.05)
        left = [group for group in left if _told(group, 0)]
    for group in left:
        _told(group, signal.SIGKILL)


def _told(group: int, number: int) -> bool:
    """Whether there was anybody to tell."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main()
