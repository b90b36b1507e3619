"""The configuration file as people write it: one model a table, with every default and range.

Validated with a `Surroundings` as context. A field's description is what a person is told to write there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from bot.catalogue import Catalogue, closest, unknown_name
from bot.config.freezing import FreezeTable, never_ends
from bot.config.limits import BreakerTable, LimitsTable
from bot.config.model import Resend
from bot.config.secret_file import FromFile, SecretFile
from bot.config.small_tables import (
    ApplicationsTable,
    ArrivalTable,
    CardsTable,
    CustomersTable,
    PicturesTable,
    RetentionTable,
    ScheduleTable,
    Seconds,
    Table,
    TlsTable,
    WorkspacesTable,
)
from bot.config.values import ChannelId, Key, Name, Url, Who, WorkspaceId, secret
from bot.policy import EVERYTHING, Right

SETTLE_AFTER_TIMEOUT_S = 30
SETTLE_BY_TIMEOUT = 4 / 3


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a table is checked against: the environment, and the names it may refer to (None: not known)."""

    environ: Mapping[str, str]
    catalogue: Catalogue | None
    clusters: tuple[str, ...] | None


def _from_environment(value: object, info: ValidationInfo[Surroundings]) -> object:
    if not isinstance(value, str):
        return value  # left to pydantic, which says what is expected
    found = info.context.environ.get(value)
    if found is None:
        # The name is not repeated: somebody may have written the secret itself in its place.
        raise ValueError("the environment variable named here is not set; set it, or correct the name")
    try:
        return secret(found)
    except ValueError as exc:
        raise ValueError(f"the environment variable named here {exc}") from exc


def _known_action(value: str, info: ValidationInfo[Surroundings]) -> str:
    catalogue = info.context.catalogue
    if catalogue is None or value == EVERYTHING or value in catalogue.names:
        return value
    raise ValueError(unknown_name("action", value, catalogue.nearest(value), catalogue.names))


def _known_cluster(value: str, info: ValidationInfo[Surroundings]) -> str:
    keys = info.context.clusters
    if keys is None or value == EVERYTHING or value in keys:
        return value
    raise ValueError(unknown_name("cluster", value, closest(value, keys), keys))


FromEnvironment = Annotated[SecretStr, BeforeValidator(_from_environment)]
KnownAction = Annotated[str, AfterValidator(_known_action)]
KnownCluster = Annotated[str, AfterValidator(_known_cluster)]


class OAuthTable(Table):
    """`oauth`: a token endpoint and the environment variables with the credentials for it."""

    token_url: Url = Field(description='the token endpoint, like "https://sso.example/as/token.oauth2"')
    client_id: FromEnvironment = Field(alias="client_id_env", description="the variable with the client id")
    client_secret: FromEnvironment | None = Field(default=None, alias="client_secret_env")
    client_secret_file: FromFile | None = Field(default=None, validate_default=True)

    @field_validator("client_secret_file")
    @classmethod
    def _one_secret(cls, file: SecretFile | None, info: ValidationInfo[Surroundings]) -> SecretFile | None:
        if "client_secret" in info.data and (info.data["client_secret"] is None) == (file is None):
            raise ValueError("give either client_secret_env or client_secret_file, one of the two")
        return file


class ClusterTable(Table):
    """`[clusters.<key>]`."""

    name: Name | None = None
    base_url: Url = Field(description='the address of the cluster, like "https://cluster.example"')
    token: FromEnvironment | None = Field(default=None, alias="token_env")
    token_file: FromFile | None = None
    oauth: OAuthTable | None = Field(default=None, validate_default=True)
    timeout_s: Seconds = Field(default=35, le=3600)
    settle_s: Seconds | None = Field(default=None, le=86_400)
    resend_unknown: Annotated[Resend, Field(strict=False)] = Resend.ASK
    chunk_size: int = Field(default=150, ge=1, le=1000)
    concurrency: int = Field(default=4, ge=1, le=64)
    max_customers: int = Field(default=50_000, ge=1, le=1_000_000)
    preview_s: float = Field(default=5, ge=0, le=60)
    protected: bool = False
    approvals: int | None = Field(default=None, ge=1, le=2)
    freeze: list[FreezeTable] = Field(default=[])
    arrival: ArrivalTable = ArrivalTable()
    announce_channel: ChannelId | None = None
    limits: LimitsTable = LimitsTable()
    breaker: BreakerTable = BreakerTable()

    @field_validator("oauth")
    @classmethod
    def _one_credential(
        cls, oauth: OAuthTable | None, info: ValidationInfo[Surroundings]
    ) -> OAuthTable | None:
        known = info.data.keys() >= {"token", "token_file"}
        if known and [info.data["token"], info.data["token_file"], oauth].count(None) != 2:
            raise ValueError("give just one of token_env, token_file and oauth: one credential")
        return oauth

    @field_validator("approvals")
    @classmethod
    def _of_protected(cls, approvals: int | None, info: ValidationInfo[Surroundings]) -> int | None:
        if approvals and info.data.get("protected") is False:
            raise ValueError("is for a protected cluster; add protected = true")
        return approvals

    @field_validator("freeze")
    @classmethod
    def _ends(cls, freeze: list[FreezeTable]) -> list[FreezeTable]:
        if never_ends(freeze):
            raise ValueError("leaves no time at which anything could start; shorten one of the windows")
        return freeze

    @field_validator("settle_s")
    @classmethod
    def _after_timeout(cls, settle_s: float | None, info: ValidationInfo[Surroundings]) -> float | None:
        timeout_s = info.data.get("timeout_s")
        if settle_s is not None and timeout_s is not None and settle_s < timeout_s * SETTLE_BY_TIMEOUT:
            raise ValueError(
                f"must be at least {timeout_s * SETTLE_BY_TIMEOUT:.4g}, four thirds of timeout_s "
                f"({timeout_s:g}): a request may begin up to a quarter of settle_s late, and take that long"
            )
        return settle_s


class RuleTable(Table):
    """One `[[policy]]`."""

    who: list[Who] = Field(min_length=1, description='user ids, user group ids, or ["*"] for everybody')
    may: list[Annotated[Right, Field(strict=False)]] = Field(
        min_length=1, description="some of request, approve, audit, admin"
    )
    actions: list[KnownAction] = Field(min_length=1, description='names of actions, or ["*"] for all')
    clusters: list[KnownCluster] = Field(min_length=1, description='keys of clusters, or ["*"] for all')
    workspaces: list[WorkspaceId | Literal["*"]] = Field(default=["*"], min_length=1)


class ActionTable(Table):
    """`[actions.<name>]`."""

    code: int = Field(ge=1, le=999, description="the number the cluster answers for this state, like 3")
    aliases: list[Name] = Field(default=[])
    after: list[str] = Field(default=[])


class ApprovalsTable(Table):
    """`[approvals]`: how long they are waited for, when to remind, and actions that need them everywhere."""

    expire_after_s: Seconds = Field(default=4 * 3600, le=30 * 86_400)
    remind_after_s: list[Seconds] = Field(default=[1800, 7200], max_length=5)
    actions: dict[KnownAction, Annotated[int, Field(ge=1, le=2)]] = Field(default={})

    @field_validator("remind_after_s")
    @classmethod
    def _ascending(cls, after: list[float]) -> list[float]:
        if after != sorted(set(after)):
            raise ValueError("must be seconds since it was asked for, each more than the one before")
        return after


class ActionTables(Table, extra="ignore"):
    """Only the actions of the file, which the rest is checked against."""

    actions: dict[Name, ActionTable] = Field(default={})


class File(Table):
    """The whole file."""

    clusters: dict[Key, ClusterTable] = Field(
        min_length=1, description="at least one table like [clusters.evian3] with base_url and token_env"
    )
    policy: list[RuleTable] = Field(
        min_length=1, description="at least one [[policy]] table; nobody may do anything that no rule allows"
    )
    actions: object = None  # checked before, as ActionTables
    customers: CustomersTable = CustomersTable()
    cards: CardsTable = CardsTable()
    approvals: ApprovalsTable = ApprovalsTable()
    schedule: ScheduleTable = ScheduleTable()
    pictures: PicturesTable = PicturesTable()
    applications: ApplicationsTable = ApplicationsTable()
    workspaces: WorkspacesTable = WorkspacesTable()
    limits: LimitsTable = LimitsTable()
    retention: RetentionTable = RetentionTable()
    tls: TlsTable = TlsTable()
