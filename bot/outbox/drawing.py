"""From a row of the outbox to the message it stands for, drawn from the job's rows as they are now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from bot.outbox import assignments, waiting
from bot.outbox.assignments import Assignment
from bot.views import arrival, aside, files, job_stop, notices, pending, pictures, thread
from bot.views.card import SHOWN, Card, card
from bot.views.files import File
from bot.views.listing import Workspace
from bot.views.message import Message
from bot.views.preview import Path
from bot.views.text import escape
from bot.views.waiting import Papers
from store import arrivals, batches, checks, courses, customers, homes, jobs, outbox, pauses, short
from store.batch_model import Batch
from store.clock import read_now
from store.home_model import Course, Notify
from store.model import Customer, CustomerOutcome, Job, JobState, Pause
from store.outbox_model import Note, OutboxItem

UNKNOWN_SHOWN = thread.SHOWN
ALL = 1_000_000
CALLING = frozenset({Note.OUTCOME, Note.CHECKED, Note.ARRIVED, Note.NOT_ARRIVED})
STRAGGLING = frozenset({Note.NOT_ARRIVED, Note.STRAGGLERS_CSV})


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rows say about a job when a message about it is drawn."""

    item: OutboxItem
    job: Job
    now: datetime
    first_cids: Sequence[str]
    refused: Sequence[Customer]
    unknown: Sequence[Customer]
    sent_at: datetime | None
    everybody: Sequence[Customer]
    stragglers: Sequence[Customer]
    pause: Pause | None
    batch: Batch | None
    notify: Notify
    course: Course | None
    papers: Papers = field(default_factory=Papers)


def read(conn: Connection, listed: OutboxItem) -> Facts | Assignment | None:
    """Read what the item's message needs, in one transaction; None when it was delivered meanwhile."""
    item = outbox.fresh(conn, listed)
    return _facts(conn, item) if item else None


def begin(conn: Connection, listed: OutboxItem) -> Facts | Assignment | None:
    """`read` for a message about to be posted: a crash from now on leaves it doubtful."""
    item = outbox.begin(conn, listed)
    return _facts(conn, item) if item else None


def _facts(conn: Connection, item: OutboxItem) -> Facts | Assignment:
    if item.job_id is None:
        return assignments.read(conn, item)
    job = jobs.get(conn, item.job_id)
    if item.note is not Note.CARD:
        short.expect(conn, job.total)  # some of these name everybody
    ended = item.note in (Note.OUTCOME, Note.CHECKED, Note.REFUSED_CSV)
    sending = job.state in (JobState.CONFIRMED, JobState.RUNNING)
    return Facts(
        item,
        job,
        read_now(conn),
        customers.first(conn, job.id, SHOWN) if item.note is Note.CARD else (),
        customers.with_outcome(conn, job.id, CustomerOutcome.REFUSED, ALL) if ended and job.refused else (),
        customers.with_outcome(conn, job.id, CustomerOutcome.UNKNOWN, UNKNOWN_SHOWN)
        if ended and job.unknown
        else (),
        checks.last_sent(conn, job) if ended and job.unknown else None,
        customers.everybody(conn, job.id) if item.note is Note.CUSTOMERS_CSV else (),
        arrivals.stragglers(conn, job.id, ALL) if item.note in STRAGGLING else (),
        pauses.current(conn, job.cluster) if sending else None,
        batches.of_job(conn, job.id) if item.note is Note.CARD else None,
        homes.notify_of(conn, job.operator) if item.note in CALLING else Notify.MENTION,
        courses.course(conn, job.id) if item.note is Note.PICTURE else None,
        waiting.read(conn, job) if item.note is Note.CARD or item.note in waiting.NOTES else Papers(),
    )


@dataclass(frozen=True, slots=True)
class Words:
    """What is not in the rows: clusters' display names, the catalogue, the workspace, its own user id."""

    names: Mapping[str, str]
    path: Path
    bot_user_id: str
    workspace: Workspace

    def name(self, cluster: str) -> str:
        """A cluster's display name; its key where it is not configured any more."""
        return self.names.get(cluster, cluster)


def file(facts: Facts, words: Words) -> File | None:
    """The file an item stands for; None where the message itself can name everybody."""
    if facts.item.note is Note.CUSTOMERS_CSV:
        return files.everybody(facts.job, facts.everybody, words.path)
    if facts.item.note is Note.STRAGGLERS_CSV:
        long = len(facts.stragglers) > thread.SHOWN
        return files.stragglers(facts.job, facts.stragglers, words.path) if long else None
    return files.refused(facts.job, facts.refused) if len(facts.refused) > thread.SHOWN else None


def draw(facts: Facts, words: Words) -> Message:
    """The message of an item."""
    job, item = facts.job, facts.item
    name = words.name(job.cluster)
    detail = item.detail or {}
    match item.note:
        case Note.CARD:
            return card(
                Card(
                    job, name, facts.first_cids, facts.now, words.path, facts.pause, facts.batch, facts.papers
                )
            )
        case Note.STARTED:
            return thread.started(job, name)
        case Note.OUTCOME:
            return thread.outcome(_ended(facts, name), awaited=bool(detail.get("awaited")))
        case Note.CHECKED:
            error = detail.get("error")
            turned, resent = int(detail.get("turned") or 0), int(detail.get("resent") or 0)
            awaited = bool(detail.get("awaited"))
            because = str(error) if error else None
            return pending.checked(_ended(facts, name), turned, because, resent, awaited=awaited)
        case Note.STOPPED | Note.PAUSED | Note.RESENT:
            return _meanwhile(facts, name)
        case Note.CANNOT_POST:
            kept = bool(detail.get("kept"))
            return notices.cannot_post(job, str(detail["error"]), words.bot_user_id, kept=kept)
        case Note.ARRIVED | Note.NOT_ARRIVED | Note.WATCHED_AGAIN:
            return _arrival(facts, name, words.path)
        case Note.DIRECT | Note.ANNOUNCED:
            return aside.ended(job, name, words.workspace)
        case Note.PICTURE | Note.REFUSED_CSV | Note.CUSTOMERS_CSV | Note.STRAGGLERS_CSV:
            return Message(_title(facts, words))
        case Note.ASSIGNED | Note.TAKEN_AWAY:
            raise LookupError("This is about batches, and there is no job to draw it from.")
    return waiting.draw(item, job, words.names, words.path, facts.papers)


def _meanwhile(facts: Facts, name: str) -> Message:
    """What happens to a job before it ends."""
    if facts.item.note is Note.STOPPED:
        return job_stop.stopping(facts.job)
    if facts.item.note is Note.PAUSED:
        return pending.paused(facts.job, name, facts.pause)
    return pending.resent(facts.job, int((facts.item.detail or {}).get("customers") or 0))


def _title(facts: Facts, words: Words) -> str:
    """What stands beside a picture or a file."""
    if facts.item.note is Note.PICTURE:
        return pictures.course_title(facts.job)
    shown = file(facts, words)
    return escape(shown.title) if shown else ""


def _arrival(facts: Facts, name: str, path: Path) -> Message:
    detail = facts.item.detail or {}
    if facts.item.note is Note.WATCHED_AGAIN:
        return arrival.watched_again(facts.job)
    error = str(detail["error"]) if detail.get("error") else None
    awaited = arrival.Awaited(
        facts.job, name, facts.stragglers, path, error, bool(detail.get("ended")), facts.notify
    )
    return arrival.arrived(awaited) if facts.item.note is Note.ARRIVED else arrival.not_arrived(awaited)


def _ended(facts: Facts, name: str) -> thread.Ended:
    return thread.Ended(facts.job, name, facts.refused, facts.unknown, facts.sent_at, facts.notify)
