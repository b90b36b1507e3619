"""The scripted conversation as people run it: a real process that says how it went and leaves nothing."""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from bot.sandbox.script import play, processes
from bot.sandbox.script.acts import ACTS
from bot.sandbox.script.processes import House
from bot.sandbox.script.stage import Stage

STUCK_S = 60.0  # without a new line it hangs; how long it took in all is what it tells itself at its end
Scene = Callable[[Stage], Awaitable[object]]
MARK = "SET_ACTION_TEST_MARK"
PATCHED = """
from bot.cli import main
from bot.sandbox.script.acts import ACTS
from bot.sandbox.script.stage import expect

async def asked(stage):
    await stage.asks(f"/set-action t evian3 {(await stage.customers(1))[0]}")

async def scene(stage):
    expect(False, "the moon to be of cheese")

ACTS[:] = [[("A scene that goes well", asked), ("A scene that does not", scene)], [("Another", asked)]]
main()
"""


# Its first act alone: how it ends does not depend on how many play beside each other.
FIRST_ACT = """
from bot.cli import main
from bot.sandbox.script.acts import ACTS

ACTS[1:] = []
main()
"""


@dataclass
class Run:
    """One run in a folder for its temporary files, with a mark that all its processes inherit."""

    folder: Path
    mark: str

    @asynccontextmanager
    async def running(self, *program: str) -> AsyncIterator[Process]:
        """The process; killed at the end if need be."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *(program or ("-m", "bot")),
            "sandbox",
            "--script",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            env=os.environ | {"TMPDIR": str(self.folder), MARK: self.mark, "PYTHONUNBUFFERED": "1"},
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.communicate()

    async def ended(self, *program: str) -> tuple[int | None, str, str]:
        """Exit code, output and errors of a whole run."""
        async with self.running(*program) as process:
            out, err = await _words(process)
        return process.returncode, out, err

    def processes(self) -> list[Path]:
        """The /proc folders of this run's processes; none where there is no /proc to look in."""
        return [environ.parent for environ in Path("/proc").glob("[0-9]*/environ") if self._ours(environ)]

    def left_behind(self) -> list[str]:
        """What is still there: files in the folder, processes by their command."""
        files = [str(path.relative_to(self.folder)) for path in self.folder.rglob("*")]
        return files + [_command(process) for process in self.processes()]

    def _ours(self, environ: Path) -> bool:
        try:
            return self.mark.encode() in environ.read_bytes()
        except OSError:  # somebody else's, or gone meanwhile
            return False


def _command(process: Path) -> str:
    return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run of its own."""
    return Run(tmp_path, uuid4().hex)


async def test_the_whole_conversation_goes_as_expected_and_leaves_nothing(run: Run) -> None:
    code, out, err = await run.ended()
    assert (code, err) == (0, ""), out[-2000:]
    told = re.findall(r"^(\d+)\. (.*?) ─", out, re.MULTILINE)
    names = [name for act in ACTS for name, _ in act]
    assert told == [(str(number), name) for number, name in enumerate(names, start=1)]
    assert f"All {len(names)} scenes went as expected" in out
    assert "\x1b" not in out
    assert run.left_behind() == []


async def test_what_is_not_as_expected_is_said_and_fails(run: Run) -> None:
    code, out, err = await run.ended("-c", PATCHED)
    assert (code, err) == (1, "")
    _, _, verdict = out.partition("Not as expected: ")
    assert "expected the moon to be of cheese" in verdict
    assert "event=set_action.ready" in verdict  # the bot's log, to see why
    assert "scenes went as expected" not in out
    assert run.left_behind() == []


async def press_nothing(stage: Stage) -> None:
    (await stage.desk.messages("C0OPS", "U0ASTER"))[0].button("nonesuch")


WRONG: Mapping[str, tuple[Scene, str]] = {
    "no card": (
        lambda stage: stage.asks("/set-action t nowhere x1234"),
        "a private answer instead of a card",
    ),
    "no button": (press_nothing, "nonesuch"),
    "never": (lambda stage: stage.desk.until(lambda _: False, 0.1), "no journal entry as expected"),
    "refused": (lambda stage: stage.desk.say("U0NOBODY", "C0NOWHERE", "hello"), "no person U0NOBODY"),
}


async def test_whatever_goes_wrong_in_a_scene_is_a_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One set of processes for all: what differs is what a scene meets."""
    async with processes.house(tmp_path) as running:

        @asynccontextmanager
        async def standing(_: Path) -> AsyncIterator[House]:
            yield running

        monkeypatch.setattr(play, "house", standing)
        for name, (scene, reason) in {"well": (asked, ""), **WRONG}.items():
            monkeypatch.setattr(play, "ACTS", [[(name, scene)]])
            code, out = await play.play(), capsys.readouterr().out
            assert code == (1 if reason else 0), name
            assert reason in out.partition("Not as expected: ")[2], name


async def asked(stage: Stage) -> None:
    await stage.asks(f"/set-action t evian3 {(await stage.customers(1))[0]}")


async def test_a_bot_that_dies_is_noticed(run: Run) -> None:
    async with run.running("-c", FIRST_ACT) as process:
        await _line(process, "1. ")
        bots = [process for process in run.processes() if _command(process).strip().endswith("-m bot run")]
        assert bots
        for bot in bots:
            os.kill(int(bot.name), signal.SIGKILL)
        out, _ = await _words(process)
    assert process.returncode == 1
    assert "Not as expected" in out
    assert run.left_behind() == []


@pytest.mark.parametrize(
    ("number", "moment"),
    [
        (signal.SIGINT, "Processes on"),
        (signal.SIGTERM, "Processes on"),
        (signal.SIGHUP, "Processes on"),
        (signal.SIGINT, "@Aster"),  # what is interrupted is the same for all: once is enough
    ],
)
async def test_interrupted_it_clears_up(run: Run, number: signal.Signals, moment: str) -> None:
    """While its processes start, and in the middle of a scene."""
    async with run.running("-c", FIRST_ACT) as process:
        await _line(process, moment)
        process.send_signal(number)
        _, err = await _words(process)
    assert (process.returncode, err) == (130, "Interrupted; everything is cleared up.\n")
    assert run.left_behind() == []


async def _words(process: Process) -> tuple[str, str]:
    """What it says until it ends, and its errors."""
    assert process.stdout
    assert process.stderr
    lines = []
    while line := await asyncio.wait_for(process.stdout.readline(), STUCK_S):
        lines.append(line)
    errors = await asyncio.wait_for(process.stderr.read(), STUCK_S)
    await asyncio.wait_for(process.wait(), STUCK_S)
    return b"".join(lines).decode(), errors.decode()


async def _line(process: Process, wanted: str) -> None:
    """Read on to the first line with `wanted`."""
    assert process.stdout
    async with asyncio.timeout(STUCK_S):
        while wanted not in (line := (await process.stdout.readline()).decode()):
            assert line, f"it ended before {wanted!r}"
