"""Plays the acts, each in a sandbox of its own, and says how it went."""

import asyncio
import tempfile
import time
from itertools import accumulate
from pathlib import Path

from bot.sandbox.desk import DeskRefused
from bot.sandbox.script.acts import ACTS, Act
from bot.sandbox.script.processes import DidNotStart, house
from bot.sandbox.script.stage import Stage, Unexpected
from bot.sandbox.script.transcript import Transcript

INTRODUCTION = (
    "Processes on this machine, joined by real sockets: a Slack workspace, two clusters (evian3, fiji1)\n"
    "and the bot itself, unmodified. Clocks run ten times as fast: a time-out of 35 s is 3.5 s here, an\n"
    "answer that took 16 s takes 1.6 s. A card expires after 8 s instead of 15 min, and those who do not\n"
    "arrive are given up after 6 s instead of an hour. To save your time the scenes are played in {acts}\n"
    "groups side by side, each in a sandbox of its own, and told in order."
)


async def play() -> int:
    """Play everything; the exit code: 0 when all was as expected. Leaves no process and no file behind."""
    begun = time.monotonic()
    transcript = Transcript()
    transcript.title("Set Action in the sandbox")
    transcript.remark(INTRODUCTION.format(acts=len(ACTS)))
    firsts = accumulate((len(act) for act in ACTS), initial=1)
    told = [(Transcript(held=True), act, first) for act, first in zip(ACTS, firsts, strict=False)]
    acts = [asyncio.create_task(_play(*one)) for one in told]
    try:
        for (words, _, _), act in zip(told, acts, strict=True):
            words.release()
            if not await act:
                return 1
    finally:
        for act in acts:
            act.cancel()
        await asyncio.gather(*acts, return_exceptions=True)
    number, took = sum(map(len, ACTS)), time.monotonic() - begun
    transcript.verdict(f"All {number} scenes went as expected, in {took:.0f} s.", good=True)
    return 0


async def _play(transcript: Transcript, act: Act, first: int) -> bool:
    """One act; `first` is the number of its first scene. Whether all was as expected."""
    with tempfile.TemporaryDirectory(prefix="set-action-") as folder:
        log = Path(folder) / "bot.log"
        try:
            async with house(Path(folder)) as running:
                stage = Stage(running, transcript)
                for number, (name, scene) in enumerate(act, start=first):
                    transcript.scene(number, name)
                    await scene(stage)
        except (Unexpected, DidNotStart, DeskRefused, LookupError, ValueError, OSError) as exc:
            # A TimeoutError is an OSError; a LookupError or ValueError is a button or a row not found.
            transcript.verdict(f"Not as expected: {exc}", good=False)
            if log.exists():
                transcript.remark(
                    "The bot's last log lines:\n" + "\n".join(log.read_text().splitlines()[-15:])
                )
            return False
    return True
