"""A card between its confirmation and its start: who must approve, what it waits for, who may do what."""

from collections.abc import Sequence
from dataclasses import dataclass

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ConfirmObject,
    HeaderBlock,
    InteractiveElement,
    PlainTextObject,
)

from bot.run_at import told
from bot.views.message import Button, Message
from bot.views.preview import Path, left_out, preview
from bot.views.text import clip, context, customers, day_and_time, escape, mention, plain, section
from store.approval_model import Approval, Decision, Override
from store.holds import Hold
from store.model import Job, JobState

ENDED = (JobState.DENIED, JobState.EXPIRED, JobState.CANCELLED)
WAITING = (JobState.AWAITING, JobState.SCHEDULED)
MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Papers:
    """What people have decided on a job since it was confirmed."""

    decisions: Sequence[Approval] = ()
    overrides: Sequence[Override] = ()

    def approved(self, job: Job) -> Sequence[Approval]:
        """The approvals that count for the job as it is now."""
        return [one for one in self.decisions if one.stands(job)]


def waits(job: Job) -> bool:
    """Whether the card is one of this room's: confirmed and not begun, or ended in between."""
    if job.state is JobState.EXPIRED:
        return job.decided_at is not None
    if job.state is JobState.CANCELLED:
        return job.stopped_at is not None and job.started_at is None
    return job.state in WAITING or job.state is JobState.DENIED


def start_line(job: Job) -> str:
    """When it is to start, by the clocks of who asked, in UTC, and by those of whoever reads it."""
    if job.start_at is None:
        return ""
    return f"{escape(told(job.start_at, job.start_zone))}; for you {day_and_time(job.start_at)}"


def waiting(job: Job, where: str, path: Path, papers: Papers) -> list[Block]:
    """The card's lower half; `where` is the cluster by its names, unescaped."""
    if job.state in ENDED:
        return [*_ended(job, papers), *signed(job, papers)]
    shown: list[Block] = [*preview(job, where, path), *_read_when(job)]
    head = _awaiting(job, papers) if job.state is JobState.AWAITING else _scheduled(job, where)
    return [
        section(head),
        *shown,
        *signed(job, papers),
        context(f"Confirmed by {mention(job.decided_by or job.operator.user_id)}. Job `{job.short_id}`."),
        ActionsBlock(elements=_buttons(job, where)),
    ]


def copy(job: Job, where: str, path: Path, papers: Papers) -> Message:
    """What an approver sees who is not in the channel: the card's summary, with its buttons."""
    title = f"{job.action_name} for {customers(job.total)} on {where}"
    words = f"{mention(job.operator.user_id)} asks for {escape(title)}."
    blocks: list[Block] = [
        HeaderBlock(text=PlainTextObject(text=clip(title, 150), emoji=False)),
        section(f"Asked by {mention(job.operator.user_id)} in <#{job.channel_id}>, where you are no member."),
    ]
    if job.reason:
        blocks.append(plain(f"Why: {job.reason}"))
    if waits(job):
        blocks += waiting(job, where, path, papers)
    else:
        blocks += [
            *left_out(job),
            *signed(job, papers),
            context("It has begun. Its channel tells how it goes."),
        ]
    return Message(words, blocks)


def signed(job: Job, papers: Papers) -> list[Block]:
    """Who approved, and who let it start in spite of what."""
    lines = []
    if given := papers.approved(job)[:MOST_NAMED]:
        names = ", ".join(f"{mention(one.operator.user_id)} {day_and_time(one.at)}" for one in given)
        lines.append(f":heavy_check_mark: Approved by {names}")
    for one in papers.overrides:
        why = escape(clip(one.reason, 500))
        lines.append(
            f":warning: {mention(one.operator.user_id)} let it start in spite of {HELD[one.hold]}: “{why}”"
        )
    return [context("\n".join(lines))] if lines else []


HELD = {
    Hold.FREEZE: "the freeze",
    Hold.RIGHTS: "the missing right of who asked",
    Hold.LATE: "its time being over",
    Hold.UNREADABLE: "unknown rights",
}


def hold_words(job: Job, where: str) -> str:
    """Why it does not start and until when, in one sentence or two; mrkdwn."""
    place, why = escape(where), escape(clip(job.hold_reason or "", 500))
    until = day_and_time(job.due_at) if job.due_at else "an administrator says so"
    match job.hold:
        case Hold.FREEZE:
            return (
                f":snowflake: *{place} is frozen until {until}*: “{why}”. Nothing was sent. It starts by "
                "itself when the freeze ends; an administrator can let it start before."
            )
        case Hold.RIGHTS:
            return (
                f":lock: *It does not start*: {why}. Nothing was sent. It waits until an administrator lets "
                "it start or somebody cancels it."
            )
        case Hold.LATE:
            return (
                f":hourglass: *It does not start by itself any more*: {why}. Nothing was sent. Give it "
                "another time, or have an administrator let it start, or cancel it."
            )
    return f":hourglass_flowing_sand: {why}. Nothing was sent. It is tried again {until}."


def _awaiting(job: Job, papers: Papers) -> str:
    given = len(papers.approved(job))
    people = "somebody else" if job.approvals == 1 else f"{job.approvals} other people"
    lines = [f":raised_hand: *Waits for the approval of {people}*: {given} of {job.approvals} given."]
    if job.start_at:
        lines.append(f"It is to start {start_line(job)}, or when it is approved if that is later.")
    if job.approve_by:
        lines.append(f"Nothing is sent before. Without approval it expires {day_and_time(job.approve_by)}.")
    if job.remind_at and job.reminders:
        lines.append(f"The next reminder comes {day_and_time(job.remind_at)}.")
    return "\n".join(lines)


def _scheduled(job: Job, where: str) -> str:
    if job.hold:
        asked = f"\nIt was asked for {start_line(job)}." if job.start_at else ""
        return hold_words(job, where) + asked
    if job.start_at:
        return f":calendar: *Starts {start_line(job)}.* Nothing is sent before."
    return ":hourglass_flowing_sand: It starts in a moment, when every right is checked again."


def _read_when(job: Job) -> list[Block]:
    if job.previewed_at is None:
        return []
    return [
        context(
            f"That was read {day_and_time(job.previewed_at)}, before it was confirmed; it may have changed "
            "since."
        )
    ]


def _ended(job: Job, papers: Papers) -> list[Block]:
    if job.state is JobState.DENIED:
        denied = next((one for one in papers.decisions if one.decision is Decision.DENIED), None)
        who = f" by {mention(denied.operator.user_id)}, {day_and_time(denied.at)}" if denied else ""
        why = plain(f"Why not: {denied.reason}") if denied and denied.reason else None
        return [context(f":no_entry: Denied{who}. Nothing was sent."), *([why] if why else [])]
    if job.state is JobState.EXPIRED:
        when = f" {day_and_time(job.finished_at)}" if job.finished_at else ""
        return [context(f":hourglass: Expired{when}: nobody approved it in time. Nothing was sent.")]
    who = mention(job.stopped_by) if job.stopped_by else "the bot"
    when = f", {day_and_time(job.stopped_at)}" if job.stopped_at else ""
    return [context(f":no_entry_sign: Cancelled by {who}{when}, before it started. Nothing was sent.")]


def _buttons(job: Job, where: str) -> list[InteractiveElement]:
    value = job.uuid.hex
    bound = f"{value}.{job.shown}"
    buttons: list[InteractiveElement] = []
    if job.state is JobState.AWAITING:
        buttons.append(
            ButtonElement(
                text="Approve",
                action_id=Button.APPROVE,
                value=bound,
                style="primary",
                confirm=_sure(job, where),
            )
        )
        buttons.append(ButtonElement(text="Deny", action_id=Button.DENY, value=bound, style="danger"))
    if job.hold in (Hold.FREEZE, Hold.RIGHTS, Hold.LATE):
        buttons.append(ButtonElement(text="Start all the same", action_id=Button.OVERRIDE, value=value))
    words = "Change time" if job.start_at else "Set a time"
    buttons.append(ButtonElement(text=words, action_id=Button.RETIME, value=value))
    return [*buttons, ButtonElement(text="Cancel", action_id=Button.WITHDRAW, value=value)]


def _sure(job: Job, where: str) -> ConfirmObject:
    when = f" It starts {told(job.start_at, job.start_zone)}." if job.start_at else ""
    text = f"{job.action_name} will be sent to {clip(where, 130)} for {customers(job.to_send)}.{when}"
    return ConfirmObject(
        title=clip(f"Approve {job.action_name}?", 100),
        text=PlainTextObject(text=clip(text, 300), emoji=False),
        confirm="Yes, approve it",
        deny="Go back",
    )
