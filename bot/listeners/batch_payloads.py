"""What Slack sends about batches: a button that opens a form, and the two forms as they were submitted."""

from typing import Annotated

from pydantic import Field

from bot.draft import BatchDraft
from bot.errors import NoLongerPossible
from bot.listeners.payloads import Click, Interaction, Payload, SlackFile, SlackId
from bot.views.batch_forms import VALUE
from store.batch_model import BatchPlace


class Opening(Click):
    """A button whose answer is a form. https://docs.slack.dev/interactivity/handling-user-interaction"""

    trigger_id: str = Field(min_length=1, max_length=255)

    @property
    def place(self) -> BatchPlace:
        """The place a list is to be turned from. Raises NoLongerPossible."""
        assigned, _, number = self.value.partition(".")
        if assigned not in ("0", "1") or not number.isdecimal() or len(number) > 18:
            raise NoLongerPossible(
                "This button is not one of mine, or too old. Type /set-action batches again."
            )
        return BatchPlace(assigned == "1", int(number))


class _Option(Payload):
    value: str = Field(max_length=255)


class _Input(Payload):
    value: str | None = None
    selected_option: _Option | None = None
    selected_options: tuple[_Option, ...] = ()
    selected_user: SlackId | None = None
    selected_users: list[SlackId] = Field(default_factory=list, max_length=1_000)
    files: list[SlackFile] = Field(default_factory=list)


class _State(Payload):
    values: dict[str, dict[str, _Input]]


class _View(Payload):
    id: Annotated[str, Field(min_length=1, max_length=100)]
    hash: Annotated[str, Field(min_length=1, max_length=100)]
    private_metadata: str = ""
    state: _State


class _Submission(Interaction):
    view: _View

    def field(self, name: str) -> _Input:
        """What is in the one element of a block; nothing where there is no such block."""
        return self.view.state.values.get(name, {}).get(VALUE) or _Input()


class Making(_Submission):
    """The form that makes batches, submitted."""

    @property
    def request_key(self) -> str:
        """The same for a submission that is delivered twice."""
        return f"{self.view.id}.{self.view.hash}"

    @property
    def draft(self) -> BatchDraft:
        """Everything in the form. A file that was remembered counts as long as its box is ticked."""
        cluster, files = self.field("cluster").selected_option, self.field("file").files
        kept = bool(self.field("kept").selected_options)
        remembered = SlackFile.model_validate_json(self.view.private_metadata) if kept else None
        file = files[0].attached if files else (remembered.attached if remembered else None)
        return BatchDraft(
            cluster=cluster.value if cluster else None,
            name=self.field("name").value or "",
            size=self.field("size").value or "",
            to=tuple(self.field("to").selected_users),
            file=file,
        )


class Assigning(_Submission):
    """The form that assigns a batch, submitted."""

    @property
    def code(self) -> str:
        """The batch's code."""
        return self.view.private_metadata.partition(".")[0]

    @property
    def seen(self) -> str | None:
        """To whom it was assigned when the form was opened."""
        return self.view.private_metadata.partition(".")[2] or None
