"""Stopping a job: the button, who did it, and what the thread is told while requests are in flight."""

from slack_sdk.models.blocks import Block, ButtonElement, ConfirmObject, PlainTextObject

from bot.views import states
from bot.views.message import Button, Message
from bot.views.text import context, customers, day_and_time, mention, section
from store.model import Job, JobState


def is_stoppable(job: Job) -> bool:
    """Whether something of it may still be sent."""
    return job.state in (JobState.CONFIRMED, JobState.RUNNING) and not job.stopped_at


def stop_button(job: Job) -> ButtonElement:
    """Stops it, after a question."""
    left = job.to_send - job.answered
    sure = ConfirmObject(
        title="Stop this job?",
        text=PlainTextObject(
            text=f"No further request is sent. What was sent stays sent, and requests in flight are waited "
            f"for. {customers(left)} of {job.to_send:,} had no answer when this was drawn.",
            emoji=False,
        ),
        confirm="Yes, stop it",
        deny="Go back",
    )
    return ButtonElement(text="Stop", action_id=Button.STOP, value=job.uuid.hex, style="danger", confirm=sure)


def stopped(job: Job) -> list[Block]:
    """Who stopped it, and when."""
    if not job.stopped_by or not job.stopped_at:
        return []
    by = f"{mention(job.stopped_by)}, {day_and_time(job.stopped_at)}"
    return [context(f":octagonal_sign: Stopped by {by}: {states.tally(job)}.")]


def stopping(job: Job) -> Message:
    """Somebody stopped it while requests were in flight; `job` as it is when this is said."""
    who = mention(job.stopped_by or "")
    flying = states.in_flight(job)
    words = f":octagonal_sign: {who} has stopped this job: no further request is sent. So far: "
    words += f"{states.tally(job)}."
    if flying:
        words += (
            f" {customers(flying)} {'is' if flying == 1 else 'are'} in flight: the answer is awaited, and "
            "told here."
        )
    return Message(words, [section(words)])
