"""What the viewer can do with a job from its detail: only what is theirs to do, and possible as it stands."""

from slack_sdk.models.blocks import ButtonElement, ConfirmObject, InteractiveElement, PlainTextObject

from bot.job_look import Look, Seen, Tab
from bot.views.job_stop import is_stoppable, stop_button
from bot.views.message import Button
from bot.views.text import clip, customers
from store.model import Job, JobState


def actions(seen: Seen, following: str | None) -> list[InteractiveElement]:
    """The buttons; `following` is the action that usually comes next."""
    job = seen.job
    elements: list[InteractiveElement] = []
    if seen.may_stop and is_stoppable(job):
        elements.append(stop_button(job))
    if seen.owned and job.state in (JobState.WATCHING, JobState.DONE):
        elements += _again(job)
        if following and job.accepted:
            words = clip(f"Run {following} on the {job.accepted:,} accepted", 75)
            elements.append(ButtonElement(text=words, action_id=Button.NEXT_ACTION, value=job.uuid.hex))
    elements.append(
        ButtonElement(text="Export CSV", action_id=Button.JOB_CSV, value=Look(job.uuid, Tab.OVERVIEW).value)
    )
    return elements


def _again(job: Job) -> list[InteractiveElement]:
    value, elements = job.uuid.hex, list[InteractiveElement]()
    if job.refused:
        words = f"Retry the {job.refused:,} refused"
        elements.append(ButtonElement(text=words, action_id=Button.RETRY_REFUSED, value=value))
    if job.cancelled:
        words = f"Send the {job.cancelled:,} never sent"
        elements.append(ButtonElement(text=words, action_id=Button.SEND_NEVER_SENT, value=value))
    if job.unknown:
        words = f"Send the {job.unknown:,} unknown again"
        elements.append(
            ButtonElement(text=words, action_id=Button.SEND_UNKNOWN, value=value, confirm=_sure(job))
        )
    return elements


def _sure(job: Job) -> ConfirmObject:
    return ConfirmObject(
        title="Send the unknown again?",
        text=PlainTextObject(
            text="Unknown means: sent, and no answer came. The cluster may have done it for "
            f"{customers(job.unknown)}, or may still. A card is made; nothing is sent until "
            "you confirm that one.",
            emoji=False,
        ),
        confirm="Show me the card",
        deny="Go back",
    )
