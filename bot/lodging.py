"""Part of the composition root: what the bot has in one workspace, all of it with that workspace's token."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import aiohttp
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient

from bot import lanes as lanes_of
from bot.channels import Channels
from bot.config import Config, SlackAccess
from bot.errors import ConfigurationError, Problem
from bot.introduction import Home
from bot.listeners.door import Door
from bot.loops import UnderWay
from bot.membership import UserGroups
from bot.metrics import Metrics
from bot.outbox.painter import Painter
from bot.outbox.voice import Voice
from bot.outbox.whispers import Whispers
from bot.profiles import Profiles
from bot.reception import Answering, reception
from bot.rosters import Rosters
from bot.runner.lane import Lane
from bot.seal import Seal
from bot.service.people import People
from bot.slack_addresses import SlackAddresses
from bot.slack_files import SlackFiles
from bot.speech import path_of, voice
from bot.turns import Turns
from bot.use_cases import UseCases, Whereabouts, use_cases
from bot.views.listing import Workspace
from bot.windows import Windows
from store.database import Database
from store.model import Operator


@dataclass(frozen=True, slots=True)
class Means:
    """What everything works with, in every workspace. `client` has no token where there are many."""

    config: Config
    db: Database
    turns: Turns
    lanes: Sequence[Lane]
    client: AsyncWebClient
    slack_http: aiohttp.ClientSession
    metrics: Metrics
    addresses: SlackAddresses
    whispers: Whispers
    painter: Painter
    seal: Seal

    def client_with(self, token: str) -> AsyncWebClient:
        """A client of Slack's for one workspace."""
        return _slack_client(self.config, self.slack_http, token)


@dataclass(frozen=True, slots=True)
class Lodging:
    """What the bot has in one workspace."""

    voice: Voice
    door: Door
    cases: UseCases
    windows: Windows
    under_way: UnderWay

    async def drain(self, within_s: float) -> None:
        """Let what was taken end."""
        await asyncio.gather(self.door.drain(within_s), self.under_way.drain(within_s))


class Lodgings(Protocol):
    """Knows the lodging in each workspace."""

    async def of(self, enterprise_id: str, team_id: str) -> Lodging | None:
        """None where the bot is not installed (any more). Raises StoreError."""
        ...

    def every(self) -> Sequence[Lodging]:
        """All there are now, to be let end."""
        ...


class OnlyOne:
    """One workspace, whose token is configured: whatever comes is of that one."""

    def __init__(self, lodging: Lodging) -> None:
        self._lodging = lodging

    async def of(self, enterprise_id: str, team_id: str) -> Lodging | None:
        """The one."""
        return self._lodging

    def every(self) -> Sequence[Lodging]:
        """The one."""
        return [self._lodging]


class VoicesOf:
    """The voices of lodgings, for those who tell."""

    def __init__(self, lodgings: Lodgings) -> None:
        self._lodgings = lodgings

    async def of(self, enterprise_id: str, team_id: str) -> Voice | None:
        """None where the bot is not installed (any more). Raises StoreError."""
        found = await self._lodgings.of(enterprise_id, team_id)
        return found.voice if found else None


def cases_in(lodgings: Lodgings) -> Callable[[Operator], Awaitable[UseCases | None]]:
    """The use cases of a person's workspace."""

    async def of(operator: Operator) -> UseCases | None:
        found = await lodgings.of(operator.enterprise_id, operator.team_id)
        return found.cases if found else None

    return of


def hurry(lodgings: Lodgings) -> None:
    """Let everything that came be answered at once."""
    for one in lodgings.every():
        one.door.hurry()


def lodging(means: Means, client: AsyncWebClient, home: Home) -> Lodging:
    """Everything for one workspace; only the policy's rules for it hold there."""
    db, addresses, whispers = means.db, means.addresses, means.whispers
    config = replace(means.config, policy=means.config.policy.within(home.team_id, home.enterprise_id))
    names = {key: cluster.name for key, cluster in config.clusters.items()}
    profiles = Profiles(client, home.team_id, home.enterprise_id)
    groups = UserGroups(client, config.policy.names_groups)
    people = People(config.policy, groups, profiles)
    windows = Windows(client, means.seal)
    under_way = UnderWay()
    files = SlackFiles(client, means.slack_http, addresses)
    clients = {lane.key: lane.client for lane in means.lanes if lane.client}
    whereabouts = Whereabouts(profiles, Rosters(client, groups), Channels(client))
    states = lanes_of.PresentStates(means.lanes)
    cases = use_cases(config, db, people, files, whereabouts, clients, states)
    answering = Answering(whispers, windows, names, Workspace(home.url), under_way, path_of(config.catalogue))
    door = reception(config, client, home, cases, answering, means.seal)
    door.observe = means.metrics.answered
    told = voice(config, db, client, whispers, means.painter, home)
    return Lodging(told, door, cases, windows, under_way)


def means_of(
    config: Config,
    db: Database,
    turns: Turns,
    lanes: Sequence[Lane],
    slack_http: aiohttp.ClientSession,
    metrics: Metrics,
) -> Means:
    """What everything works with. Raises ConfigurationError."""
    addresses = SlackAddresses(config.slack.api_url)
    return Means(
        config=config,
        db=db,
        turns=turns,
        lanes=lanes,
        client=_slack_client(config, slack_http, config.slack.bot_token.get_secret_value()),
        slack_http=slack_http,
        metrics=metrics,
        addresses=addresses,
        whispers=Whispers(slack_http, addresses),
        painter=Painter(),
        seal=_seal_of(config.slack),
    )


def required(secret: SecretStr | None, variable: str, needed_by: str) -> SecretStr:
    """The secret. Raises ConfigurationError where it is not configured."""
    if secret is None:
        raise ConfigurationError([Problem(variable, f"is missing; {needed_by} needs it")])
    return secret


def _seal_of(slack: SlackAccess) -> Seal:
    """A workspace's token seals its forms; where there are many, the app's own secret does."""
    if slack.oauth:
        return Seal(required(slack.signing_secret, "SLACK_SIGNING_SECRET", "HTTP mode"))
    return Seal(slack.bot_token)


def _slack_client(config: Config, http: aiohttp.ClientSession, token: str) -> AsyncWebClient:
    """The one way Slack's Web API is called."""
    return AsyncWebClient(
        token=token or None,
        base_url=config.slack.api_url,
        session=http,
        retry_handlers=[],  # a message must not be repeated blindly; the outbox decides
    )
