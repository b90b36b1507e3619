"""The configuration as the rest of the bot gets it: checked, complete, read-only, secrets wrapped."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from bot.catalogue import Catalogue
from bot.config.limits import OF_A_CLUSTER, OF_A_PERSON, OF_THE_BREAKER, BreakerTable, Limits
from bot.freezes import Window
from bot.policy import Policy


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """What lets workspaces install the bot by OAuth: the app's own credentials, and who may.

    `keys` seal the tokens in the database; the first seals, all open.
    """

    client_id: str
    client_secret: SecretStr
    keys: tuple[SecretStr, ...]
    may_install: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackAccess:
    """The workspace's tokens, and the address of its Web API (ends in `/`).

    Socket Mode needs the app token; HTTP mode, where it is to `listen` (host, port), the signing secret.
    The bot token is empty where many workspaces install the bot by `oauth`.
    """

    bot_token: SecretStr
    app_token: SecretStr | None
    signing_secret: SecretStr | None
    api_url: str
    listen: tuple[str, int] | None = None
    oauth: OAuthApp | None = None


@dataclass(frozen=True, slots=True)
class BearerToken:
    """A long-lived token of a cluster; one from a file is read there again when the cluster refuses it."""

    token: SecretStr
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """What an OAuth 2 token endpoint takes for a token; a secret from a file is read for each fetch."""

    token_url: str
    client_id: SecretStr
    client_secret: SecretStr
    secret_file: Path | None = None


class Resend(StrEnum):
    """Who decides that customers with an unknown outcome are sent again."""

    ASK = "ask"
    AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Whether, how often and how long (seconds) the cluster is asked if customers have arrived."""

    watch: bool = True
    every_s: float = 30
    give_up_after_s: float = 3600


@dataclass(frozen=True, slots=True)
class Approvals:
    """How long (seconds) they are waited for, when to remind, and how many single actions need anywhere."""

    expire_after_s: float = 4 * 3600
    remind_after_s: tuple[float, ...] = ()
    by_action: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Schedule:
    """How far ahead (seconds) a job may be planned, and how late it may still start by itself."""

    furthest_s: float = 30 * 86_400
    late_s: float = 900


@dataclass(frozen=True, slots=True)
class Retention:
    """Days for which jobs, cards that became none, and untold messages are kept; 0: for ever."""

    jobs_days: int = 0
    cards_days: int = 0
    messages_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One cluster: `key` is its name in the file, `name` the one people read, `base_url` without a last `/`.

    `preview_s` is how long a card waits for the cluster's state to be read; 0: it is not read.
    So many `approvals` by others are needed before anything starts, and nothing does in one of the `freezes`.
    `chunk_size` is customers a POST, `concurrency` POSTs in flight, `max_customers` customers a job.
    `announce_channel` is the id of a channel that gets one line for each job at its end.
    """

    key: str
    name: str
    base_url: str
    credential: BearerToken | ClientCredentials
    timeout_s: float
    settle_s: float
    resend_unknown: Resend
    chunk_size: int
    concurrency: int
    max_customers: int
    preview_s: float
    arrival: Arrival
    announce_channel: str | None
    limits: Limits = OF_A_CLUSTER
    breaker: BreakerTable = OF_THE_BREAKER
    approvals: int = 0
    freezes: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything configurable. `clusters` is by key, in the file's order; ids match `id_pattern` fully.

    Jobs of at least `pictures_from` customers get a picture; 0: there are no pictures.
    `applications_cache_s`: how long what a cluster said of the applications of a job's customers is shown.
    `database_direct_url` reaches the same database without a pooling proxy in between.
    """

    slack: SlackAccess
    database_url: str
    database_direct_url: str
    status: (
        tuple[str, int] | None
    )  # where `/healthz`, `/readyz` and `/metrics` are answered, besides HTTP mode
    clusters: Mapping[str, Cluster]
    catalogue: Catalogue
    policy: Policy
    id_pattern: re.Pattern[str]
    card_expires_s: float
    open_cards_per_user: int
    pictures_from: int
    applications_cache_s: float
    limits: Limits = OF_A_PERSON
    approvals: Approvals = Approvals()
    schedule: Schedule = Schedule()
    retention: Retention = Retention()
    ca_file: Path | None = None  # authorities trusted beside the public ones, for clusters

    @property
    def secrets(self) -> Iterator[str]:
        """Every secret there is, so that the logs can cut them out. Handle with care."""
        found = [self.slack.bot_token, self.slack.app_token, self.slack.signing_secret]
        if self.slack.oauth:
            found += [self.slack.oauth.client_secret, *self.slack.oauth.keys]
        for cluster in self.clusters.values():
            if isinstance(cluster.credential, BearerToken):
                found.append(cluster.credential.token)
            else:
                found += [cluster.credential.client_id, cluster.credential.client_secret]
        passwords = (urlsplit(url).password for url in (self.database_url, self.database_direct_url))
        found += [SecretStr(unquote(password)) for password in passwords if password]
        return (secret.get_secret_value() for secret in found if secret)
