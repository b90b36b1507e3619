"""The configuration file as people write it: one model a table, with every default and range.

Validated with a `Surroundings` as context. A field's description is what a person is told to write there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from bot.catalogue import Catalogue, closest, unknown_name
from bot.config.model import Resend
from bot.config.values import ChannelId, IdPattern, Key, Name, Url, Who, secret
from bot.customer_ids import DEFAULT_ID_PATTERN
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
Seconds = Annotated[float, Field(gt=0)]
NumberOrFalse = Annotated[int, Field(ge=0), BeforeValidator(lambda value: 0 if value is False else value)]


class Table(BaseModel):
    """A table of the file: no unknown keys, no conversions such as "35" to 35."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class OAuthTable(Table):
    """`oauth`: a token endpoint and the environment variables with the credentials for it."""

    token_url: Url = Field(description='the token endpoint, like "https://sso.example/as/token.oauth2"')
    client_id: FromEnvironment = Field(alias="client_id_env", description="the variable with the client id")
    client_secret: FromEnvironment = Field(
        alias="client_secret_env", description="the variable with the client secret"
    )


class ArrivalTable(Table):
    """`arrival`: how the cluster is watched until customers have arrived."""

    watch: bool = True
    every_s: Seconds = Field(default=30, le=86_400)
    give_up_after_s: Seconds = Field(default=3600, le=30 * 86_400)


class ClusterTable(Table):
    """`[clusters.<key>]`."""

    name: Name | None = None
    base_url: Url = Field(description='the address of the cluster, like "https://cluster.example"')
    token: FromEnvironment | None = Field(default=None, alias="token_env")
    oauth: OAuthTable | None = Field(default=None, validate_default=True)
    timeout_s: Seconds = Field(default=35, le=3600)
    settle_s: Seconds | None = Field(default=None, le=86_400)
    resend_unknown: Annotated[Resend, Field(strict=False)] = Resend.ASK
    chunk_size: int = Field(default=150, ge=1, le=1000)
    concurrency: int = Field(default=4, ge=1, le=64)
    max_customers: int = Field(default=50_000, ge=1, le=1_000_000)
    preview_s: float = Field(default=5, ge=0, le=60)
    protected: bool = False
    arrival: ArrivalTable = ArrivalTable()
    announce_channel: ChannelId | None = None

    @field_validator("oauth")
    @classmethod
    def _one_credential(
        cls, oauth: OAuthTable | None, info: ValidationInfo[Surroundings]
    ) -> OAuthTable | None:
        if "token" in info.data and (info.data["token"] is None) == (oauth is None):
            raise ValueError(
                "give either token_env or oauth, one of the two; the cluster takes one credential"
            )
        return oauth

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


class ActionTable(Table):
    """`[actions.<name>]`."""

    code: int = Field(ge=1, le=999, description="the number the cluster answers for this state, like 3")
    aliases: list[Name] = []
    after: list[str] = []


class CustomersTable(Table):
    """`[customers]`."""

    id_pattern: IdPattern = DEFAULT_ID_PATTERN


class CardsTable(Table):
    """`[cards]`."""

    expire_after_s: Seconds = Field(default=900, le=30 * 86_400)
    open_per_user: int = Field(default=10, ge=1, le=1_000)


class PicturesTable(Table):
    """`[pictures]`."""

    from_customers: NumberOrFalse = 50


class ApplicationsTable(Table):
    """`[applications]`."""

    cache_s: float = Field(default=1_800, ge=0, le=86_400)


class ActionTables(Table, extra="ignore"):
    """Only the actions of the file, which the rest is checked against."""

    actions: dict[Name, ActionTable] = {}


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
    pictures: PicturesTable = PicturesTable()
    applications: ApplicationsTable = ApplicationsTable()
