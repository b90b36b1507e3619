"""What the thread is told while a job's end is open: a pause, what a check showed, what is sent again."""

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ConfirmObject,
    InteractiveElement,
    PlainTextObject,
)

from bot.views import states
from bot.views.aside import addressed
from bot.views.card import where
from bot.views.job_links import details
from bot.views.message import Button, Message
from bot.views.text import clip, context, customers, escape, listing, mention, moment, section
from bot.views.thread import SHOWN, STILL_UNKNOWN, Ended, all_of, check_again, my_jobs
from store.model import Job, JobState, Pause


def paused(job: Job, cluster_name: str, pause: Pause | None) -> Message:
    """The cluster asked us to wait; `pause` is None when it takes requests again by now."""
    place = escape(where(job.cluster, cluster_name))
    if pause is None:
        return Message(f":pause_button: {place} had asked to wait; it takes requests again.")
    if pause.breaker:
        return _left_alone(job, place, pause)
    words = (
        f":pause_button: {place} asks to wait: “{escape(clip(pause.reason, 300))}”. Nothing was done there. "
        f"It is tried again at {moment(pause.until)} and then ever less often, until "
        f"{moment(pause.ends)} at the latest."
    )
    return Message(words, [section(words)])


def _left_alone(job: Job, place: str, pause: Pause) -> Message:
    words = (
        f":pause_button: {place} is left alone: “{escape(clip(pause.reason, 300))}”. What waits stays as it "
        f"is. At {moment(pause.until)} one request is tried; if it goes well, the others follow. An "
        "administrator of the cluster can have it tried at once."
    )
    button = ButtonElement(text="Try again now", action_id=Button.RESUME, value=job.uuid.hex)
    return Message(words, [section(words), ActionsBlock(elements=[button])])


def resumed() -> Message:
    """To the administrator who wanted it."""
    return Message("It is tried again now; the cards of its jobs show how it goes.")


def resent(job: Job, number: int) -> Message:
    """Somebody chose to send the unknown customers again."""
    words = f":repeat: {mention(job.operator.user_id)} sends {customers(number)} again."
    return Message(words, [section(words), context(f"Job `{job.short_id}`")])


def checked(
    ended: Ended, turned: int, error: str | None, sent_again: int, *, awaited: bool = False
) -> Message:
    """What reading the cluster's state showed about the unknown customers, and what follows.

    `awaited`: another message will tell of the arrival, and call then.
    """
    job = ended.job
    call = addressed(job, ended.notify, calls=bool(job.unknown) or not awaited)
    head = f"{_symbol(job, error)} {call}{ended.what}, "
    head += _showed(job, turned, error, sent_again)
    blocks: list[Block] = [section(head)]
    if job.unknown:
        blocks.append(section(f"{STILL_UNKNOWN}{_next(job)}"))
        shown = [customer.cid for customer in ended.unknown[:SHOWN]]
        blocks.append(listing(shown, job.unknown - len(shown)))
    blocks.append(section(f"In all: {states.tally(job)}."))
    blocks += [ActionsBlock(elements=_buttons(ended)), context(f"Job `{job.short_id}`")]
    return Message(head, blocks)


def _symbol(job: Job, error: str | None) -> str:
    return ":grey_question:" if error or job.unknown else states.symbol(job)


def _showed(job: Job, turned: int, error: str | None, sent_again: int) -> str:
    action = escape(job.action_name)
    if error:
        return f"nothing was learned from the cluster. {escape(clip(error, 500))}"
    if sent_again:
        found = customers(turned) if turned else "None"
        return f"checked. {found} found in {action}; the other {sent_again:,} are sent again, as configured."
    if not job.unknown:
        return (
            f"checked. The cluster has {all_of(turned)} in question in {action}, so the request counts as "
            f"accepted{_there(job, turned)} although its answer never came."
        )
    found = customers(turned) if turned else "None"
    return f"checked. {found} found in {action}; {customers(job.unknown)} not, or not yet."


def _there(job: Job, turned: int) -> str:
    """Where arrivals are watched, whoever is found has arrived."""
    return f", and {'it has' if turned == 1 else 'they have'} arrived," if job.arrived >= turned > 0 else ""


def _next(job: Job) -> str:
    if job.state is JobState.DONE or job.check_at is None:
        return ""
    return f" The state is read again at {moment(job.check_at)}; changes will be told here."


def _buttons(ended: Ended) -> list[InteractiveElement]:
    job = ended.job
    buttons: list[InteractiveElement] = [my_jobs(), details(job)]
    if job.unknown:
        buttons.append(check_again(job))
    if job.unknown and job.checked_at:
        buttons.append(_send_rest(ended))
    return buttons


def _send_rest(ended: Ended) -> ButtonElement:
    job = ended.job
    place = where(job.cluster, ended.cluster_name)
    sure = ConfirmObject(
        title="Send the rest again?",
        text=PlainTextObject(
            text=clip(
                f"{job.action_name} will be sent to {place} again for {customers(job.unknown)}. When the "
                "state was last read they were not there; some may still be on their way.",
                300,
            ),
            emoji=False,
        ),
        confirm="Yes, send them",
        deny="Go back",
    )
    return ButtonElement(text="Send the rest", action_id=Button.SEND_REST, value=job.uuid.hex, confirm=sure)
