"""Plain types of the outbox: what Slack must be told. No SQL here, so everybody may import it."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from store.model import JobState


class Note(enum.StrEnum):
    """What the outbox has to tell Slack about a job."""

    CARD = "card"  # the card as it stands now: posted once, then updated
    STARTED = "started"  # in the thread: the job id
    PAUSED = "paused"  # in the thread: the cluster asked us to wait
    OUTCOME = "outcome"  # in the thread: how it ended
    STOPPED = "stopped"  # in the thread: somebody stopped it while requests are in flight
    RESENT = "resent"  # in the thread: what was unknown is sent again
    CHECKED = "checked"  # in the thread: what reading the cluster's state showed
    REFUSED_CSV = "refused_csv"  # in the thread: the refused customers as a file
    ARRIVED = "arrived"  # in the thread: all that were accepted are where they were sent
    NOT_ARRIVED = "not_arrived"  # in the thread: watching was given up, and where the others are
    STRAGGLERS_CSV = "stragglers_csv"  # in the thread: those that have not arrived as a file
    WATCHED_AGAIN = "watched_again"  # in the thread: somebody has them watched once more
    CUSTOMERS_CSV = "customers_csv"  # in the thread: all customers of a card with what the preview showed
    AWAITED = "awaited"  # in the thread: whose approval is needed, at first and as a reminder
    APPROVAL_DM = "approval_dm"  # the same to one approver directly, with the buttons
    COPY = "copy"  # such a message as it stands now, updated
    APPROVED = "approved"  # in the thread: somebody approved
    DENIED = "denied"  # in the thread: somebody denied
    LAPSED = "lapsed"  # in the thread: nobody approved in time
    LOST = "approvals_lost"  # in the thread: an approval does not count any more
    SCHEDULED = "scheduled"  # in the thread: when it starts
    HELD = "held"  # in the thread: why it does not start
    OVERRIDDEN = "overridden"  # in the thread: an administrator lets it start all the same
    WITHDRAWN = "withdrawn"  # in the thread: cancelled before it started
    BEGUN = "begun"  # in the thread: it starts now, after a wait
    CANNOT_POST = "cannot_post"  # to the requester alone: why there is no card
    DIRECT = "direct"  # to the requester alone: how it ended
    ANNOUNCED = "announced"  # in the cluster's own channel: one line on how it ended
    PICTURE = "picture"  # in the thread: its course as a picture
    ASSIGNED = "assigned"  # to whoever is to run some batches; this and the next are about no job
    TAKEN_AWAY = "taken_away"  # to whoever was to run them before


# Said beside a job's thread: none of them waits for the thread's messages, nor they for it.
ASIDE = frozenset({Note.DIRECT, Note.ANNOUNCED, Note.PICTURE})


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """Something Slack must be told. `revision` grows when a waiting card changes again.

    It is about a job, or about a batch, of a workspace; `channel_id` is where it goes: the job's channel, or
    a person or another channel that `detail` names. A message is drawn from the rows at the moment it is
    sent; `detail` holds what the rows do not.
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
    enterprise_id: str
    team_id: str
    channel_id: str
    card_ts: str | None
    job_state: JobState | None

    @property
    def is_update(self) -> bool:
        """Whether it replaces a message that is there, which may be repeated without harm."""
        return self.note is Note.COPY or (self.note is Note.CARD and self.card_ts is not None)
