"""What a person sees of the app's views and puts into them, as frozen values: for `Desk`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from bot.sandbox.workspace.files import FileAccess
from bot.sandbox.workspace.inputs import value_of
from bot.sandbox.workspace.seen import Button, Reaction, buttons_of, the_button


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file on a person's machine.

    `mimetype` and `size` (bytes) are what Slack will tell of it; left out, what a browser guesses from the
    name and what is true. `access` is what payloads tell the app: `check_file_info` (Slack Connect: only
    `files.info` tells the rest), or that it may not look (`access_denied`, `file_not_found`).
    """

    name: str
    content: bytes
    mimetype: str | None = None
    size: int | None = None
    access: FileAccess = "visible"

    def told(self) -> dict[str, Any]:
        told = {"name": self.name, "mimetype": self.mimetype, "size": self.size, "access": self.access}
        return {**told, "hex": self.content.hex()}


@dataclass(frozen=True, slots=True)
class Form:
    """A modal or a home tab as one person saw it at one moment.

    `values` by block_id and action_id, in the shapes of Slack's `state.values`. `errors` by block_id and
    `complaint` (Slack's own words) say why a submission did not go through.
    """

    id: str
    type: str
    user: str
    title: str | None
    submit: str | None
    close: str | None
    callback_id: str
    external_id: str
    private_metadata: str
    hash: str
    blocks: tuple[Mapping[str, Any], ...]
    values: Mapping[str, Mapping[str, Mapping[str, Any]]]
    errors: Mapping[str, str]
    complaint: str | None

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        return cls(**{**told, "blocks": tuple(told["blocks"])})

    def value(self, block_id: str) -> Any:
        """What is in the one field of a block: text, an option, an id, a list of these, or None."""
        (state,) = self.values[block_id].values()
        return value_of(dict(state))

    @property
    def buttons(self) -> tuple[Button, ...]:
        """Every button among the blocks, from top to bottom; Submit and Close are not among them."""
        return buttons_of(self.blocks)

    def button(self, action_id: str, block_id: str | None = None) -> Button:
        """The one button of that name; LookupError says which there are."""
        return the_button(self.buttons, action_id, block_id)


@dataclass(frozen=True, slots=True)
class Submission:
    """What came of pressing Submit or Close.

    `reaction` is None where nothing was sent: Slack's client found a fault, or nobody asked to hear of a
    close. `form` is what the person sees now: the same with errors, the next one, the one below, or None.
    """

    reaction: Reaction | None
    form: Form | None
