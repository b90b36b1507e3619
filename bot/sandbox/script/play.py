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
    "Processes on this machine, joined by real sockets: a Slack workspace, four clusters (evian3, fiji1,\n"
    "davos2, geneva5) and the bot itself, unmodified. Clocks run ten times as fast: a time-out of 35 s is\n"
    "3.5 s here, an answer that took 16 s takes 1.6 s. A card expires after 8 s instead of 15 min, and\n"
    "those who do not arrive are given up after 6 s instead of an hour. To save your time the scenes\n"
    "are played in {acts} groups side by side, each in a sandbox of its own, and told in order."
)


async def play() -> int:
    """Play everything; the exit code: 0 when all was as expected. Leaves no process and no file behind."""
    begun = time.monotonic()
    transcript = Transcript()
    transcript.title("Set Action in the sandbox")
    transcript.remark(INTRODUCTION.format(acts=len(ACTS)))
    firsts = accumulate((len(act) for act in ACTS), initial=1)
    told = [(Transcript(held=True), act, first) for act, first in zip(ACTS, firsts, strict=False)]
    # The others start when the first one's processes are up: on a fresh machine these compile every module,
    # and all of them doing so at once would only hold each other up.
    up = asyncio.Event()
    acts = [asyncio.create_task(_play(*one, up)) for one in told]
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


async def _play(transcript: Transcript, act: Act, first: int, up: asyncio.Event) -> bool:
    """One act; `first` is the number of its first scene. Whether all was as expected."""
    if first > 1:
        await up.wait()
    with tempfile.TemporaryDirectory(prefix="set-action-") as folder:
        log = Path(folder) / "bot.log"
        try:
            async with house(Path(folder)) as running:
                up.set()
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
