"""What Slack sends about one job: a button or a menu, in a message, in the App Home or in the job's modal."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from bot.errors import NoLongerPossible
from bot.job_look import Look
from bot.listeners.payloads import Interaction, Payload

OLD = "This button is not one of mine, or too old. Type /my-jobs again."


class _Option(Payload):
    value: str = Field(max_length=255)


class _Action(Payload):
    value: str | None = Field(default=None, max_length=2_000)
    selected_option: _Option | None = None


class _View(Payload):
    id: Annotated[str, Field(min_length=1, max_length=100)]
    type: str = "modal"
    private_metadata: str = Field(default="", max_length=3_000)


class JobClick(Interaction):
    """A button pressed or an option chosen; what it carries is looked up, never trusted."""

    trigger_id: str = Field(min_length=1, max_length=255)
    view: _View | None = None
    actions: Annotated[list[_Action], Field(min_length=1, max_length=1)]

    @property
    def value(self) -> str:
        """What the button or the chosen option carries."""
        [action] = self.actions
        return (action.selected_option.value if action.selected_option else action.value) or ""

    @property
    def job(self) -> UUID:
        """The id of the job. Raises NoLongerPossible."""
        try:
            return UUID(self.value.partition(".")[0])
        except ValueError as exc:
            raise NoLongerPossible(OLD) from exc

    @property
    def look(self) -> Look:
        """The look it asks for. Raises NoLongerPossible."""
        look = Look.read(self.value)
        if look is None:
            raise NoLongerPossible(OLD)
        return look

    @property
    def modal(self) -> str | None:
        """The id of the job's modal, if it was pressed in there."""
        return self.view.id if self.view and self.view.type == "modal" else None

    @property
    def shown(self) -> Look:
        """What the modal showed when it was pressed."""
        return Look.read(self.view.private_metadata if self.view else "") or Look(self.job)
