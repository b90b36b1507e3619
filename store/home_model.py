"""Plain types of what a person sees at home and in pictures. No SQL here, so everybody may import it."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from store.model import Operator


class Notify(enum.StrEnum):
    """How somebody wants to hear of the end of their jobs."""

    MENTION = "mention"  # in the thread
    DIRECT = "direct"  # in the thread, and by a direct message
    FAILURE = "failure"  # in the thread, and only if something did not go as asked
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Home:
    """One row of `homes`: somebody who has opened the App Home, or said how to be notified.

    It is to be looked at while `asked` is not `answered`. `digest` stands for the view published last, `hash`
    is Slack's own of it; None: not known. The picture's `picture_digest` stands for what was drawn.
    """

    operator: Operator
    notify: Notify
    asked: int
    answered: int
    digest: str | None
    hash: str | None
    picture_file: str | None
    picture_words: str | None
    picture_digest: str | None
    picture_at: datetime | None


@dataclass(frozen=True, slots=True)
class Step:
    """One POST of a job: sent when, answered when (None: never), and what became of how many customers."""

    sent_at: datetime
    answered_at: datetime | None
    accepted: int
    refused: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Course:
    """How a job went: its POSTs by the time they were sent, and how many customers arrived at which time."""

    steps: Sequence[Step]
    arrivals: Sequence[tuple[datetime, int]]
