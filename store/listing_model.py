"""Plain types of lists of jobs: how a job stands, in one number; whose jobs; which of them. No SQL here."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from store.model import CustomerOutcome, Job, Operator

# The numbers that the database derives from a job's state and counts (`jobs.standing`), so that nobody can
# forget it. Of one that has ended: ENDED plus a bit for each kind of outcome that any customer had.
CARD, SENDING, ARRIVING, CHECKING, PUT_AWAY, EXPIRED, ENDED = 0, 1, 2, 3, 4, 5, 16
ACCEPTED, REFUSED, UNKNOWN, STOPPED = 1, 2, 4, 8
_ENDS = range(ENDED, ENDED + 16)


class Standing(enum.StrEnum):
    """How jobs stand, as people ask for them. What is unknown is in `unknown`, and never only in `failed`."""

    RUNNING = "running"  # in any open state
    ARRIVING = "arriving"
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # wholly or partly
    PARTLY = "partly"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    PROPOSED = "proposed"
    EXPIRED = "expired"


def _ended(with_any: int = 0, without: int = 0) -> tuple[int, ...]:
    return tuple(end for end in _ENDS if end & with_any == with_any and not end & without)


CODES: Mapping[Standing, tuple[int, ...]] = {
    Standing.RUNNING: (SENDING, ARRIVING, CHECKING),
    Standing.ARRIVING: (ARRIVING,),
    Standing.SUCCEEDED: _ended(without=REFUSED | UNKNOWN | STOPPED),
    Standing.FAILED: _ended(REFUSED),
    Standing.PARTLY: _ended(REFUSED | ACCEPTED),
    Standing.UNKNOWN: (CHECKING, *_ended(UNKNOWN)),
    Standing.CANCELLED: (PUT_AWAY, *_ended(STOPPED)),
    Standing.PROPOSED: (CARD,),
    Standing.EXPIRED: (EXPIRED,),
}
JOBS = (SENDING, ARRIVING, CHECKING, *_ENDS)  # everything that was confirmed


@dataclass(frozen=True, slots=True)
class Grant:
    """Some kinds of jobs: those on one of `clusters` with one of the action codes; None for any."""

    clusters: tuple[str, ...] | None = None
    codes: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Whose:
    """Jobs of one workspace: of one person, or of everybody (`user_id` None).

    `grants`: only jobs that one of these covers; None for all of them.
    """

    enterprise_id: str
    team_id: str
    user_id: str | None
    grants: tuple[Grant, ...] | None = None

    @classmethod
    def own(cls, operator: Operator) -> "Whose":
        """What somebody asked for themselves."""
        return cls(operator.enterprise_id, operator.team_id, operator.user_id)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of them; what is None does not matter. Asked for at `since` or later, and before `until`."""

    standing: Standing | None = None
    action_code: int | None = None
    cluster: str | None = None
    batch_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a list a page begins: below the job `before`, or right above the job `after`."""

    before: int | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Deed:
    """What one job did to one customer: the job, the outcome and why."""

    job: Job
    outcome: CustomerOutcome
    detail: str | None


@dataclass(frozen=True, slots=True)
class History:
    """Some of what was done to one customer; `examined` is the oldest job looked at, if there may be more."""

    deeds: tuple[Deed, ...]
    examined: int | None
