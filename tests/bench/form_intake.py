"""From the form to a filled card, and the bot's memory. By hand: `python -m tests.bench.form_intake`.

The bot is a process of its own; its memory is its own peak, since its start, before the next list.
"""

import asyncio
import re
import tempfile
import time
from asyncio.subprocess import Process
from pathlib import Path

import yaml

from bot.sandbox.cluster.desk import ClusterDesk
from bot.sandbox.cluster.host import ClusterHost
from bot.sandbox.desk import Desk, Form, Message
from bot.sandbox.workspace.people import ASTER, OPS
from bot.sandbox.workspace.server import serve_workspace
from tests.forms import chosen, opened, sheet
from tests.process import bot_process
from tests.stage import TOKEN, Stage, words

MANIFEST = Path(__file__).parents[2] / "manifest.yml"
SIZES = (126, 27_682, 50_000, 50_001)
RUNS = 3
WITHIN_S = 60


async def main() -> None:
    """A fresh bot for each size, and so many lists one after the other."""
    scopes = frozenset(yaml.safe_load(MANIFEST.read_text())["oauth_config"]["scopes"]["bot"])
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            async with (
                serve_workspace(scopes=scopes) as access,
                ClusterHost(clusters=("evian3", "fiji1"), token=TOKEN, customers=max(SIZES)) as host,
                Desk(access.address, access.desk_token) as desk,
                ClusterDesk(host.address, "evian3") as evian3,
            ):
                stage = Stage(desk, evian3, access, host, Path(folder))
                stage.settings |= {"preview_s": 5, "timeout_s": 35, "settle_s": 65}
                async with bot_process(stage) as bot:
                    print(f"{size:,} customers; at rest {_peak(bot)} MB", flush=True)
                    cids = await stage.cids(size)
                    for _ in range(RUNS):
                        print(f"  {await _submitted(stage, cids)}, peak {_peak(bot)} MB", flush=True)


async def _submitted(stage: Stage, cids: list[str]) -> str:
    form = await opened(stage)
    before = {message.ts for message in await stage.desk.messages(OPS, ASTER)}
    # The person's upload is no part of it: the file is with Slack before the form is submitted.
    form = await stage.desk.fill(form, chosen(files=[sheet("customer_id", *cids)]))
    begun = time.perf_counter()
    submission = await stage.desk.submit(form)
    answered = time.perf_counter() - begun
    if submission.form is not None and submission.form.errors:
        return _refused(submission.form, answered)

    def filled(message: Message) -> bool:
        return message.ts not in before and "will be sent" in words(message)

    await stage.desk.until_message(OPS, ASTER, filled, timeout_s=WITHIN_S)
    return f"answered in {answered:.2f} s, card filled in {time.perf_counter() - begun:.2f} s"


def _refused(form: Form, answered: float) -> str:
    return f"refused in {answered:.2f} s: {' '.join(form.errors.values())}"


def _peak(bot: Process) -> int:
    status = Path(f"/proc/{bot.pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+)", status)
    return int(found[1]) // 1024 if found else 0


if __name__ == "__main__":
    asyncio.run(main())
