"""How much one person, or everybody on one cluster, may have under way: generous, but finite."""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field


@dataclass(frozen=True, slots=True)
class Limits:
    """Jobs that have not ended, customers asked for within an hour, cards made within a minute."""

    jobs_open: int
    customers_per_hour: int
    cards_per_minute: int


OF_A_PERSON = Limits(jobs_open=50, customers_per_hour=250_000, cards_per_minute=30)
OF_A_CLUSTER = Limits(jobs_open=200, customers_per_hour=1_000_000, cards_per_minute=120)


class BreakerTable(BaseModel):
    """`breaker` of a cluster: failures in a row until it is left alone (0: never), and for how long."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, defer_build=True)

    failures: int = Field(default=6, ge=0, le=1_000)
    pause_s: float = Field(default=60, gt=0, le=86_400)
    longest_s: float = Field(default=1_800, gt=0, le=86_400)


OF_THE_BREAKER = BreakerTable()


class LimitsTable(BaseModel):
    """`[limits]` for each person, and `limits` of a cluster for everybody there together."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    jobs_open: int | None = Field(default=None, ge=1, le=100_000)
    customers_per_hour: int | None = Field(default=None, ge=1, le=100_000_000)
    cards_per_minute: int | None = Field(default=None, ge=1, le=10_000)

    def over(self, default: Limits) -> Limits:
        """These, and where nothing was written the default."""
        return Limits(
            self.jobs_open or default.jobs_open,
            self.customers_per_hour or default.customers_per_hour,
            self.cards_per_minute or default.cards_per_minute,
        )
