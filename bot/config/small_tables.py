"""The small tables of the configuration file: a few settings each, all with defaults; and what a table is."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from bot.config.authority_file import AuthorityFile
from bot.config.values import IdPattern, WorkspaceId
from bot.customer_ids import DEFAULT_ID_PATTERN

Seconds = Annotated[float, Field(gt=0)]
NumberOrFalse = Annotated[int, Field(ge=0), BeforeValidator(lambda value: 0 if value is False else value)]

SHORTEST_DAYS = 31


class Table(BaseModel):
    """A table of the file: no unknown keys, no conversions such as "35" to 35."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, defer_build=True)


class ArrivalTable(Table):
    """`arrival`: how the cluster is watched until customers have arrived."""

    watch: bool = True
    every_s: Seconds = Field(default=30, le=86_400)
    give_up_after_s: Seconds = Field(default=3600, le=30 * 86_400)


class CustomersTable(Table):
    """`[customers]`."""

    id_pattern: IdPattern = DEFAULT_ID_PATTERN


class WorkspacesTable(Table):
    """`[workspaces]`: those that may install the bot, where it is installed by OAuth."""

    may_install: list[WorkspaceId] = Field(default=[])


class CardsTable(Table):
    """`[cards]`."""

    expire_after_s: Seconds = Field(default=900, le=30 * 86_400)
    open_per_user: int = Field(default=10, ge=1, le=1_000)


class ScheduleTable(Table):
    """`[schedule]`: how far ahead a job may be planned, and how late it may still start by itself."""

    furthest_s: Seconds = Field(default=30 * 86_400, le=366 * 86_400)
    late_s: Seconds = Field(default=900, le=86_400)


class PicturesTable(Table):
    """`[pictures]`."""

    from_customers: NumberOrFalse = 50


class ApplicationsTable(Table):
    """`[applications]`."""

    cache_s: float = Field(default=1_800, ge=0, le=86_400)


class TlsTable(Table):
    """`[tls]`: whom the bot trusts, beside the public authorities, to say that a cluster is who it is."""

    ca_file: AuthorityFile | None = None


class RetentionTable(Table):
    """`[retention]`: days after which what has ended goes; 0: it stays for ever. (The audit log: archive.)"""

    jobs_days: int = Field(default=0, ge=0, le=36_500)
    cards_days: int = Field(default=0, ge=0, le=36_500)
    messages_days: int = Field(default=0, ge=0, le=36_500)

    @field_validator("jobs_days")
    @classmethod
    def _for_pictures(cls, days: int) -> int:
        if 0 < days < SHORTEST_DAYS:
            raise ValueError(f"must be 0 or at least {SHORTEST_DAYS}: people's homes show the last 30 days")
        return days
