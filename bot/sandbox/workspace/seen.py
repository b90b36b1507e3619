"""What a person sees and what the journal says, as frozen snapshots: the values `Desk` hands out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class File:
    """A file shared in a message; `size` in bytes, `alt` what an image shows, for those who do not see it."""

    id: str
    name: str
    title: str
    size: int
    alt: str | None = None


@dataclass(frozen=True, slots=True)
class Button:
    """A button of a message; `confirm` is Slack's confirm dialog object, None without one."""

    action_id: str
    block_id: str
    label: str
    value: str | None
    url: str | None
    style: str | None
    confirm: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Message:
    """What one person saw at one moment; pressing a button of an old snapshot acts like a stale client."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: tuple[Mapping[str, Any], ...]
    thread: str | None
    ephemeral: bool
    edited: bool
    metadata: Mapping[str, Any] | None
    files: tuple[File, ...]

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        return cls(
            **{**told, "blocks": tuple(told["blocks"]), "files": tuple(File(**f) for f in told["files"])}
        )

    @property
    def buttons(self) -> tuple[Button, ...]:
        """Every button, from top to bottom."""
        return buttons_of(self.blocks)

    def button(self, action_id: str, block_id: str | None = None) -> Button:
        """The one button of that name; LookupError says which there are."""
        return the_button(self.buttons, action_id, block_id)


@dataclass(frozen=True, slots=True)
class Reaction:
    """What came of a command or a click.

    `elapsed` is in seconds. `payload` is what the acknowledgement carried. `message` is what Slack shows:
    the acknowledgement's own words, or for a command Slack's complaint that the app did not answer.
    """

    envelope_id: str
    acked: bool
    elapsed: float
    payload: Mapping[str, Any] | None
    message: Message | None

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Self:
        message = told["message"]
        return cls(**{**told, "message": Message.read(message) if message else None})


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal; `at` in seconds since the workspace started."""

    number: int
    at: float
    kind: str
    details: Mapping[str, Any]


def buttons_of(blocks: Sequence[Mapping[str, Any]]) -> tuple[Button, ...]:
    """Every button of a message or a view, from top to bottom."""
    return tuple(
        Button(
            action_id=element["action_id"],
            block_id=block["block_id"],
            label=element["text"]["text"],
            value=element.get("value"),
            url=element.get("url"),
            style=element.get("style"),
            confirm=element.get("confirm"),
        )
        for block in blocks
        for element in [*block.get("elements", ()), block.get("accessory", {})]
        if element.get("type") == "button"
    )


def the_button(buttons: Sequence[Button], action_id: str, block_id: str | None) -> Button:
    """The one of that name; LookupError says which there are."""
    found = [b for b in buttons if b.action_id == action_id and block_id in (None, b.block_id)]
    if len(found) != 1:
        names = ", ".join(f"{b.action_id} ({b.label})" for b in buttons) or "none"
        raise LookupError(f"{len(found)} buttons {action_id!r} in this message; it has: {names}.")
    return found[0]
