"""The way from a confirmed card to a job that may be sent: how many approvals, which time, no freeze."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from bot.config import Approvals, Cluster
from bot.errors import NoLongerPossible
from bot.freezes import Frozen, frozen
from bot.policy import EVERYTHING, Policy, Right
from store import approvals, audit, jobs, outbox, schedules
from store.audit import Event
from store.clock import read_anew, read_now
from store.holds import Hold
from store.model import Job, Operator
from store.outbox_model import Note

MOST_NAMED = 10


class Gate:
    """What the configuration says must be passed. Nothing here asks Slack."""

    def __init__(self, policy: Policy, clusters: Mapping[str, Cluster], rules: Approvals) -> None:
        self._policy = policy
        self._clusters = clusters
        self.rules = rules

    def needed(self, action: str, cluster: str) -> int:
        """How many people besides the requester must approve."""
        own = self._clusters[cluster].approvals if cluster in self._clusters else 0
        return max(own, self.rules.by_action.get(action, 0))

    def frozen(self, cluster: str, at: datetime) -> Frozen | None:
        """Whether nothing may start there at that moment."""
        return frozen(self._clusters[cluster].freezes, at) if cluster in self._clusters else None

    def knows(self, cluster: str) -> bool:
        """Whether it is configured still."""
        return cluster in self._clusters

    def settle_s(self, cluster: str) -> float:
        """After how long a request to it changes nothing any more."""
        return self._clusters[cluster].settle_s

    def approvers(self, action: str, cluster: str, asker: Operator) -> tuple[str, ...]:
        """The people and groups that may approve, without who asked; `*` names nobody."""
        who = self._policy.who_may(Right.APPROVE, action, cluster)
        return tuple(one for one in who if one not in (EVERYTHING, asker.user_id))

    def nobody_else(self, action: str, cluster: str, asker: Operator) -> bool:
        """Whether approvals are needed that nobody but the requester could give."""
        needed = self.needed(action, cluster)
        others = self.approvers(action, cluster, asker)
        anybody = EVERYTHING in self._policy.who_may(Right.APPROVE, action, cluster)
        return len(others) < needed and not anybody and not any(one.startswith("S") for one in others)

    def enter(self, conn: Connection, job: Job, by: Operator) -> None:
        """A card is confirmed: have it wait for whatever it must wait for, or send it.

        A start in spite of a freeze is decided where every start is (`bot/service/starts.py`).
        """
        # The job that a card comes from may have been waited for.
        now = read_now(conn) if job.parent_id is None else read_anew(conn)
        decided: dict[str, object] = {"decided_by": by.user_id, "decided_at": now}
        needed = self.needed(job.action_name, job.cluster)
        if needed:
            approvals.ask(conn, job, needed, self.rules.expire_after_s, **decided)
        elif job.start_at or self.frozen(job.cluster, now):
            self.schedule(conn, job, **decided)
        else:
            jobs.confirm(conn, job, by.user_id)
            outbox.add(conn, job.id, Note.STARTED)

    def schedule(self, conn: Connection, job: Job, **values: object) -> None:
        """Have a job wait for its time, and for the end of the freeze that is then; said in the thread."""
        now = read_now(conn)
        frozen = self.frozen(job.cluster, max(job.start_at or now, now))
        if schedules.wait(conn, job, **values, **held_by(frozen)):
            self._announce(conn, job, frozen)

    def _announce(self, conn: Connection, job: Job, frozen: Frozen | None) -> None:
        """Say in the thread when it starts, if that is not at once."""
        if not frozen and not job.start_at:
            return
        outbox.add(conn, job.id, Note.HELD if frozen else Note.SCHEDULED)
        detail = {
            "start_at": job.start_at.isoformat() if job.start_at else None,
            "zone": job.start_zone,
            "frozen_until": frozen.until.isoformat() if frozen else None,
        }
        audit.append(conn, Event.SCHEDULED, job=job.uuid, cluster=job.cluster, detail=detail)


def held_by(frozen: Frozen | None) -> dict[str, object]:
    """The values of a job that is held by a freeze."""
    if frozen is None:
        return {}
    return {"hold": Hold.FREEZE, "hold_reason": frozen.reason, "due_at": frozen.until}


def too_late(job: Job, now: datetime) -> NoLongerPossible | None:
    """Why a card cannot be confirmed whose time is over."""
    if job.start_at is None or job.start_at > now:
        return None
    return NoLongerPossible(
        "The time at which this was to start is over. Nothing was sent. Press “Edit” and give it another one."
    )


def redraw(conn: Connection, job_id: int) -> None:
    """Have the card drawn again, and every copy of it."""
    outbox.add(conn, job_id, Note.CARD)
    for copy in approvals.copies(conn, job_id):
        outbox.add(conn, job_id, Note.COPY, to=copy.channel_id, ts=copy.ts)
