"""One process of the bot as the composition root joins it, but without Slack."""

import asyncio
import math
from dataclasses import dataclass, field
from functools import partial

from pydantic import SecretStr

from bot.catalogue import DEFAULT_ACTIONS, Catalogue
from bot.config import Approvals, Arrival, BearerToken, Cluster, Resend, Schedule
from bot.loops import Loop
from bot.policy import Account, Policy, Right, Rule
from bot.runner.checker import Checker
from bot.runner.lane import Lane
from bot.runner.sender import Runner
from bot.runner.watcher import Watcher
from bot.service.again import Again
from bot.service.decisions import Decisions, expire_due
from bot.service.gate import Gate as JobGate
from bot.service.people import People
from bot.service.proposals import Bounds, Proposals
from bot.service.starts import Starts, start_due
from bot.service.stopping import Stopping
from bot.service.unknowns import Unknowns
from bot.service.waits import Waits
from bot.service.watching import Watching
from bot.turns import Bell, Lease
from bot.turns.embedded import EmbeddedTurns
from store import schedules
from store.model import Operator
from tests.interleavings.cluster import SETTLE_S, TIMEOUT_S, Client, Record
from tests.interleavings.stepping import Gate, Gates, SteppedDatabase

KEY = "evian3"
CARD_EXPIRES_S = 40.0
GROUP = "S0OPS"


@dataclass
class Members:
    """Who is in the one group that may ask, at this moment."""

    of: set[str] = field(default_factory=set)

    async def groups_of(self, operator: Operator) -> frozenset[str]:
        return frozenset({GROUP}) if operator.user_id in self.of else frozenset()

    async def account_of(self, operator: Operator) -> Account:
        return Account.MEMBER

    async def zone_of(self, operator: Operator) -> str | None:
        return "UTC"

    async def closed(self, channel: str) -> str | None:
        return None


class OneTurn(EmbeddedTurns):
    """The turn of a process that may lose it to another, as between replicas."""

    held = True

    async def take(self, name: str) -> bool:
        return self.held

    def lease(self) -> Lease:
        return lambda: math.inf if self.held else 0.0


def configured(*, chunk_size: int, concurrency: int, resend: Resend, watch: bool) -> Cluster:
    """The cluster as the file would say it."""
    return Cluster(
        key=KEY,
        name="Evian 3",
        base_url="https://cluster.example",
        credential=BearerToken(SecretStr("unused")),
        timeout_s=TIMEOUT_S,
        settle_s=SETTLE_S,
        resend_unknown=resend,
        chunk_size=chunk_size,
        concurrency=concurrency,
        max_customers=6,
        preview_s=0,
        arrival=Arrival(watch=watch, every_s=2, give_up_after_s=60),
        announce_channel=None,
    )


class Process:
    """Runs from the moment it is made, as far as its gate lets it."""

    def __init__(self, gates: Gates, url: str, cluster: Cluster, record: Record, members: Members) -> None:
        bell = Bell()
        self.tasks: list[asyncio.Task[None]] = []  # kept here, since a loop keeps no task alive
        self.gate = Gate(gates)
        self.turns = OneTurn(url, bell)
        self.db = SteppedDatabase(url, self.gate, gates.loop, bell.ring)
        rule = Rule(who=(GROUP,), may=(Right.REQUEST,), actions=("*",), clusters=("*",))
        policy = Policy((rule,))
        people = People(policy, members, members)
        clusters = {cluster.key: cluster}
        gate = JobGate(policy, clusters, Approvals())
        waits = Waits(self.db, members, gate, 3600.0)
        self.proposals = Proposals(
            self.db, people, Catalogue(DEFAULT_ACTIONS), clusters, waits, members, Bounds(CARD_EXPIRES_S)
        )
        self.again = Again(self.db, self.proposals, Catalogue(DEFAULT_ACTIONS), clusters)
        self.decisions = Decisions(self.db, people, clusters, gate)
        starts = Starts(self.db, people, gate, Schedule(late_s=math.inf))

        async def starts_of(_: Operator) -> Starts:
            return starts

        self.unknowns = Unknowns(self.db, people, clusters, starts)
        self.watching = Watching(self.db, clusters)
        self.stopping = Stopping(self.db, people, clusters)
        lane = Lane(
            key=cluster.key,
            base_url=cluster.base_url,
            client=Client(record, self.gate),
            chunk_size=cluster.chunk_size,
            concurrency=cluster.concurrency,
            settle_s=cluster.settle_s,
            preview_s=cluster.preview_s,
            every_s=cluster.arrival.every_s,
            give_up_after_s=cluster.arrival.give_up_after_s,
            watch=cluster.arrival.watch,
            resend_auto=cluster.resend_unknown is Resend.AUTO,
        )
        for work in (
            Runner(self.db, self.turns, lane).run(),
            Checker(self.db, self.turns, lane).run(),
            Watcher(self.db, self.turns, lane, Catalogue(DEFAULT_ACTIONS).later()).run(),
            Loop(self.turns, "expiry", partial(expire_due, self.db, CARD_EXPIRES_S)).run(),
            Loop(self.turns, schedules.TOPIC, partial(start_due, self.db, starts_of)).run(),
        ):
            self.tasks.append(gates.loop.create_task(work))
