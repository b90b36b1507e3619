"""A request while it is being made: the fields of the form, what stands in them, what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from bot.errors import InvalidRequest
from bot.intake.ids import BadLine

LONGEST_TEXT = 3_000  # characters in a text field, Slack's limit: about 90 ids of 32 digits
MOST_FILES = 10  # in a file field, Slack's limit
MOST_KEPT = 9  # files remembered: with the card's own customers, the ten boxes Slack allows


class Field(StrEnum):
    """The form's fields; each is the `block_id` and the `action_id` of its input."""

    ACTION = "action"
    CLUSTER = "cluster"
    CIDS = "cids"
    KEPT = "kept"
    FILES = "files"
    BATCH = "batch"
    REASON = "reason"
    RUN_AT = "run_at"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file of Slack's; `url` is None where it must still be asked for, `name` "" where it is not known.

    `kept`: remembered from before, and not put into the form's file field just now. `mimetype`: what Slack
    takes it for.
    """

    id: str
    name: str
    url: str | None = None
    kept: bool = False
    mimetype: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form: `action` a canonical name, `cluster` a key, `channel` an id, `batch` a code.

    `source` is a card or job whose `customers` are asked for too, being too many for the text field: those
    that its batch does not have, or with `accepted_only` all that the cluster accepted.
    `replaces` is the card that is put away once this draft has become one. `notice` is for the person;
    `elsewhere` says why the channel they come from is not chosen; `left_out` is not in the text and may have
    been meant.
    """

    action: str | None = None
    cluster: str | None = None
    text: str = ""
    reason: str = ""
    channel: str | None = None
    files: tuple[AttachedFile, ...] = ()
    batch: str | None = None
    source: UUID | None = None
    customers: int = 0
    accepted_only: bool = False
    replaces: UUID | None = None
    notice: str = ""
    elsewhere: str = ""
    left_out: Sequence[BadLine] = ()
    start_at: datetime | None = None


def portions(text: str) -> list[str]:
    """A text in parts that a text field can hold each, parted between lines; one part at least."""
    parts = [""]
    for line in text.split("\n"):
        longer = f"{parts[-1]}\n{line}" if parts[-1] else line
        if len(longer) <= LONGEST_TEXT:
            parts[-1] = longer
        else:
            parts.append(line)
    return parts


@dataclass(frozen=True, slots=True)
class BatchDraft:
    """What stands in the form that makes batches: a list to be cut into pieces of `size`, for `to` in turn.

    `cluster` is a key, `size` as it was typed.
    """

    cluster: str | None = None
    name: str = ""
    size: str = "100"
    to: Sequence[str] = ()
    file: AttachedFile | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """What may be chosen: canonical names of actions, clusters by key and batches by code, in words.

    `only_on`: in words, the clusters of an action that may not be used on all of these.
    """

    actions: Sequence[str]
    clusters: Mapping[str, str]
    batches: Mapping[str, str] = field(default_factory=dict)
    only_on: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BadLines:
    """Everything in a source that is no customer id; `name` is a file's, or None for what was typed."""

    name: str | None
    lines: Sequence[BadLine] = field(repr=False)


class Mistakes(InvalidRequest):
    """The draft cannot be taken; one plain sentence or more at each field that is wrong.

    `count` is how many distinct ids were well-formed; `bad` has every bad line, for those who want them all.
    """

    def __init__(self, fields: Mapping[Field, str], *, count: int = 0, bad: Sequence[BadLines] = ()) -> None:
        super().__init__(tuple(fields.values()))
        self.fields = dict(fields)
        self.count = count
        self.bad = tuple(bad)
