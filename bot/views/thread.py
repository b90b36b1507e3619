"""What the thread is told: the job id, how it ended, what checking showed. One message each, plain words."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement

from bot.views import states
from bot.views.aside import addressed
from bot.views.card import where
from bot.views.job_links import details
from bot.views.message import Button, Message
from bot.views.preview import left_out
from bot.views.text import clip, context, count, customers, escape, listing, mention, moment, section, took
from store.home_model import Notify
from store.model import Customer, Job, JobState

SHOWN = 10  # customer ids named in a message; all of them are in the file
REASONS = 3  # different reasons told in a message
NO_REASON = "no reason was given"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a job ended: its refused customers with the reasons, and the first few unknown ones.

    `sent_at`: when the last of what is unknown was sent. `notify`: how the requester wants to hear of it.
    """

    job: Job
    cluster_name: str
    refused: Sequence[Customer]
    unknown: Sequence[Customer]
    sent_at: datetime | None = None
    notify: Notify = Notify.MENTION

    @property
    def what(self) -> str:
        """`T-Enable on Evian 3 (evian3)`, escaped."""
        return escape(f"{self.job.action_name} on {where(self.job.cluster, self.cluster_name)}")


def started(job: Job, cluster_name: str) -> Message:
    """The job id, at once."""
    words = (
        f"Job `{job.uuid}` is confirmed: {escape(job.action_name)} for {customers(job.to_send)} "
        f"on {escape(where(job.cluster, cluster_name))}."
    )
    return Message(words, [section(words), ActionsBlock(elements=[my_jobs(), details(job)])])


def outcome(ended: Ended, *, awaited: bool = False) -> Message:
    """How sending ended, in one message. `awaited`: another will tell of the arrival, and call then."""
    job = ended.job
    call = addressed(job, ended.notify, calls=not awaited or bool(job.refused or job.unknown))
    head = f"{states.symbol(job)} {call}{ended.what}, {_headline(job)}"
    if job.finished_at and job.started_at:
        head += f" It took {took((job.finished_at - job.started_at).total_seconds())}."
    blocks: list[Block] = [section(head)]
    if job.accepted:
        then = AWAITED if awaited else "" if job.watched else NOT_WATCHED
        blocks.append(context(f"{ACCEPTED} {then}".strip()))
    blocks += _refused(ended)
    blocks += _unknown(ended)
    blocks += left_out(job)
    buttons = [
        my_jobs(),
        details(job),
        *([check_again(job)] if job.unknown and job.state is JobState.DONE else []),
    ]
    blocks += [ActionsBlock(elements=buttons), context(f"Job `{job.short_id}`")]
    return Message(head, blocks)


ACCEPTED = "Accepted means the cluster has taken the request; it moves the customers in its own time."
AWAITED = "Whether they have arrived is watched, and told here."
NOT_WATCHED = "This bot does not check whether they have arrived."
# By the cause of the last answer: what a person can do about a refusal of everything.
ADVICE = {
    "unauthorized": (
        "The cluster does not take this bot's credential. The people who run the bot must renew it; "
        "then ask again."
    ),
    "not_ready": "The cluster is still starting. Ask again when it is up.",
    "rate_limited": "The cluster has too much to do. Ask again in a few minutes.",
    "unreachable": "The cluster could not be reached at all. Ask again when it is back.",
    "unknown_customers": "Check the ids, and that this is the cluster you meant.",
}
STILL_UNKNOWN = (
    "What is unknown may have been done or may still be done: the cluster works on its own after a request. "
    "Do not send these again before you have checked."
)


def _headline(job: Job) -> str:
    if job.stopped_by:
        if job.cancelled == job.to_send:
            return f"stopped by {mention(job.stopped_by)} before anything was sent."
        return f"stopped by {mention(job.stopped_by)}: {states.tally(job)}, of {customers(job.to_send)}."
    if job.accepted == job.to_send:
        return f"{all_of(job.to_send)} accepted."
    if job.refused == job.to_send:
        return f"nothing was done: {all_of(job.to_send)} refused."
    if job.unknown == job.to_send:
        return f"it is not known what became of {all_of(job.to_send)}."
    return f"{states.tally(job)}, of {customers(job.to_send)}."


def all_of(number: int) -> str:
    """`1 customer`, `both customers`, `all 126 customers`."""
    return {1: "1 customer", 2: "both customers"}.get(number, f"all {number:,} customers")


def _refused(ended: Ended) -> list[Block]:
    job = ended.job
    if not job.refused:
        return []
    reasons = Counter(customer.detail or NO_REASON for customer in ended.refused)
    lines = [
        f"*Refused: {customers(job.refused)}, nothing was done for {_them(job.refused)}.*",
        *_reasons(job, reasons),
    ]
    # The last cause speaks for everybody only where everybody was refused for the same reason.
    if job.refused == job.to_send and len(reasons) == 1 and job.last_cause in ADVICE:
        lines.append(ADVICE[job.last_cause])
    shown = [customer.cid for customer in ended.refused[:SHOWN]]
    return [section("\n".join(lines)), listing(shown, job.refused - len(shown))]


def _reasons(job: Job, reasons: Counter[str]) -> list[str]:
    if len(reasons) == 1 and job.refused == job.to_send:
        return [f"Why: {_last_words(job)}"]
    lines = [
        f"• {customers(number)}: “{escape(clip(reason, 200))}”"
        for reason, number in reasons.most_common(REASONS)
    ]
    if len(reasons) > REASONS:
        lines.append(f"• and {count(len(reasons) - REASONS, 'other reason')}, all in the file below")
    return lines


def _unknown(ended: Ended) -> list[Block]:
    job = ended.job
    if not job.unknown:
        return []
    reasons = list(dict.fromkeys(customer.detail or NO_REASON for customer in ended.unknown))[:REASONS]
    why = ", ".join(f"“{escape(clip(reason, 200))}”" for reason in reasons)
    if len(reasons) == 1 and job.unknown == job.to_send:
        why = _last_words(job)
    sent = f" Sent at {moment(ended.sent_at)}." if ended.sent_at else ""
    words = f"*Unknown: {customers(job.unknown)}.*{sent} What happened: {why}"
    if job.state is JobState.WATCHING and job.check_at:
        words += (
            "\nThe cluster may well have done it, so nothing is sent again. Its state will be read at "
            f"{moment(job.check_at)}, and what it shows will be told here."
        )
    else:
        words += f"\n{STILL_UNKNOWN}"
    shown = [customer.cid for customer in ended.unknown[:SHOWN]]
    return [section(words), listing(shown, job.unknown - len(shown))]


def _last_words(job: Job) -> str:
    """What came back last, in quotes because they may be the cluster's own words, after the HTTP status."""
    words = job.last_message or NO_REASON
    told = job.last_status and not words.startswith(str(job.last_status))
    return f"{f'HTTP {job.last_status}, ' if told else ''}“{escape(clip(words, 300))}”"


def _them(number: int) -> str:
    return "it" if number == 1 else "them"


def my_jobs() -> ButtonElement:
    """Lists the presser's jobs."""
    return ButtonElement(text="My jobs", action_id=Button.MY_JOBS, value="first")


def check_again(job: Job) -> ButtonElement:
    """Has the cluster's state read."""
    return ButtonElement(text="Check again", action_id=Button.CHECK_AGAIN, value=job.uuid.hex)
