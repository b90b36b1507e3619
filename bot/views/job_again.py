"""Asking again: the way there, where the customers come from, and what sending the unknown means."""

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement

from bot.views.message import Button
from bot.views.text import escape, section
from store.model import Job, JobState, Source

KINDS = ("refused", "unknown", "never sent")
UNKNOWN_AGAIN = (
    "*These were sent before, and their answer never came.* The cluster may have done it, or may still do "
    "it. When its state was last read they were not there. To send them again may have it done twice."
)


def from_job(source: Source) -> str | None:
    """`8 refused of job 0a1b2c3d`, mrkdwn; None for another kind of source."""
    if source.kind not in KINDS:
        return None
    return f"{source.count:,} {source.kind} of job `{escape(source.name)}`"


def again(job: Job) -> list[Block]:
    """The button that opens the form with everything of a job that has ended, or of a card that has."""
    if job.parent_id is not None and not job.is_job:
        return []  # what is sent again comes from one job, word for word: that is where to begin again
    words = "Run again" if job.state is JobState.DONE else "Ask again"
    return [
        ActionsBlock(elements=[ButtonElement(text=words, action_id=Button.RUN_AGAIN, value=job.uuid.hex)])
    ]


def sends_unknown(job: Job) -> list[Block]:
    """What whoever confirms a card with unknown customers must know."""
    if not any(source.kind == "unknown" for source in job.sources):
        return []
    return [section(f":warning: {UNKNOWN_AGAIN}")]
