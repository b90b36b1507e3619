"""The sandbox as a process and a page of it in a real browser, for tests and for screenshots."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from playwright.sync_api import Browser, sync_playwright

START_S = 60
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str | None:
    """Where Chromium is on this machine, if it has one."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for path in map(shutil.which, names) if path), None)


@dataclass(frozen=True)
class Sandbox:
    """A running `set-action sandbox`; `folder` holds its temporary files."""

    process: subprocess.Popen[str]
    address: str
    folder: Path


@contextmanager
def sandbox(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[Sandbox]:
    """One on a free port, stopped as by Ctrl-C at the end."""
    # A file: a pipe that nobody reads would fill, and stop whoever writes.
    errors = tempfile.TemporaryFile("w+")  # noqa: SIM115
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "sandbox", "--no-open", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        env=os.environ | {"TMPDIR": str(folder)} | dict(environment or {}),
    )
    try:
        yield Sandbox(process, _address(process, errors), folder)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=START_S)
        if process.poll() is None:
            process.kill()
            process.communicate()
        errors.seek(0)
        if complaint := errors.read().replace("Stopped.", "").strip():
            print(complaint)
        errors.close()


@contextmanager
def browser(program: str) -> Iterator[Browser]:
    """Chromium without a screen, with a profile of its own."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield running
        running.close()


def _address(process: subprocess.Popen[str], errors: IO[str]) -> str:
    assert process.stdout
    for line in process.stdout:
        if found := re.search(r"http://127\.0\.0\.1:\d+/#\S+", line):
            return found[0]
    errors.seek(0)
    raise AssertionError(f"the sandbox gave no address: {errors.read()}")
