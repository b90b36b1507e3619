"""What is said of arrival: on the card while it is awaited, in the thread once it has come or is given up."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement

from bot.views import states
from bot.views.aside import addressed
from bot.views.card import where
from bot.views.message import Button, Message
from bot.views.preview import Path
from bot.views.text import clip, context, customers, escape, listing, moment, section, took
from bot.views.thread import SHOWN, all_of, my_jobs
from store.home_model import Notify
from store.model import Customer, Job

STATES = 10  # different states told in a message


@dataclass(frozen=True, slots=True)
class Awaited:
    """A job and those of its customers that were accepted and have not arrived.

    `error`: why the last read failed; `ended`: it is why nobody is asked any more, before the time was over.
    """

    job: Job
    cluster_name: str
    stragglers: Sequence[Customer]
    path: Path
    error: str | None = None
    ended: bool = False
    notify: Notify = Notify.MENTION

    @property
    def what(self) -> str:
        """`T-Enable on Evian 3 (evian3)`, escaped."""
        return escape(f"{self.job.action_name} on {where(self.job.cluster, self.cluster_name)}")


def arrived(awaited: Awaited) -> Message:
    """Everybody who was accepted is there."""
    job = awaited.job
    who = all_of(job.accepted) if job.accepted == job.to_send else f"{all_of(job.accepted)} accepted"
    has = "has" if job.accepted == 1 else "have"
    head = f"{states.symbol(job)} {addressed(job, awaited.notify)}{awaited.what}, {who} {has} arrived."
    if job.finished_at and job.started_at:
        head += f" It took {took((job.finished_at - job.started_at).total_seconds())} in all."
    blocks: list[Block] = [section(head)]
    if job.accepted != job.to_send:
        blocks.append(section(f"In all: {states.tally(job)}."))
    return Message(head, [*blocks, ActionsBlock(elements=[my_jobs()]), _small_print(job)])


def not_arrived(awaited: Awaited) -> Message:
    """Watching was given up: who is not there, and where they are instead."""
    job, number = awaited.job, len(awaited.stragglers)
    of = f"{number:,} of {customers(job.accepted)} accepted" if number != job.accepted else _nobody(job)
    has = "has" if number == 1 else "have"
    head = f":warning: {addressed(job, awaited.notify)}{awaited.what}, {of} {has} not arrived."
    shown = [customer.cid for customer in awaited.stragglers[:SHOWN]]
    blocks: list[Block] = [
        section(head),
        section("\n".join([_why(awaited), *_where(awaited)])),
        listing(shown, number - len(shown)),
        context(STILL_ACCEPTED),
        ActionsBlock(elements=[my_jobs(), _watch_again(job)]),
        _small_print(job),
    ]
    return Message(head, blocks)


STILL_ACCEPTED = (
    "The cluster has accepted these; they may still arrive, or be held up there. Nothing was sent again."
)


def watched_again(job: Job) -> Message:
    """Somebody has those watched that have not arrived."""
    until = f" until {moment(job.watch_until)} at the latest" if job.watch_until else ""
    words = f":eyes: Watching again{until}: {customers(job.to_arrive)} not there yet."
    return Message(words, [section(words), _small_print(job)])


def _nobody(job: Job) -> str:
    return {1: "the customer accepted", 2: "both customers accepted"}.get(
        job.accepted, f"all {job.accepted:,} customers accepted"
    )


def _why(awaited: Awaited) -> str:
    job, error = awaited.job, escape(clip(awaited.error or "", 500))
    if awaited.ended:
        return f"They are not watched any more: {error}"
    waited = f"They were watched until {moment(job.watch_until)}." if job.watch_until else "That is given up."
    return f"{waited} When last asked: {error}" if error else waited


def _where(awaited: Awaited) -> list[str]:
    """How many are in which state; nothing where nobody could tell."""
    if awaited.error:
        return []
    found = Counter(customer.last_state for customer in awaited.stragglers)
    lines = [
        f"• {number:,} {'is' if number == 1 else 'are'} "
        + ("not on the cluster any more" if code is None else f"in {escape(awaited.path.name(code))}")
        for code, number in found.most_common(STATES)
    ]
    return lines + (["• the others in other states"] if len(found) > STATES else [])


def _small_print(job: Job) -> Block:
    return context(f"Job `{job.short_id}`")


def _watch_again(job: Job) -> ButtonElement:
    return ButtonElement(text="Watch again", action_id=Button.WATCH_AGAIN, value=job.uuid.hex)
