"""The parts beside the rounds of clicks: a burst, the start, the bot at rest, bytes stored, a large job."""

import asyncio
import math
import time
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection

from store import outbox, previews, proposing
from store.database import Database
from store.model import Operator, Preview
from store.outbox_model import Note
from store.proposal_model import Proposal
from tests.bench import clicks, contestants, payloads
from tests.bench.contestants import Contestant
from tests.bench.figures import percentile
from tests.bench.wire import JSON, TEAM, Wire

Found = Mapping[str, float]
BURST = 500
WITHIN_S = 120.0
SET_ACTION = "/tms/v1/set/action"
AT_REST_S = 65.0  # longer than an embedded bot goes without looking around
CHUNK, IN_FLIGHT = 150, 8


async def burst(folder: Path) -> Found:
    """500 clicks at once, each on a card of its own."""
    async with contestants.bot(folder) as bot:
        await clicks.run(bot, 8, 8)
        cards = await _cards(bot, BURST)
        began = time.perf_counter()
        sent = (bot.wire.deliver(payloads.click(user, card)) for user, card in cards)
        times = [
            took for took in await asyncio.gather(*sent, return_exceptions=True) if isinstance(took, float)
        ]
        await clicks.until(lambda: bot.wire.calls[SET_ACTION] >= BURST + 8, WITHIN_S)
        taken = time.perf_counter() - began
        return {
            "clicks": BURST,
            "acknowledged within 3 s": sum(time < 3 for time in times),
            "p50 ms": percentile(times, 50),
            "slowest ms": percentile(times, 100),
            "s until the last is sent": round(taken, 2),
            "jobs at the cluster": bot.wire.calls[SET_ACTION] - 8,
        }


async def _cards(bot: Contestant, number: int) -> list[tuple[str, JSON]]:
    found: list[tuple[str, JSON]] = []

    async def ask(place: int) -> None:
        for again in range(place, number, 8):
            user, channel = f"U{again % 50:04d}", f"CB{again:05d}"
            card = bot.wire.expect(("card", channel))
            await bot.wire.deliver(payloads.asked(user, channel, payloads.cids(10)))
            found.append((user, (await card)[1]))

    await asyncio.gather(*(ask(place) for place in range(8)))
    await clicks.quiet(bot.wire)
    return found


async def start(folder: Path) -> Found:
    """From the command to being able to take clicks; then a bot with nothing to do, and after 800 jobs.

    Memory is that of a first start, on a database that is new.
    """
    times = []
    for _ in range(5):
        async with contestants.bot(folder, module="bot") as bot:
            times.append(bot.ready_s)
            cpu = bot.cpu()
    async with contestants.bot(folder, module="bot") as bot:
        await asyncio.sleep(1)
        before, began = bot.cpu(), time.perf_counter()
        await asyncio.sleep(AT_REST_S)
        at_rest = (bot.cpu() - before) / (time.perf_counter() - began)
    new = folder / "new"
    new.mkdir()
    async with contestants.bot(new) as bot:
        memory = bot.memory()
        await clicks.run(bot, 800, 8)
        return {
            "start to ready s": round(percentile(times, 50) / 1000, 2),
            "CPU of a start s": round(cpu, 2),
            "memory idle MB": round(memory, 1),
            "memory after 800 jobs MB": round(bot.memory(), 1),
            "CPU idle %": round(at_rest * 100, 2),
        }


async def stored(folder: Path, number: int = 200) -> Found:
    """Bytes a job: the file's growth, everything of a job included."""
    found = {}
    for size in (10, 150):
        for name in ("bot", "dashboard"):
            inside = folder / f"{name}{size}"
            inside.mkdir()
            make = contestants.bot if name == "bot" else partial(contestants.floor, "dashboard")
            async with make(inside):
                pass  # an empty database, written out
            before = _bytes(inside / f"{name}.sqlite3")
            async with make(inside) as one:
                await clicks.run(one, number, 4, size)
            found[f"{name}, {size} customers"] = (_bytes(inside / f"{name}.sqlite3") - before) / number
    return found


def _bytes(file: Path) -> int:
    return sum(part.stat().st_size for part in file.parent.glob(f"{file.name}*"))


async def large(folder: Path, customers: int = 27_682, call_s: float = 0.05) -> Found:
    """One job, `call_s` a call, eight in flight: against what that makes by arithmetic."""
    async with contestants.bot(folder) as bot:
        bot.wire.cluster_s = call_s
        idle = bot.memory()
        card = bot.wire.expect(("card", "CLARGE"))
        with closing(Database(f"sqlite:///{folder / 'bot.sqlite3'}")) as db:
            await db.write(_proposed, bot.wire, customers)
        async with asyncio.timeout(600):
            _, shown = await card
        calls = math.ceil(customers / CHUNK)
        began = time.perf_counter()
        await bot.wire.deliver(payloads.click("U0001", shown))
        await clicks.until(lambda: bot.wire.calls[SET_ACTION] >= calls, WITHIN_S + customers / 100)
        took = time.perf_counter() - began + call_s
        ideal = math.ceil(calls / IN_FLIGHT) * call_s
        await clicks.quiet(bot.wire)
        return {
            "customers": customers,
            "seconds": round(took, 2),
            "ideal": round(ideal, 2),
            "times the ideal": round(took / ideal, 3),
            "memory beyond idle MB": round(bot.memory("VmHWM") - idle, 1),
        }


def _proposed(conn: Connection, wire: Wire, customers: int) -> None:
    """A card for so many customers, as if they had come by a file."""
    proposal = Proposal(
        uuid=uuid4(),
        request_key=uuid4().hex,
        operator=Operator("", TEAM, "U0001"),
        channel_id="CLARGE",
        action_code=3,
        action_name="T-Enable",
        cluster="bench",
        base_url=wire.address,
        cids=tuple(payloads.cids(customers)),
        duplicates=0,
        reason="bench",
        expires_after_s=900,
        preview=Preview.OFF,
    )
    job = proposing.propose(conn, proposal)
    assert job
    outbox.add(conn, job.id, Note.CARD)
    previews.begin(conn, job)
