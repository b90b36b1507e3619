"""`[[clusters.<key>.freeze]]`: a window in which nothing may start there, as people write it."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from bot.freezes import Dated, Weekly, Window, frozen

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST_REASON = 200
CLOCK = 'a time like "18:00", for a window on `days`, or a date and time like "2026-12-20T00:00"'
SOME_MONDAY = datetime(2026, 1, 5).astimezone(ZoneInfo("UTC"))


def _day(value: str) -> str:
    if value not in DAYS:
        raise ValueError("is not a day; write some of mon, tue, wed, thu, fri, sat, sun")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise ValueError('is not a known time zone; write one like "Europe/Berlin" or "UTC"') from exc
    return value


def _moment(value: object) -> object:
    """A time of day or a moment. TOML's own dates and times are taken as well."""
    if isinstance(value, datetime | time):
        return value
    if value == "24:00":
        return time(0)
    try:
        if isinstance(value, str) and len(value) <= len("18:00:00"):
            return time.fromisoformat(value)
        if isinstance(value, str) and ":" in value:
            return datetime.fromisoformat(value)
    except ValueError:
        pass  # said below
    raise ValueError(f"cannot be read; write {CLOCK}")


def _reason(value: str) -> str:
    said = " ".join(value.split())
    if not said or len(said) > LONGEST_REASON or not said.isprintable():
        raise ValueError(f"must say in up to {LONGEST_REASON} characters why, for whoever has to wait")
    return said


class FreezeTable(BaseModel):
    """One window: weekly with `days`, or once with two dates."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    days: list[Annotated[str, AfterValidator(_day)]] | None = Field(default=None, min_length=1)
    timezone: Annotated[str, AfterValidator(_zone)] = Field(
        description='the time zone of its times, like "Europe/Berlin"'
    )
    begins: Annotated[Any, BeforeValidator(_moment)] = Field(alias="from", description=CLOCK)
    ends: Annotated[Any, BeforeValidator(_moment)] = Field(alias="to", description=CLOCK)
    reason: Annotated[str, AfterValidator(_reason)] = Field(description="why nothing may start then")

    @field_validator("begins", "ends")
    @classmethod
    def _fits_days(cls, value: Any, info: ValidationInfo) -> Any:
        if "days" not in info.data:
            return value  # which is wrong already
        if info.data["days"] is None and isinstance(value, time):
            raise ValueError("is a time without a date; add `days`, or write a date like 2026-12-20T00:00")
        if info.data["days"] is not None and isinstance(value, date):
            raise ValueError(
                "has a date, but the window is weekly; write a time like 18:00, or leave `days` out"
            )
        return value

    @field_validator("ends")
    @classmethod
    def _after_beginning(cls, value: Any, info: ValidationInfo) -> Any:
        begins, zone = info.data.get("begins"), info.data.get("timezone")
        match begins, value:
            case datetime(), datetime() if zone and _aware(value, zone) <= _aware(begins, zone):
                raise ValueError("is not after `from`; a window ends after it begins")
        return value

    @property
    def window(self) -> Window:
        """The window as the rest of the bot gets it."""
        if self.days is None:
            begins, ends = _aware(self.begins, self.timezone), _aware(self.ends, self.timezone)
            return Dated(begins, ends, self.reason)
        days = frozenset(DAYS.index(day) for day in self.days)
        return Weekly(days, self.begins, self.ends, ZoneInfo(self.timezone), self.reason)


def never_ends(windows: list[FreezeTable]) -> bool:
    """Whether the weekly ones leave no moment at which anything could start."""
    weekly = [window.window for window in windows if window.days is not None]
    found = frozen(weekly, SOME_MONDAY)
    return found is not None and found.until - SOME_MONDAY > timedelta(days=14)


def _aware(value: datetime, zone: str) -> datetime:
    return value if value.tzinfo else value.replace(tzinfo=ZoneInfo(zone))
