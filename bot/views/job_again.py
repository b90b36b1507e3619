"""Sending again in a new job: where its customers come from, and what sending the unknown means."""

from slack_sdk.models.blocks import Block

from bot.views.text import escape, section
from store.model import Job, Source

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


def sends_unknown(job: Job) -> list[Block]:
    """What whoever confirms a card with unknown customers must know."""
    if not any(source.kind == "unknown" for source in job.sources):
        return []
    return [section(f":warning: {UNKNOWN_AGAIN}")]
