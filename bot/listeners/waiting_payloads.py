"""The small forms about a job that waits, as they were submitted."""

from datetime import UTC, datetime
from uuid import UUID

from pydantic import Field

from bot.listeners.payloads import Interaction, Payload
from bot.views.waiting_forms import REASON, TIME


class _Input(Payload):
    value: str | None = Field(default=None, max_length=3_000)
    selected_date_time: int | None = Field(default=None, ge=0, le=9_999_999_999)


class _State(Payload):
    values: dict[str, dict[str, _Input]]


class _View(Payload):
    private_metadata: UUID
    state: _State


class Answer(Interaction):
    """One of the forms, submitted; which job it is about is looked up, and the person checked, anew."""

    view: _View

    @property
    def job(self) -> UUID:
        """The job's id."""
        return self.view.private_metadata

    @property
    def reason(self) -> str:
        """What was typed."""
        return self._at(REASON).value or ""

    @property
    def time(self) -> datetime | None:
        """What was chosen; None is as soon as it may."""
        at = self._at(TIME).selected_date_time
        return datetime.fromtimestamp(at, UTC) if at else None

    def _at(self, name: str) -> _Input:
        return self.view.state.values.get(name, {}).get(name) or _Input()
