"""Plain types of what the store holds: states, outcomes and rows. No SQL here, so everybody may import it."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Operator:
    """A Slack user; ids are only unique together. `enterprise_id` is "" outside Enterprise Grid."""

    enterprise_id: str
    team_id: str
    user_id: str

    def __str__(self) -> str:
        return "/".join(part for part in (self.enterprise_id, self.team_id, self.user_id) if part)


class JobState(enum.StrEnum):
    """Where a job stands; the legal moves between them are in `store.transitions`."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    RUNNING = "running"
    WATCHING = "watching"
    DONE = "done"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class CustomerOutcome(enum.IntEnum):
    """What became of one customer within a job. Stored as a number: there are millions of them."""

    PLANNED = 0
    ACCEPTED = 1
    REFUSED = 2
    UNKNOWN = 3
    ALREADY_THERE = 4  # in the action's state before anything was sent, and left out
    MISSING = 5  # does not exist on the cluster, and is left out: one such id makes it refuse a whole POST


class Preview(enum.StrEnum):
    """Whether the cluster's state was read before a card may be confirmed."""

    PENDING = "pending"
    READ = "read"
    UNREADABLE = "unreadable"
    OFF = "off"  # by configuration


class ChunkState(enum.StrEnum):
    """Where one POST of a job stands. A chunk found `sending` without its sender is unknown."""

    PLANNED = "planned"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Note(enum.StrEnum):
    """What the outbox has to tell Slack about a job."""

    CARD = "card"  # the card as it stands now: posted once, then updated
    STARTED = "started"  # in the thread: the job id
    PAUSED = "paused"  # in the thread: the cluster asked us to wait
    OUTCOME = "outcome"  # in the thread: how it ended
    RESENT = "resent"  # in the thread: what was unknown is sent again
    CHECKED = "checked"  # in the thread: what reading the cluster's state showed
    REFUSED_CSV = "refused_csv"  # in the thread: the refused customers as a file
    CUSTOMERS_CSV = "customers_csv"  # in the thread: all customers of a card with what the preview showed
    CANNOT_POST = "cannot_post"  # to the requester alone: why there is no card
    ASSIGNED = "assigned"  # to whoever is to run some batches; the only one that is about no job


@dataclass(frozen=True, slots=True)
class Source:
    """Where some of a request's customers came from, and how many no source before it had named.

    `kind` is "form", "file", "card" or "batch"; `name` is the file's, as a person gave it, the card's short
    id or the batch's code; `column` the heading (or the number) of a file's column of ids.
    """

    kind: str
    count: int
    name: str = ""
    column: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody asked for, checked and ready to be kept. `request_key` is unique per request."""

    uuid: UUID
    request_key: str
    operator: Operator
    channel_id: str
    action_code: int
    action_name: str
    cluster: str
    base_url: str
    cids: tuple[str, ...]
    duplicates: int
    reason: str | None
    expires_after_s: float
    preview: Preview = Preview.OFF
    sources: tuple[Source, ...] = ()
    batch_id: int | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One row of `jobs`. Times are aware and in UTC, by the database's clock.

    `preview_states`: how many of its customers were in which state (action code) when the card was drawn.
    `digest` stands for exactly what a card showed; None while it still changes by itself.
    """

    id: int
    uuid: UUID
    operator: Operator
    action_code: int
    action_name: str
    cluster: str
    base_url: str
    state: JobState
    total: int
    accepted: int
    refused: int
    unknown: int
    open_chunks: int
    duplicates: int
    reason: str | None
    channel_id: str
    card_ts: str | None
    created_at: datetime
    expires_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    check_at: datetime | None
    checked_at: datetime | None
    checks: int
    last_cause: str | None
    last_status: int | None
    last_message: str | None
    already_there: int = 0
    missing: int = 0
    preview: Preview = Preview.OFF
    preview_error: str | None = None
    preview_states: Mapping[str, int] | None = None
    previewed_at: datetime | None = None
    digest: str | None = None
    sources: tuple[Source, ...] = ()

    @property
    def short_id(self) -> str:
        """The first eight digits: enough for people, unique in practice, accepted by `/my-jobs`."""
        return self.uuid.hex[:8]

    @property
    def to_send(self) -> int:
        """Customers that are sent, or were: all but those left out."""
        return self.total - self.already_there - self.missing

    @property
    def answered(self) -> int:
        """Customers sent whose outcome is no longer planned."""
        return self.accepted + self.refused + self.unknown


@dataclass(frozen=True, slots=True)
class Chunk:
    """One row of `chunks`: the customers at positions `first` to `last` of its job that are still planned."""

    job_id: int
    number: int
    first: int
    last: int
    state: ChunkState
    attempt: int
    split: bool
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer of a job with what became of it and why; `seen`: its state (action code) on the card."""

    cid: str
    outcome: CustomerOutcome
    detail: str | None
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """Why and how long a cluster is left alone: since when, until when; `tries` counts how often it asked."""

    GIVEN_UP_AFTER: ClassVar[timedelta] = timedelta(minutes=30)

    cluster: str
    reason: str
    tries: int
    since: datetime
    until: datetime

    @property
    def ends(self) -> datetime:
        """When it is given up, and what was to be sent is refused."""
        return self.since + self.GIVEN_UP_AFTER


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """Something Slack must be told. `revision` grows when a waiting card changes again.

    It is about a job, or about a batch and then for the person in `channel_id`. A message is drawn from the
    rows at the moment it is sent; `detail` holds what the rows do not.
    `doubtful`: sending it was begun and its end is not known, so Slack may have it already.
    """

    id: int
    job_id: int | None
    batch_id: int | None
    note: Note
    detail: Mapping[str, str | int | None] | None
    revision: int
    attempts: int
    doubtful: bool
    created_at: datetime
    channel_id: str
    card_ts: str | None
    job_state: JobState | None

    @property
    def is_update(self) -> bool:
        """Whether it replaces a message that is there, which may be repeated without harm."""
        return self.note is Note.CARD and self.card_ts is not None
