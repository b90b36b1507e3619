"""Plain types of what people decide on a confirmed job. No SQL here, so everybody may import it."""

import enum
from dataclasses import dataclass
from datetime import datetime

from store.holds import Hold
from store.model import Job, Operator


class Decision(enum.StrEnum):
    """What somebody other than the requester made of a job."""

    APPROVED = "approved"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's decision. `person` is one and the same in every workspace of a Grid.

    It is about what had the digest `digest`, to be started at `start_at` (None: at once).
    """

    job_id: int
    person: str
    operator: Operator
    decision: Decision
    reason: str | None
    digest: str
    start_at: datetime | None
    at: datetime

    def stands(self, job: Job) -> bool:
        """Whether it approves the job as it is now: the same customers, and no earlier than approved."""
        in_time = self.start_at is None or (job.start_at is not None and job.start_at >= self.start_at)
        return self.decision is Decision.APPROVED and self.digest == job.digest and in_time


@dataclass(frozen=True, slots=True)
class Override:
    """An administrator lets a job start in spite of what holds it, for a reason, as long as until `until`."""

    job_id: int
    hold: Hold
    operator: Operator
    reason: str
    at: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Copy:
    """Where one person was shown a job's card besides its channel."""

    job_id: int
    channel_id: str
    ts: str
