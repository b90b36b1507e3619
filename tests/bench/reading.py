"""Clicks while a file of a million ids is read. By hand: `python -m tests.bench.reading`, or `--ids 50000`.

The bot is a process of its own, on the sandbox. Cards that are ready are confirmed, and help is asked for, at
a steady rate; first with nothing else to do, then from the submission of a form with the file to its card.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from itertools import count
from pathlib import Path

from bot.sandbox.cluster.desk import ClusterDesk
from bot.sandbox.cluster.host import ClusterHost
from bot.sandbox.desk import Desk, Form, Message
from bot.sandbox.workspace.people import ASTER, BRAM, OPS, RANDOM
from bot.sandbox.workspace.server import serve_workspace
from tests.bench.figures import percentile
from tests.forms import chosen, opened, sheet
from tests.process import bot_process
from tests.stage import TOKEN, Stage, can_be_confirmed, words

IDS = 1_000_000  # of eight digits: Slack takes files of ten megabytes in a form
CARDS = 60
EVERY_S = 0.1
WITHIN_S = 120.0
LIMITS = f"""
max_customers = {IDS}
[limits]
cards_per_minute = 10_000
jobs_open = 10_000
customers_per_hour = 10_000_000
[clusters.evian3.limits]
cards_per_minute = 10_000
jobs_open = 10_000
customers_per_hour = 10_000_000
"""


async def main(number: int) -> None:
    """Print both."""
    with tempfile.TemporaryDirectory() as folder:
        async with (
            serve_workspace() as access,
            ClusterHost(clusters=("evian3", "fiji1"), token=TOKEN, customers=CARDS) as host,
            Desk(access.address, access.desk_token) as desk,
            ClusterDesk(host.address, "evian3") as evian3,
        ):
            stage = Stage(desk, evian3, access, host, Path(folder))
            stage.settings |= {"preview_s": 0, "timeout_s": 35, "settle_s": 65, "more": LIMITS}
            async with bot_process(stage):
                cards = iter(await _cards(stage))
                print(f"with nothing else to do: {await _pressed(stage, cards, _after(3.0))}", flush=True)
                await desk.invite_bot(RANDOM)  # whose messages wait for no others
                form = await opened(stage, channel=RANDOM)
                ids = (f"{one:08x}" for one in range(number))
                form = await desk.fill(form, chosen(files=[sheet("customer_id", *ids)]))
                reading = asyncio.create_task(_read(stage, form, number))
                pressed = await _pressed(stage, cards, _until(reading))
                print(f"while {number:,} ids are read, {reading.result():.1f} s: {pressed}", flush=True)


async def _read(stage: Stage, form: Form, number: int) -> float:
    """Submit it, and wait for its card; how long that took."""
    began = asyncio.get_running_loop().time()
    await stage.desk.submit(form)
    wanted = f"{number:,} customers"
    await stage.desk.until_message(RANDOM, ASTER, lambda m: wanted in words(m), timeout_s=WITHIN_S)
    return asyncio.get_running_loop().time() - began


async def _cards(stage: Stage) -> list[Message]:
    """Cards that wait for their click."""
    for cid in await stage.cids(CARDS):
        await stage.desk.command(ASTER, OPS, f"/set-action T-Enable evian3 {cid}")
    wanted: list[Message] = []
    while len(wanted) < CARDS:
        await asyncio.sleep(1)
        wanted = [card for card in await stage.desk.messages(OPS, ASTER) if can_be_confirmed(card)]
    return wanted


async def _pressed(stage: Stage, cards: Iterator[Message], enough: Callable[[], Awaitable[bool]]) -> str:
    """Press and ask at that rate, whoever waits for whom, until it is enough."""
    clicks, helps, tasks = list[float](), list[float](), set[asyncio.Task[None]]()

    async def once(number: int) -> None:
        card = next(cards, None) if number % 2 else None
        if card:
            clicks.append((await stage.desk.click(ASTER, card, "confirm")).elapsed)
        else:
            helps.append((await stage.desk.command(BRAM, OPS, "/set-action help")).elapsed)

    for number in count():
        if await enough():
            break
        tasks.add(asyncio.create_task(once(number)))
        await asyncio.sleep(EVERY_S)
    await asyncio.gather(*tasks)
    return ", ".join(
        f"{len(taken)} {name}: p50 {percentile(taken, 50):.1f} ms, p99 {percentile(taken, 99):.1f} ms"
        for name, taken in (("clicks", clicks), ("asked for help", helps))
        if taken
    )


def _after(seconds: float) -> Callable[[], Awaitable[bool]]:
    end = asyncio.get_running_loop().time() + seconds

    async def over() -> bool:
        return asyncio.get_running_loop().time() >= end

    return over


def _until(task: asyncio.Task[float]) -> Callable[[], Awaitable[bool]]:
    async def over() -> bool:
        return task.done()

    return over


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--ids", type=int, default=IDS)
    asyncio.run(main(parser.parse_args().ids))
