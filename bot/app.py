"""The composition root: picks the parts, joins them, starts them and stops them in the right order."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp
import structlog

from bot import cluster as cluster_api
from bot import lanes as lanes_of
from bot.config import Config
from bot.joining import Joined, joined
from bot.lodging import Lodgings, Means, VoicesOf, cases_in, hurry, means_of, required
from bot.loops import Loop, report
from bot.metrics import Metrics
from bot.outbox import last_look
from bot.outbox.courier import Courier
from bot.outbox.homes import Homes
from bot.outbox.whispers import Whispers
from bot.parts import Beside, Drainable, Entrance, Part, Stoppable
from bot.runner.readers import Reader, readers
from bot.runner.sender import Runner
from bot.socket_mode import SocketMode
from bot.speech import speech
from bot.turns import Bell, Turns
from bot.turns.embedded import EmbeddedTurns
from bot.use_cases import by_themselves
from store import audit, jobs
from store.database import Database
from store.upgrading import upgrade

SLACK_TIMEOUT_S = 20.0  # of one call to Slack
# In all, for what is under way when the bot is told to stop. With the seconds in which a balancer takes
# it out (HTTP mode) it is less than the 30 after which Kubernetes kills.
DRAIN_S = 25.0

log = structlog.get_logger()


@asynccontextmanager
async def running(config: Config, metrics: Metrics | None = None) -> AsyncIterator[list[asyncio.Task[None]]]:
    """The bot, serving; its parts, none of which ends before the block does unless it is broken.

    `metrics` are those the log is counted in already.

    Raises ConfigurationError, AlreadyInUse, StoreError on the way in.
    """
    async with AsyncExitStack() as stack:
        bell = Bell()
        db = Database(config.database_url, on_ring=bell.ring)
        stack.callback(db.close)
        turns = _turns(config, db, bell)
        await turns.open()
        stack.push_async_callback(turns.close)
        await upgrade(db, config.database_url)
        timeout = aiohttp.ClientTimeout(total=SLACK_TIMEOUT_S)
        slack_http = await stack.enter_async_context(
            aiohttp.ClientSession(timeout=timeout, trace_configs=[last_look.tracing()])
        )
        cluster_http = await stack.enter_async_context(cluster_api.open_http(config.ca_file))
        departed = set(await db.read(jobs.clusters_with_work)) - set(config.clusters)
        lanes = [
            lanes_of.lane(cluster, cluster_http, config.pictures_from) for cluster in config.clusters.values()
        ]
        lanes += [lanes_of.departed(key) for key in sorted(departed)]
        means = means_of(config, db, turns, lanes, slack_http, metrics or Metrics())
        here = await joined(means)
        parts = _join(means, here)
        if config.status:
            # A bot that tells nothing over HTTP starts without a server for it.
            from bot.http_server import HttpServer

            status = _status(means, lambda: parts.entrance.connected)
            stack.push_async_callback(HttpServer(status.routes(), config.status, "--status").stop)
        await parts.entrance.open()
        tasks = parts.start()
        seq, digest = await db.read(audit.head)
        # Outside the database: `audit verify --expect-head` shows whether an end was cut off since.
        log.info("set_action.audit_head", head=f"{seq}:{digest.hex()}")
        log.info("set_action.ready", team=here.shown, clusters=len(config.clusters))
        try:
            yield tasks
        finally:
            await parts.stop(tasks)


def _turns(config: Config, db: Database, bell: Bell) -> Turns:
    if db.embedded:
        return EmbeddedTurns(config.database_url, bell)
    # With it comes the driver, which an embedded bot starts without.
    from bot.turns.postgres import PostgresTurns

    return PostgresTurns(config.database_direct_url, bell)


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that runs by itself, in the order in which it is stopped."""

    entrance: Entrance
    lodgings: Lodgings
    loops: list[Loop]
    runners: list[Runner]
    readers: list[Reader]
    courier: Courier
    homes: Homes
    whispers: Whispers

    def start(self) -> list[asyncio.Task[None]]:
        """Set everything going, receiving last."""
        everything: list[Part] = [
            *self.loops, *self.runners, *self.readers, self.courier, self.homes, self.entrance,
        ]  # fmt: skip
        tasks = [asyncio.create_task(part.run(), name=type(part).__name__) for part in everything]
        for task in tasks:
            task.add_done_callback(report)
        return tasks

    async def stop(self, tasks: list[asyncio.Task[None]]) -> None:
        """Let what is under way end, in the order of the flow, and tell Slack what came of it."""
        log.info("set_action.stopping")
        await self.entrance.close(DRAIN_S / 10)
        lodgings = self.lodgings.every()
        stopping: list[Stoppable] = [*self.loops, self.homes, *self.readers, *self.runners]
        for part in stopping:
            part.stop()
        # What was acknowledged as taking longer is not lost either.
        under_way: list[Drainable] = [*self.loops, *lodgings, *self.runners]
        await asyncio.gather(*(part.drain(DRAIN_S * 4 / 10) for part in under_way))
        await self.courier.finish(DRAIN_S * 2 / 10)
        late_words: list[Drainable] = [self.whispers, self.homes, *(one.windows for one in lodgings)]
        await asyncio.gather(*(part.drain(DRAIN_S / 10) for part in late_words))
        _, late = await asyncio.wait(tasks, timeout=DRAIN_S / 10)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        log.info("set_action.stopped")


def _join(means: Means, here: Joined) -> Parts:
    config, db, turns, lanes = means.config, means.db, means.turns, means.lanes
    told = speech(db, turns, VoicesOf(here.lodgings))
    later = config.catalogue.later()
    entrance: Entrance

    def hurried() -> None:
        hurry(here.lodgings)

    if config.slack.listen:
        # With its server, which Socket Mode starts without.
        from bot.http_mode import HttpMode

        secret = required(config.slack.signing_secret, "SLACK_SIGNING_SECRET", "HTTP mode")
        beside = (_status(means, lambda: entrance.connected), *here.beside)
        entrance = HttpMode(config.slack.listen, secret, db, here.enter, hurried, beside)
    else:
        app_token = required(config.slack.app_token, "SLACK_APP_TOKEN", "Socket Mode")
        token = app_token.get_secret_value()
        entrance = SocketMode(means.client, token, means.slack_http, here.enter, hurried)
    return Parts(
        entrance=entrance,
        lodgings=here.lodgings,
        loops=[*by_themselves(config, db, turns, cases_in(here.lodgings)), *here.loops],
        runners=[Runner(db, turns, lane) for lane in lanes],
        readers=[reader for lane in lanes for reader in readers(db, turns, lane, later)],
        courier=told.courier,
        homes=told.homes,
        whispers=means.whispers,
    )


def _status(means: Means, connected: Callable[[], bool]) -> Beside:
    # It answers in the server's terms, so it comes with the server.
    from bot.status import Status

    return Status(means.db, means.turns, means.metrics, connected)
