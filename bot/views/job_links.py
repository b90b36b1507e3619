"""The way from a message to one job in full."""

from slack_sdk.models.blocks import ButtonElement

from bot.views.message import Button
from store.model import Job


def details(job: Job) -> ButtonElement:
    """Opens the job's modal."""
    return ButtonElement(text="Details", action_id=Button.JOB_DETAIL, value=job.uuid.hex)
