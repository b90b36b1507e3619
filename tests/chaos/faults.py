"""What goes wrong, at random moments: kills, freezes, a bad cluster, a bad Slack, a bad database."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import psycopg

from bot.sandbox.cluster import Call, ClusterDesk, Mood, moods
from bot.sandbox.desk import Desk
from tests.chaos.bots import Replica

POST_MOODS: tuple[Mood, ...] = (
    moods.slow(0.3), moods.slow(0.6), moods.slow(1.5), moods.created(), moods.starting(),
    moods.rate_limited("1"), moods.silent(), moods.silent(acts=False), moods.reset(), moods.reset(acts=False),
    moods.closed(acts=True), moods.closed(acts=False), moods.bad_gateway(acts=True), moods.bad_gateway(),
    moods.server_error(acts=True), moods.truncated(), moods.trickling(0.03), moods.empty(), moods.json_list(),
    moods.success_as_string(), moods.request_timeout(acts=True), moods.redirect(), moods.forbidden(),
    moods.wrong_token(), moods.closed_unread(),
)  # fmt: skip
GET_MOODS: tuple[Mood, ...] = (
    moods.server_error(), moods.silent(), moods.truncated(), moods.slow(0.4), moods.reset(),
    moods.bad_gateway(),
)  # fmt: skip
METHODS = (
    "chat.postMessage",
    "chat.update",
    "conversations.replies",
    "conversations.history",
    "response_url",
)
CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < 0.5"
)


@dataclass
class Faults:
    """Breaks things until told to stop, then leaves everything whole. `broke` counts what was done."""

    replicas: Sequence[Replica]
    desk: Desk
    clusters: Sequence[ClusterDesk]
    database: str | None  # of PostgreSQL
    chance: random.Random
    kill_every_s: float
    only_slow: bool = False  # of the cluster's moods: for the negative control
    broke: dict[str, int] = field(default_factory=dict)

    async def kills(self, number: int) -> None:
        """kill -9 so many bots that serve, at random moments, and now and then one that is just starting."""
        while sum(replica.kills_serving for replica in self.replicas) < number:
            replica = self.chance.choice(self.replicas)
            if self.chance.random() < 0.85:  # the others may meet it while it starts
                await replica.until_serving()
            await asyncio.sleep(self.chance.uniform(0.1, 2) * self.kill_every_s)
            replica.kill()

    async def others(self, done: asyncio.Event) -> None:
        """Everything else, until `done`."""
        choices: list[tuple[float, Callable[[], Awaitable[None]]]] = [
            (10, self._cluster), (2, self._reading), (4, self._slack), (1, self._sockets), (1, self._freeze),
        ]  # fmt: skip
        if self.database:
            choices.append((1.5, self._cut))
        if self.only_slow:
            for cluster in self.clusters:
                await cluster.set_mood(moods.slow(0.5))
            choices = choices[:0]
        while not done.is_set():
            if choices:
                [(_, fault)] = self.chance.choices(choices, [weight for weight, _ in choices])
                await fault()
                self.broke[fault.__name__.strip("_")] = self.broke.get(fault.__name__.strip("_"), 0) + 1
            await asyncio.sleep(self.chance.uniform(0.05, 0.8))
        await self.desk.forget_faults()
        for cluster in self.clusters:
            await cluster.set_mood(moods.normal())
            await cluster.set_mood(moods.normal(), on=Call.GET)
            await cluster.arrive_after(0.05)

    async def _cluster(self) -> None:
        cluster = self.chance.choice(self.clusters)
        await cluster.arrive_after(self.chance.choice((0.0, 0.05, 0.8)))
        await cluster.next_mood(self.chance.choice(POST_MOODS), times=self.chance.choice((1, 1, 2)))

    async def _reading(self) -> None:
        await self.chance.choice(self.clusters).next_mood(self.chance.choice(GET_MOODS), on=Call.GET)

    async def _slack(self) -> None:
        method = self.chance.choice(METHODS)
        match self.chance.randrange(4):
            case 0:
                await self.desk.fail(method, retry_after=1)
            case 1:
                await self.desk.fail(method, status=500)
            case 2:
                await self.desk.fail(method, error="internal_error")
            case _:
                await self.desk.fail(method, lose_answer=True)

    async def _sockets(self) -> None:
        refused = self.chance.choice((0, 0, 1))
        match self.chance.randrange(4):
            case 0:
                await self.desk.disconnect_sockets("refresh_requested", refuse_handshakes=refused)
            case 1:
                await self.desk.disconnect_sockets("warning", refuse_handshakes=refused)
            case _:
                await self.desk.disconnect_sockets(None, refuse_handshakes=refused)

    async def _freeze(self) -> None:
        replica = self.chance.choice(self.replicas)
        replica.freeze()
        await asyncio.sleep(self.chance.choice((0.3, 1.0, 3.0, 6.0)))
        replica.thaw()

    async def _cut(self) -> None:
        async with await psycopg.AsyncConnection.connect(self.database or "", autocommit=True) as conn:
            await conn.execute(CUT)
