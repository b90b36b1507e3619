"""Plays the scenes one after the other and says how it went."""

import tempfile
import time
from pathlib import Path

from bot.sandbox.desk import DeskRefused
from bot.sandbox.script.processes import DidNotStart, house
from bot.sandbox.script.scenes import SCENES, Unexpected
from bot.sandbox.script.stage import Stage
from bot.sandbox.script.transcript import Transcript

INTRODUCTION = (
    "Three processes on this machine, joined by real sockets: a Slack workspace, four\n"
    "clusters (evian3, fiji1, davos2, geneva5) and the bot itself, unmodified. Clocks run ten times as\n"
    "fast: a time-out of 35 s is 3.5 s here, an answer that took 16 s takes 1.6 s. A card expires after 8 s\n"
    "instead of 15 min."
)


async def play() -> int:
    """Play everything; the exit code: 0 when all was as expected. Leaves no process and no file behind."""
    transcript = Transcript()
    transcript.title("Set Action in the sandbox")
    transcript.remark(INTRODUCTION)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="set-action-") as folder:
        log = Path(folder) / "bot.log"
        try:
            async with house(Path(folder)) as running:
                stage = Stage(running, transcript)
                for number, (name, scene) in enumerate(SCENES, start=1):
                    transcript.scene(number, name)
                    await scene(stage)
        except (Unexpected, DidNotStart, DeskRefused, LookupError, ValueError, OSError) as exc:
            # A TimeoutError is an OSError; a LookupError or ValueError is a button or a row not found.
            transcript.verdict(f"Not as expected: {exc}", good=False)
            if log.exists():
                transcript.remark(
                    "The bot's last log lines:\n" + "\n".join(log.read_text().splitlines()[-15:])
                )
            return 1
    took = time.monotonic() - begun
    transcript.verdict(f"All {len(SCENES)} scenes went as expected, in {took:.0f} s.", good=True)
    return 0
