"""The composition root: picks the parts, joins them, starts them and stops them in the right order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import aiohttp
import httpx
import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot import cluster as cluster_api
from bot.config import BearerToken, Cluster, Config, Resend
from bot.errors import ConfigurationError, Problem
from bot.listeners.buttons import Buttons
from bot.listeners.commands import Commands
from bot.listeners.door import Door
from bot.listeners.faults import Faults
from bot.loops import Loop, report
from bot.membership import UserGroups
from bot.outbox.courier import Courier
from bot.outbox.slack import Slack
from bot.outbox.whispers import Whispers
from bot.runner.checker import Checker
from bot.runner.lane import Lane
from bot.runner.sender import Runner
from bot.service.decisions import Decisions
from bot.service.own_jobs import OwnJobs
from bot.service.people import People
from bot.service.proposals import Proposals
from bot.socket_mode import SocketMode
from bot.turns import Bell, Turns
from bot.turns.embedded import EmbeddedTurns
from bot.turns.postgres import PostgresTurns
from bot.views.listing import Workspace
from store import schema
from store.database import Database

SLACK_TIMEOUT_S = 20.0  # of one call to Slack
DRAIN_S = 20.0  # in all, for what is under way when the bot is told to stop
EXPIRY = "expiry"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Home:
    """The workspace and the bot's own user, as `auth.test` tells."""

    team_id: str
    url: str
    bot_id: str
    bot_user_id: str


@asynccontextmanager
async def running(config: Config) -> AsyncIterator[None]:
    """The bot, serving. Raises ConfigurationError, AlreadyInUse, SchemaMismatch, StoreError on the way in."""
    async with AsyncExitStack() as stack:
        bell = Bell()
        db = Database(config.database_url, on_ring=bell.ring)
        stack.callback(db.close)
        turns = _turns(config, db, bell)
        await turns.open()
        stack.push_async_callback(turns.close)
        await upgrade(db)
        timeout = aiohttp.ClientTimeout(total=SLACK_TIMEOUT_S)
        slack_http = await stack.enter_async_context(aiohttp.ClientSession(timeout=timeout))
        cluster_http = await stack.enter_async_context(cluster_api.open_http())
        client = AsyncWebClient(
            token=config.slack.bot_token.get_secret_value(),
            base_url=config.slack.api_url,
            session=slack_http,
            retry_handlers=[],  # a message must not be repeated blindly; the outbox decides
        )
        home = await _introduce(client)
        parts = _join(config, turns, db, client, slack_http, cluster_http, home)
        tasks = parts.start()
        log.info("set_action.ready", team=home.team_id, clusters=len(config.clusters))
        try:
            yield
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


class Part(Protocol):
    """Something that runs by itself."""

    async def run(self) -> None: ...


class Stoppable(Part, Protocol):
    """Something that can be told to begin nothing new."""

    def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that runs by itself, in the order in which it is stopped."""

    socket: SocketMode
    door: Door
    expiry: Loop
    runners: list[Runner]
    checkers: list[Checker]
    courier: Courier
    whispers: Whispers

    def start(self) -> list[asyncio.Task[None]]:
        """Set everything going, receiving last."""
        everything: list[Part] = [self.expiry, *self.runners, *self.checkers, self.courier, self.socket]
        tasks = [asyncio.create_task(part.run(), name=type(part).__name__) for part in everything]
        for task in tasks:
            task.add_done_callback(report)
        return tasks

    async def stop(self, tasks: list[asyncio.Task[None]]) -> None:
        """Let what is under way end, in the order of the flow, and tell Slack what came of it."""
        log.info("set_action.stopping")
        await self.door.drain(DRAIN_S / 4)
        await self.socket.close()
        stopping: list[Stoppable] = [self.expiry, *self.runners, *self.checkers]
        for part in stopping:
            part.stop()
        await asyncio.gather(*(runner.drain(DRAIN_S / 2) for runner in self.runners))
        await self.courier.finish(DRAIN_S / 4)
        await self.whispers.drain(DRAIN_S / 4)
        _, late = await asyncio.wait(tasks, timeout=DRAIN_S / 4)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        log.info("set_action.stopped")


def _join(
    config: Config,
    turns: Turns,
    db: Database,
    client: AsyncWebClient,
    slack_http: aiohttp.ClientSession,
    cluster_http: httpx.AsyncClient,
    home: Home,
) -> Parts:
    names = {key: cluster.name for key, cluster in config.clusters.items()}
    people = People(config.policy, UserGroups(client, config.policy.names_groups))
    proposals = Proposals(db, people, config.catalogue, config.clusters, config.card_expires_s)
    decisions = Decisions(db, people)
    own_jobs = OwnJobs(db)
    whispers = Whispers(slack_http, config.slack.api_url)
    workspace = Workspace(home.url)
    app = _app(client, home)
    Commands(proposals, own_jobs, whispers, config.catalogue, names, config.id_pattern, workspace).register(
        app
    )
    Buttons(decisions, own_jobs, whispers, names, workspace).register(app)
    Faults(whispers).register(app)
    door = Door(app, whispers)
    lanes = [_lane(cluster, cluster_http) for cluster in config.clusters.values()]
    return Parts(
        socket=SocketMode(client, config.slack.app_token.get_secret_value(), slack_http, door.enter),
        door=door,
        expiry=Loop(turns, EXPIRY, decisions.expire_due),
        runners=[Runner(db, turns, lane) for lane in lanes],
        checkers=[Checker(db, turns, lane) for lane in lanes],
        courier=Courier(db, turns, Slack(client), whispers, names, home.bot_user_id),
        whispers=whispers,
    )


def _app(client: AsyncWebClient, home: Home) -> AsyncApp:
    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_user_id=home.bot_user_id,
            bot_id=home.bot_id,
            bot_token=client.token,
        )

    return AsyncApp(
        name="set-action",
        # The token goes in by `authorize`: Bolt's own way asks `auth.test` while the first user waits.
        client=AsyncWebClient(base_url=client.base_url, session=client.session, retry_handlers=[]),
        authorize=authorize,
        process_before_response=True,  # the acknowledgement goes out when the listener returns, unpolled
        request_verification_enabled=False,  # Socket Mode has no signatures
    )


def _lane(cluster: Cluster, http: httpx.AsyncClient) -> Lane:
    return Lane(
        key=cluster.key,
        base_url=cluster.base_url,
        client=cluster_api.ClusterClient(
            http=http,
            base_url=cluster.base_url,
            credential=_credential(cluster, http),
            timeout_s=cluster.timeout_s,
        ),
        chunk_size=cluster.chunk_size,
        concurrency=cluster.concurrency,
        settle_s=cluster.settle_s,
        every_s=cluster.arrival.every_s,
        give_up_after_s=cluster.arrival.give_up_after_s,
        resend_auto=cluster.resend_unknown is Resend.AUTO,
    )


def _credential(cluster: Cluster, http: httpx.AsyncClient) -> cluster_api.Credential:
    credential = cluster.credential
    if isinstance(credential, BearerToken):
        return cluster_api.StaticToken(credential.token)
    return cluster_api.ClientCredentials(
        http=http,
        token_url=credential.token_url,
        client_id=credential.client_id.get_secret_value(),
        client_secret=credential.client_secret,
    )


async def _introduce(client: AsyncWebClient) -> Home:
    """Ask Slack who we are, until it answers. Raises ConfigurationError when it refuses the token."""
    pause = 1.0
    while True:
        try:
            answer = await client.auth_test()
        except SlackApiError as exc:
            code = exc.response.get("error") if hasattr(exc.response, "get") else None
            if code in ("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"):
                what = f"Slack refuses this token ({code}). Copy the bot token again from the app's page."
                raise ConfigurationError([Problem("SLACK_BOT_TOKEN", what)]) from exc
            log.warning("set_action.slack_unreachable", error=code, again_in=pause)
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as exc:
            log.warning("set_action.slack_unreachable", error=type(exc).__name__, again_in=pause)
        else:
            return Home(answer["team_id"], answer["url"], answer.get("bot_id") or "", answer["user_id"])
        await asyncio.sleep(pause)
        pause = min(pause * 2, 30.0)
