"""Where commands are typed: a folder, an environment, and `python -m bot`, as a process or in this one."""

import asyncio
import os
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot import cli, logs

WITHIN_S = 60.0
CONFIGURATION = """
[clusters.evian3]
base_url = "http://127.0.0.1:9"
token_env = "EVIAN3_TOKEN"

[[policy]]
who = ["*"]
may = ["request"]
actions = ["*"]
clusters = ["*"]
"""
OURS = ("SLACK_", "DATABASE_URL", "SET_ACTION_CONFIG", "EVIAN3_TOKEN")


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that has ended."""

    code: int | None
    out: str
    err: str


@dataclass
class Shell:
    """Where commands are typed: a folder and an environment. A command is `python -m bot` with `words`."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def good(cls, folder: Path) -> "Shell":
        """A machine with a good configuration, whose Slack is out of reach."""
        file = folder / "set-action.toml"
        file.write_text(CONFIGURATION)
        return cls(
            folder,
            {
                "SLACK_BOT_TOKEN": "xoxb-4711-bot",
                "SLACK_APP_TOKEN": "xapp-4711-app",
                "SLACK_API_URL": f"http://127.0.0.1:{closed_port()}/api/",
                "DATABASE_URL": f"sqlite:///{folder / 'bot.sqlite3'}",
                "SET_ACTION_CONFIG": str(file),
                "EVIAN3_TOKEN": "evian-4711",
            },
        )

    @property
    def database(self) -> Path:
        """The file DATABASE_URL names."""
        return self.folder / "bot.sqlite3"

    async def run(self, *words: str, program: str | None = None, **changes: str | None) -> Ended:
        """Run a command to its end. `changes`: variables set otherwise, None for not at all."""
        async with self.running(*words, program=program, **changes) as process:
            out, err = await asyncio.wait_for(process.communicate(), WITHIN_S)
        return Ended(process.returncode, out.decode(), err.decode())

    @asynccontextmanager
    async def running(
        self, *words: str, program: str | None = None, **changes: str | None
    ) -> AsyncIterator[Process]:
        """A command that is under way; killed at the end if need be."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        environment: dict[str, str | None] = {**inherited, **self.environment, **changes}
        process = await asyncio.create_subprocess_exec(
            *([program] if program else [sys.executable, "-m", "bot"]),
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            cwd=self.folder,
            env={name: value for name, value in environment.items() if value is not None},
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    def call(self, *words: str, **changes: str | None) -> Ended:
        """Carry a command out in this process, where one of its own adds nothing; no error may escape it."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(logs, "configure", lambda *_: None)  # the tests' own logging stays as it is
            result = CliRunner().invoke(cli.app, words, env={**self.environment, **changes})
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return Ended(result.exit_code, result.stdout, result.stderr)


async def line(process: Process, wanted: str) -> str:
    """The first line of a process's log from here on that contains `wanted`."""
    assert process.stderr
    seen = []
    async with asyncio.timeout(WITHIN_S):
        while line := (await process.stderr.readline()).decode():
            seen.append(line)
            if wanted in line:
                return line
    raise AssertionError("".join(seen))


def closed_port() -> int:
    """A port of this machine at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
