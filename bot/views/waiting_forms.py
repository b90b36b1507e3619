"""The small forms about a job that waits: why it is denied, when it starts, why it must not wait."""

from datetime import datetime

from slack_sdk.models.blocks import InputBlock, PlainTextInputElement, PlainTextObject
from slack_sdk.models.blocks.block_elements import DateTimePickerElement
from slack_sdk.models.views import View

from bot.views.message import Form
from bot.views.text import clip, customers, plain
from store.model import Job

REASON = "reason"
TIME = "time"
LONGEST_REASON = 500


def deny(job: Job, where: str) -> View:
    """Asks why not; `where` is the cluster by its names."""
    return _form(
        Form.DENY, job, "Deny", f"Deny {_what(job, where)}? It ends here, and nothing is sent.", _why()
    )


def override(job: Job, where: str) -> View:
    """Asks an administrator why it must not wait."""
    held = clip(job.hold_reason or "", 500)
    words = f"{_what(job, where)} is held back: {held}. Everybody will read your reason."
    return _form(Form.OVERRIDE, job, "Start it", words, _why())


def retime(job: Job, where: str) -> View:
    """Asks for another time; none is as soon as it may."""
    words = (
        f"When is {_what(job, where)} to start? Leave it empty to start as soon as it may. A later time "
        "keeps its approvals; an earlier one needs them again."
    )
    element = DateTimePickerElement(action_id=TIME, initial_date_time=_seconds(job.start_at))
    field = InputBlock(block_id=TIME, label=_text("Start at (your time)"), element=element, optional=True)
    return _form(Form.RETIME, job, "Set the time", words, field)


def _form(form: Form, job: Job, submit: str, words: str, field: InputBlock) -> View:
    return View(
        type="modal",
        callback_id=form,
        title=_text("Set Action"),
        submit=_text(submit),
        close=_text("Go back"),
        private_metadata=job.uuid.hex,
        blocks=[plain(words), field],
    )


def _why() -> InputBlock:
    element = PlainTextInputElement(action_id=REASON, multiline=True, max_length=LONGEST_REASON)
    return InputBlock(block_id=REASON, label=_text("Why"), element=element)


def _what(job: Job, where: str) -> str:
    return f"{clip(job.action_name, 70)} for {customers(job.to_send)} on {clip(where, 130)}"


def _seconds(at: datetime | None) -> int | None:
    return int(at.timestamp()) if at else None


def _text(words: str) -> PlainTextObject:
    return PlainTextObject(text=words, emoji=False)
