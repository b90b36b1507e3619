"""From a row of the outbox to the message it stands for, drawn from the job's rows as they are now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot.views import notices, thread
from bot.views.card import SHOWN, Card, card
from bot.views.message import Message
from store import customers, jobs, outbox
from store.clock import read_now
from store.model import Customer, CustomerOutcome, Job, Note, OutboxItem

UNKNOWN_SHOWN = thread.SHOWN
ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rows say about a job when a message about it is drawn."""

    item: OutboxItem
    job: Job
    now: datetime
    first_cids: Sequence[str]
    refused: Sequence[Customer]
    unknown: Sequence[Customer]


def read(conn: Connection, listed: OutboxItem) -> Facts | None:
    """Read what the item's message needs, in one transaction; None when it was delivered meanwhile."""
    item = outbox.fresh(conn, listed)
    if item is None:
        return None
    job = jobs.get(conn, item.job_id)
    ended = item.note in (Note.OUTCOME, Note.CHECKED, Note.REFUSED_CSV)
    return Facts(
        item,
        job,
        read_now(conn),
        customers.first(conn, job.id, SHOWN) if item.note is Note.CARD else (),
        customers.with_outcome(conn, job.id, CustomerOutcome.REFUSED, ALL) if ended and job.refused else (),
        customers.with_outcome(conn, job.id, CustomerOutcome.UNKNOWN, UNKNOWN_SHOWN)
        if ended and job.unknown
        else (),
    )


def draw(facts: Facts, names: Mapping[str, str], bot_user_id: str) -> Message:
    """The message of an item; `names` are the clusters' display names by key."""
    job, item = facts.job, facts.item
    name = names.get(job.cluster, job.cluster)
    detail = item.detail or {}
    match item.note:
        case Note.CARD:
            return card(Card(job, name, facts.first_cids, facts.now))
        case Note.STARTED:
            return thread.started(job, name)
        case Note.OUTCOME:
            return thread.outcome(thread.Ended(job, name, facts.refused, facts.unknown))
        case Note.CHECKED:
            ended = thread.Ended(job, name, facts.refused, facts.unknown)
            error = detail.get("error")
            return thread.checked(ended, int(detail.get("turned") or 0), str(error) if error else None)
        case Note.CANNOT_POST:
            return notices.cannot_post(job.channel_id, str(detail["error"]), bot_user_id)
        case Note.REFUSED_CSV:
            return Message(f"{job.refused:,} refused customers of job {job.short_id}, with reasons")
