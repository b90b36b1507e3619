"""Plain types of what the store holds: states, outcomes and rows. No SQL here, so everybody may import it."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from store.holds import Hold


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
    AWAITING = "awaiting"  # confirmed by who asked, waits for the approval of others
    SCHEDULED = "scheduled"  # waits for its time, for a freeze to end, or for an administrator
    CONFIRMED = "confirmed"  # ready to be sent: it has every right and approval it needs
    RUNNING = "running"
    WATCHING = "watching"
    DONE = "done"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    DENIED = "denied"


class CustomerOutcome(enum.IntEnum):
    """What became of one customer within a job. Stored as a number: there are millions of them."""

    PLANNED = 0
    ACCEPTED = 1
    REFUSED = 2
    UNKNOWN = 3
    ALREADY_THERE = 4  # in the action's state before anything was sent, and left out
    MISSING = 5  # does not exist on the cluster, and is left out: one such id makes it refuse a whole POST
    ARRIVED = 6  # accepted, and read back in the action's state or a later one
    CANCELLED = 7  # never sent: somebody stopped the job before its turn came


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
    CANCELLED = "cancelled"  # never sent


@dataclass(frozen=True, slots=True)
class Source:
    """Where some of a request's customers came from, and how many no source before it had named.

    `kind` is "form", "file", "card" or "batch", or what they were in an earlier job: "refused", "unknown" or
    "never sent"; `name` is the file's, as a person gave it, the card's or job's short id or the batch's code;
    `column` the heading (or the number) of a file's column of ids; `remark` what a doubtful first line was
    taken for.
    """

    kind: str
    count: int
    name: str = ""
    column: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """One row of `jobs`. Times are aware and in UTC, by the database's clock.

    `preview_states`: how many of its customers were in which state (action code) when the card was drawn.
    `digest` stands for exactly what a card showed; None while it still changes by itself.
    `accepted` counts those that have `arrived` too. `cancelled` were never sent: `stopped_by` stopped it.
    `watch_at` is when the cluster is next read for arrivals, `watch_until` when that is given up (or was);
    `watch_error`: why the last read failed.
    `parent_id` is the job whose refused or unknown customers this one sends again. `replaced_by` takes this
    card's place, changed, once it is posted. `send_there`: those already there are sent too.
    `approvals` are needed until `approve_by`; `remind_at` is when those who can give them are told next,
    after `reminders` times. `start_at` is when it is to start, asked for in the time zone `start_zone`;
    `due_at` is when that is tried next, `hold` why not before. `ready_at`: since when it may be sent.
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
    arrived: int = 0
    cancelled: int = 0
    stopped_by: str | None = None
    stopped_at: datetime | None = None
    watch_at: datetime | None = None
    watch_until: datetime | None = None
    watch_error: str | None = None
    parent_id: int | None = None
    approvals: int = 0
    approve_by: datetime | None = None
    remind_at: datetime | None = None
    reminders: int = 0
    start_at: datetime | None = None
    start_zone: str | None = None
    due_at: datetime | None = None
    hold: Hold | None = None
    hold_reason: str | None = None
    ready_at: datetime | None = None
    replaced_by: UUID | None = None
    send_there: bool = False

    @property
    def shown(self) -> str:
        """What an approval is bound to: the digest of what the card showed, and the time it is to start."""
        return f"{self.digest}-{int(self.start_at.timestamp()) if self.start_at else 0}"

    @property
    def is_job(self) -> bool:
        """Whether it was confirmed; before that, and where nobody did, it is a card."""
        return self.state not in (JobState.PROPOSED, JobState.CANCELLED, JobState.EXPIRED)

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

    @property
    def to_arrive(self) -> int:
        """Accepted customers that have not been seen to arrive."""
        return self.accepted - self.arrived

    @property
    def watched(self) -> bool:
        """Whether the bot watches, or has watched, if its customers arrive."""
        return self.watch_until is not None or self.arrived > 0


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
    """One customer of a job with what became of it and why.

    `seen`: its state (action code) on the card, or where that did not show it, when it was first watched.
    `arrived_at`: when it was first read in the action's state or a later one; `last_state`: the state (action
    code) in which it was when that was given up.
    """

    cid: str
    outcome: CustomerOutcome
    detail: str | None
    seen: int | None = None
    arrived_at: datetime | None = None
    last_state: int | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """Why and how long a cluster is left alone: since when, until when; `tries` counts how often.

    It asked for it, or `breaker`: too much failed there in a row.
    """

    GIVEN_UP_AFTER: ClassVar[timedelta] = timedelta(minutes=30)

    cluster: str
    reason: str
    tries: int
    since: datetime
    until: datetime
    breaker: bool = False

    @property
    def ends(self) -> datetime:
        """When it is given up, and what was to be sent is refused."""
        return self.since + self.GIVEN_UP_AFTER
