"""The composition root: picks the parts, joins them, starts them and stops them in the right order."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp
import structlog
from aiohttp import web
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient

from bot import cluster as cluster_api
from bot import lanes as lanes_of
from bot.channels import Channels
from bot.config import Config
from bot.errors import ConfigurationError, Problem
from bot.http_mode import HttpMode
from bot.introduction import Home, introduced
from bot.listeners.door import Door
from bot.loops import Loop, UnderWay, report
from bot.membership import UserGroups
from bot.metrics import Metrics
from bot.outbox import last_look
from bot.outbox.courier import Courier
from bot.outbox.homes import Homes
from bot.outbox.whispers import Whispers
from bot.parts import Entrance, Part, Stoppable
from bot.profiles import Profiles
from bot.reception import Answering, reception
from bot.rosters import Rosters
from bot.runner.lane import Lane
from bot.runner.readers import Reader, readers
from bot.runner.sender import Runner
from bot.seal import Seal
from bot.service.people import People
from bot.slack_addresses import SlackAddresses
from bot.slack_files import SlackFiles
from bot.socket_mode import SocketMode
from bot.speech import path_of, speech
from bot.status import Status, listening
from bot.turns import Bell, Turns
from bot.turns.embedded import EmbeddedTurns
from bot.turns.postgres import PostgresTurns
from bot.use_cases import Whereabouts, by_themselves, use_cases
from bot.views.listing import Workspace
from bot.windows import Windows
from store import audit, jobs, schema
from store.database import Database

SLACK_TIMEOUT_S = 20.0  # of one call to Slack
DRAIN_S = 25.0  # in all, for what is under way when the bot is told to stop: Kubernetes kills after 30

log = structlog.get_logger()


@asynccontextmanager
async def running(config: Config, metrics: Metrics | None = None) -> AsyncIterator[list[asyncio.Task[None]]]:
    """The bot, serving; its parts, none of which ends before the block does unless it is broken.

    `metrics` are those the log is counted in already.

    Raises ConfigurationError, AlreadyInUse, SchemaMismatch, StoreError on the way in.
    """
    async with AsyncExitStack() as stack:
        bell = Bell()
        db = Database(config.database_url, on_ring=bell.ring)
        stack.callback(db.close)
        turns = _turns(config, db, bell)
        await turns.open()
        stack.push_async_callback(turns.close)
        await upgrade(db)
        timeout = aiohttp.ClientTimeout(total=SLACK_TIMEOUT_S)
        slack_http = await stack.enter_async_context(
            aiohttp.ClientSession(timeout=timeout, trace_configs=[last_look.tracing()])
        )
        cluster_http = await stack.enter_async_context(cluster_api.open_http())
        client = AsyncWebClient(
            token=config.slack.bot_token.get_secret_value(),
            base_url=config.slack.api_url,
            session=slack_http,
            retry_handlers=[],  # a message must not be repeated blindly; the outbox decides
        )
        home = await introduced(client, None if config.slack.listen else _app_token(config))
        departed = set(await db.read(jobs.clusters_with_work)) - set(config.clusters)
        lanes = [
            lanes_of.lane(cluster, cluster_http, config.pictures_from) for cluster in config.clusters.values()
        ]
        lanes += [lanes_of.departed(key) for key in sorted(departed)]
        means = Means(db, turns, client, slack_http, metrics or Metrics())
        parts = _join(config, means, lanes, home)
        if config.status:
            alone = web.Application()
            parts.status.add_to(alone)
            stack.push_async_callback((await listening(alone, config.status, "--status")).cleanup)
        await parts.entrance.open()
        tasks = parts.start()
        seq, digest = await db.read(audit.head)
        # Outside the database: `audit verify --expect-head` shows whether an end was cut off since.
        log.info("set_action.audit_head", head=f"{seq}:{digest.hex()}")
        log.info("set_action.ready", team=home.team_id, clusters=len(config.clusters))
        try:
            yield tasks
        finally:
            await parts.stop(tasks)


def _turns(config: Config, db: Database, bell: Bell) -> Turns:
    if db.embedded:
        return EmbeddedTurns(config.database_url, bell)
    return PostgresTurns(config.database_direct_url, bell)


async def upgrade(db: Database) -> None:
    """Bring the schema up to date. Raises SchemaMismatch, StoreError."""
    if await db.read(schema.is_current):
        return
    # Alembic takes a while to import, and only a new version needs it.
    from store import migrate

    await db.write(migrate.upgrade)


@dataclass(frozen=True, slots=True)
class Means:
    """What the parts work with."""

    db: Database
    turns: Turns
    client: AsyncWebClient
    slack_http: aiohttp.ClientSession
    metrics: Metrics


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that runs by itself, in the order in which it is stopped."""

    status: Status
    entrance: Entrance
    door: Door
    loops: list[Loop]
    runners: list[Runner]
    readers: list[Reader]
    courier: Courier
    homes: Homes
    whispers: Whispers
    windows: Windows
    under_way: UnderWay

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
        await asyncio.gather(self.door.drain(DRAIN_S / 10), self.under_way.drain(DRAIN_S / 10))
        stopping: list[Stoppable] = [*self.loops, self.homes, *self.readers, *self.runners]
        for part in stopping:
            part.stop()
        await asyncio.gather(*(runner.drain(DRAIN_S * 4 / 10) for runner in self.runners))
        await self.courier.finish(DRAIN_S * 2 / 10)
        late_words = (self.whispers, self.windows, self.homes)
        await asyncio.gather(*(part.drain(DRAIN_S / 10) for part in late_words))
        _, late = await asyncio.wait(tasks, timeout=DRAIN_S / 10)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        log.info("set_action.stopped")


def _join(config: Config, means: Means, lanes: Sequence[Lane], home: Home) -> Parts:
    db, turns, client, slack_http = means.db, means.turns, means.client, means.slack_http
    names = {key: cluster.name for key, cluster in config.clusters.items()}
    profiles = Profiles(client, home.team_id, home.enterprise_id)
    groups = UserGroups(client, config.policy.names_groups)
    people = People(config.policy, groups, profiles)
    addresses = SlackAddresses(config.slack.api_url)
    whispers = Whispers(slack_http, addresses)
    seal = Seal(config.slack.bot_token)
    windows = Windows(client, seal)
    under_way = UnderWay()
    told = speech(config, db, turns, client, whispers, home)
    files = SlackFiles(client, slack_http, addresses)
    clients = {lane.key: lane.client for lane in lanes if lane.client}
    whereabouts = Whereabouts(profiles, Rosters(client, groups), Channels(client))
    cases = use_cases(config, db, people, files, whereabouts, clients, lanes_of.PresentStates(lanes))
    answering = Answering(whispers, windows, names, Workspace(home.url), under_way, path_of(config.catalogue))
    later = config.catalogue.later()
    door = reception(config, client, home, cases, answering, seal)
    door.observe = means.metrics.answered
    status = Status(db, means.metrics, lambda: entrance.connected)
    entrance: Entrance = (
        HttpMode(config.slack.listen, _signing_secret(config), db, door.enter, status)
        if config.slack.listen
        else SocketMode(client, _app_token(config), slack_http, door.enter)
    )
    return Parts(
        status=status,
        entrance=entrance,
        door=door,
        loops=by_themselves(turns, cases),
        runners=[Runner(db, turns, lane) for lane in lanes],
        readers=[reader for lane in lanes for reader in readers(db, turns, lane, later)],
        courier=told.courier,
        homes=told.homes,
        whispers=whispers,
        windows=windows,
        under_way=under_way,
    )


def _app_token(config: Config) -> str:
    if config.slack.app_token is None:
        raise ConfigurationError([Problem("SLACK_APP_TOKEN", "is missing; Socket Mode needs it")])
    return config.slack.app_token.get_secret_value()


def _signing_secret(config: Config) -> SecretStr:
    if config.slack.signing_secret is None:
        raise ConfigurationError([Problem("SLACK_SIGNING_SECRET", "is missing; HTTP mode needs it")])
    return config.slack.signing_secret
