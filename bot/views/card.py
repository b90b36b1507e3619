"""The card: what will happen and the buttons; then who decided, how far it is, and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ConfirmObject,
    HeaderBlock,
    InteractiveElement,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from bot.run_at import told
from bot.views import states
from bot.views.given import given
from bot.views.job_again import again, sends_unknown
from bot.views.job_stop import is_stoppable, stop_button, stopped
from bot.views.message import Button, Message
from bot.views.preview import Path, left_out, preview
from bot.views.text import (
    bar,
    clip,
    context,
    customers,
    cut,
    day_and_time,
    escape,
    listing,
    mention,
    moment,
    plain,
    section,
    took,
)
from bot.views.waiting import Papers, signed, start_line, waiting, waits
from store.batch_model import Batch
from store.model import Job, JobState, Pause, Preview

SHOWN = 5  # customer ids named on a card
ARRIVAL = ":checkered_flag:"  # stands before the second bar


@dataclass(frozen=True, slots=True)
class Card:
    """What a card is drawn from. `first_cids` are the first few of the job's customers; `now` is UTC."""

    job: Job
    cluster_name: str
    first_cids: Sequence[str]
    now: datetime
    path: Path
    pause: Pause | None = None
    batch: Batch | None = None
    papers: Papers = field(default_factory=Papers)

    @property
    def where(self) -> str:
        """The cluster by both of its names: `Evian 3 (evian3)`."""
        return where(self.job.cluster, self.cluster_name)


def where(key: str, name: str) -> str:
    """A cluster by both of its names, or by one when they are the same."""
    return key if name == key else f"{name} ({key})"


def batch_line(batch: Batch) -> str:
    """A batch in one line, unescaped: `Batch 7Q2KX4: Wave 1, part 2 of 5`."""
    return f"Batch {batch.code}: {clip(batch.name, 200)}, part {batch.part:,} of {batch.parts:,}"


def card(facts: Card) -> Message:
    """The card as it stands now."""
    job = facts.job
    title = f"{job.action_name} for {customers(job.total)} on {facts.where}"
    blocks: list[Block] = [
        HeaderBlock(text=PlainTextObject(text=clip(title, 150), emoji=False)),
        _what(facts),
    ]
    if facts.batch:
        blocks.append(plain(batch_line(facts.batch)))
    if job.reason:
        blocks.append(plain(f"Why: {job.reason}"))
    blocks.append(listing(facts.first_cids[:SHOWN], job.total - len(facts.first_cids[:SHOWN])))
    if job.state is JobState.PROPOSED:
        blocks += _proposed(facts)
    elif waits(job):
        blocks += waiting(job, facts.where, facts.path, facts.papers)
    else:
        blocks += _decided(facts)
    summary = f"{job.action_name} for {customers(job.total)} on {facts.where}: {states.words(job)}"
    return Message(escape(summary), blocks)


def _what(facts: Card) -> SectionBlock:
    job = facts.job
    return SectionBlock(
        fields=[
            MarkdownTextObject(text=f"*Action*\n{escape(job.action_name)} (code {job.action_code})"),
            MarkdownTextObject(text=f"*Cluster*\n{escape(clip(facts.where, 500))}", verbatim=True),
            MarkdownTextObject(text=f"*Customers*\n{cut(given(job), 1_900)}", verbatim=True),
            MarkdownTextObject(text=f"*Asked by*\n{mention(job.operator.user_id)}"),
        ]
    )


def _proposed(facts: Card) -> list[Block]:
    job = facts.job
    return [
        *sends_unknown(job),
        *preview(job, facts.where, facts.path),
        *([section(f":calendar: *To start {start_line(job)}.*")] if job.start_at else []),
        context(f"{_next(job)} This card expires {day_and_time(job.expires_at)}."),
        ActionsBlock(block_id="decide", elements=[*_proceed(facts), *_change(job)]),
    ]


def _next(job: Job) -> str:
    if job.digest is None or job.to_send:
        return f"Nothing is sent until {mention(job.operator.user_id)} presses *Yes, proceed*."
    change = "" if job.parent_id else " Press *Edit* to change the list."
    return f"There is nothing to confirm.{change}"


def _proceed(facts: Card) -> list[InteractiveElement]:
    """The button, once it is known what it would do, and only if it would do anything."""
    job = facts.job
    if job.digest is None or not job.to_send:
        return []
    when = f" It starts {told(job.start_at, job.start_zone)}." if job.start_at else ""
    text = f"{job.action_name} will be sent to {facts.where} for {customers(job.to_send)}.{when}"
    if job.preview is Preview.UNREADABLE:
        text = f"{clip(text, 160)} The cluster could not tell which of them exist and who is there already."
    sure = ConfirmObject(
        title=clip(f"Send {job.action_name}?", 100),
        text=PlainTextObject(text=clip(text, 300), emoji=False),
        confirm="Yes, send it",
        deny="Go back",
    )
    value = f"{job.uuid.hex}.{job.digest}"
    return [
        ButtonElement(
            text="Yes, proceed", action_id=Button.CONFIRM, value=value, style="primary", confirm=sure
        )
    ]


def _change(job: Job) -> list[InteractiveElement]:
    """What else can be done with a card that is not decided."""
    value = job.uuid.hex
    there = (job.preview_states or {}).get(str(job.action_code), 0)
    buttons = []
    if job.preview is Preview.PENDING:
        pass  # what was read before does not count any more
    elif job.already_there:
        words = f"Send the {job.already_there:,} already there too"
        buttons.append(ButtonElement(text=words, action_id=Button.INCLUDE, value=value))
    elif there:
        words = f"Leave out the {there:,} already there"
        buttons.append(ButtonElement(text=words, action_id=Button.LEAVE_OUT, value=value))
    if job.preview is Preview.READ:
        buttons.append(ButtonElement(text="All as CSV", action_id=Button.CUSTOMERS_CSV, value=value))
    if job.preview in (Preview.READ, Preview.UNREADABLE):
        buttons.append(ButtonElement(text="Read again", action_id=Button.READ_AGAIN, value=value))
    if job.parent_id is None:  # what is sent again comes from one job, word for word
        buttons.append(ButtonElement(text="Edit", action_id=Button.EDIT, value=value))
    return [*buttons, ButtonElement(text="Cancel", action_id=Button.CANCEL, value=value)]


def _decided(facts: Card) -> list[Block]:
    job = facts.job
    if job.state is JobState.EXPIRED:
        words = f"Expired {day_and_time(job.expires_at)}, without a decision. Nothing was sent."
        return [context(f":hourglass: {words}"), *again(job)]
    if job.state is JobState.CANCELLED and job.replaced_by and job.decided_by and job.decided_at:
        who, when = mention(job.decided_by), day_and_time(job.decided_at)
        words = f"Replaced by a new card when {who} edited it, {when}. Nothing was sent from this one."
        return [context(f":pencil2: {words}")]
    if job.state is JobState.CANCELLED:
        return [context(f":no_entry_sign: Cancelled {_by(job)}. Nothing was sent.")]
    return [
        section(_progress(facts)),
        *left_out(job),
        *_watching(job),
        *_paused(facts),
        *signed(job, facts.papers),
        context(f":heavy_check_mark: Confirmed {_by(job)}. Job `{job.short_id}`, details in the thread."),
        *stopped(job),
        *_again(job),
    ]


def _again(job: Job) -> list[Block]:
    if is_stoppable(job):
        return [ActionsBlock(elements=[stop_button(job)])]
    return again(job) if job.state is JobState.DONE else []


def _paused(facts: Card) -> list[Block]:
    if facts.pause is None:
        return []
    what = "is left alone" if facts.pause.breaker else "asks to wait"
    return [
        context(
            f":pause_button: The cluster {what}: “{escape(clip(facts.pause.reason, 300))}”. It is "
            f"tried again at {moment(facts.pause.until)}."
        )
    ]


def _watching(job: Job) -> list[Block]:
    """Until when arrivals are awaited, and what is in the way."""
    if job.watch_at is None or job.watch_until is None or job.state is not JobState.WATCHING:
        return []
    until = f"until {moment(job.watch_until)} at the latest"
    if job.watch_error:
        return [context(f":warning: {escape(clip(job.watch_error, 500))} It is tried again, {until}.")]
    return [context(f":eyes: Watching whether all have arrived, {until}.")]


def _by(job: Job) -> str:
    who = mention(job.decided_by) if job.decided_by else "by the bot"
    return f"by {who}, {day_and_time(job.decided_at)}" if job.decided_at else f"by {who}"


def _progress(facts: Card) -> str:
    job = facts.job
    answered = job.accepted + job.refused  # what is unknown had no answer, so the bar stays short of full
    line = f"{states.symbol(job)} {bar(answered, job.to_send)} {answered:,} of {job.to_send:,} answered"
    if job.answered:
        line += f" ({states.tally(job)})"
    if job.watched and job.accepted:
        coming = job.to_send - job.refused - job.unknown - job.cancelled
        line += f"\n{ARRIVAL} {bar(job.arrived, coming)} {job.arrived:,} of {coming:,} arrived"
    if job.started_at:
        line += f", {took(((job.finished_at or facts.now) - job.started_at).total_seconds())}"
    words = states.words(job)
    return f"{line}\n{words[0].upper()}{words[1:]}."
