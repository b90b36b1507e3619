"""Conversations as fast as they go: from the click to its acknowledgement, to the cluster, to the thread."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

import aiohttp

from tests.bench import payloads
from tests.bench.contestants import TOKEN, Contestant
from tests.bench.wire import Wire

QUIET_S = 0.3  # without any call: nothing is left to be said
WITHIN_S = 60.0
_channels = count(1)


@dataclass
class Taken:
    """Seconds, by what was waited for; and what the whole run used."""

    times: dict[str, list[float]] = field(default_factory=dict)
    jobs: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    calls: int = 0
    connections: dict[str, int] = field(default_factory=dict)

    def note(self, what: str, seconds: float) -> None:
        """One more of its kind."""
        self.times.setdefault(what, []).append(seconds)


async def run(
    one: Contestant,
    jobs: int,
    in_flight: int,
    size: int = 10,
    talk: "Talk | None" = None,
    clusters: Sequence[str] = ("bench",),
) -> Taken:
    """So many jobs, so many at a time; what was used includes everything said until it was quiet."""
    talk = talk or TALKS.get(one.kind, conversation)
    taken, wire, numbers = Taken(jobs=jobs), one.wire, iter(range(jobs))
    calls, cpu = wire.calls.total(), one.cpu()
    connections = {side: len(peers) for side, peers in wire.peers.items()}
    began = time.perf_counter()

    async def worker(number: int) -> None:
        user, channel = f"U{number:04d}", f"C{next(_channels):06d}"
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
            for _ in numbers:
                cluster = clusters[number % len(clusters)]
                await talk(one, Seat(user, channel, size, browser, cluster), taken.note)

    async with asyncio.timeout(WITHIN_S + jobs):
        await asyncio.gather(*(worker(number) for number in range(in_flight)))
    taken.seconds = time.perf_counter() - began
    await quiet(wire)
    taken.cpu, taken.calls = one.cpu() - cpu, wire.calls.total() - calls
    taken.connections = {side: len(peers) - connections[side] for side, peers in wire.peers.items()}
    return taken


@dataclass(frozen=True, slots=True)
class Seat:
    """A person at work."""

    user: str
    channel: str
    size: int
    browser: aiohttp.ClientSession
    cluster: str = "bench"


Note = Callable[[str, float], None]


async def conversation(one: Contestant, seat: Seat, note: Note) -> None:
    """Ask, wait for the card, press; in flight until the card is brought up to date, as (c) does at last."""
    wire, ids = one.wire, payloads.cids(seat.size)
    card = wire.expect(("card", seat.channel))
    note("ask", await wire.deliver(payloads.asked(seat.user, seat.channel, ids, seat.cluster)))
    _, shown = await card
    sent, told = wire.expect(("cluster", ids[0])), wire.expect(("thread", shown["ts"]))
    updated = wire.expect(("update", shown["ts"]))
    began = time.perf_counter()
    acknowledged = asyncio.create_task(wire.deliver(payloads.click(seat.user, shown)))
    note("cluster", (await sent)[0] - began)
    note("thread", (await told)[0] - began)
    note("click", await acknowledged)
    await updated


async def acknowledgement(one: Contestant, seat: Seat, note: Note) -> None:
    """Press and be acknowledged, and ask for help, which stores nothing."""
    note("click", await one.wire.deliver(payloads.click(seat.user, payloads.loose_card(seat.channel))))
    note("help", await one.wire.deliver(payloads.command(seat.user, seat.channel, "help")))


async def form(one: Contestant, seat: Seat, note: Note) -> None:
    """The dashboard: press the button and wait for the page."""
    if not len(seat.browser.cookie_jar):
        async with seat.browser.post(f"{one.address}/login", json={"user": seat.user}) as answer:
            await answer.read()
    asked = {"cluster": one.wire.address, "action": "T-Enable", "token": TOKEN}
    began = time.perf_counter()
    async with seat.browser.post(
        f"{one.address}/set-action", json={**asked, "cids": payloads.cids(seat.size)}
    ) as answer:
        await answer.read()
        assert answer.status == 200, await answer.text()
    note("page", time.perf_counter() - began)


async def help_only(one: Contestant, seat: Seat, note: Note) -> None:
    """What stores nothing."""
    note("help", await one.wire.deliver(payloads.command(seat.user, seat.channel, "help")))


Talk = Callable[[Contestant, Seat, Note], Awaitable[None]]
TALKS: dict[str, Talk] = {
    "stock": acknowledgement,
    "quick": acknowledgement,
    "dashboard": form,
}


async def quiet(wire: Wire, within_s: float = WITHIN_S) -> None:
    """Return once nothing has been called for a moment."""
    until = time.perf_counter() + within_s
    seen = -1
    while seen != wire.calls.total() and time.perf_counter() < until:
        seen = wire.calls.total()
        await asyncio.sleep(QUIET_S)


async def until(done: Callable[[], bool], within_s: float) -> None:
    """Return once it is so. Raises TimeoutError after `within_s`: no figure is told of what is not done."""
    for _ in range(round(within_s / 0.01)):
        if done():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError
