"""Buttons and forms of a job between its confirmation and its start: decide, cancel, time, override."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.errors import SetActionError
from bot.listeners.payloads import Click
from bot.listeners.ports import Windows
from bot.listeners.switchboard import Switchboard
from bot.listeners.waiting_payloads import Answer
from bot.service.approving import Approving
from bot.service.timing import Timing
from bot.views import waiting_forms
from bot.views.card import where
from bot.views.message import Button, Form
from store.model import Job


class WaitingJobs:
    """Each method is a listener: check, one use case, acknowledge. `names`: clusters by key."""

    def __init__(
        self, approving: Approving, timing: Timing, windows: Windows, names: Mapping[str, str]
    ) -> None:
        self._approving = approving
        self._timing = timing
        self._windows = windows
        self._names = names

    def register(self, board: Switchboard) -> None:
        """Map buttons and forms to their listeners."""
        board.action(Button.APPROVE.value)(self.approve)
        board.action(Button.DENY.value)(self.deny)
        board.action(Button.WITHDRAW.value)(self.withdraw)
        board.action(Button.RETIME.value)(self.retime)
        board.action(Button.OVERRIDE.value)(self.override)
        board.view(Form.DENY.value)(self.denied)
        board.view(Form.RETIME.value)(self.retimed)
        board.view(Form.OVERRIDE.value)(self.overridden)

    async def approve(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Count an approval."""
        await self._approving.approve(Click.model_validate(body).press)
        await ack()

    async def withdraw(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Cancel a job before it starts."""
        click = Click.model_validate(body)
        await self._timing.withdraw(click.operator, click.job)
        await ack()

    async def deny(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Ask an approver why not."""
        click = Click.model_validate(body)
        job = await self._approving.check(click.press)
        await self._windows.open(click.trigger_id, waiting_forms.deny(job, self._where(job)))
        await ack()

    async def retime(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Ask for another time."""
        click = Click.model_validate(body)
        job = await self._timing.to_retime(click.operator, click.job)
        await self._windows.open(click.trigger_id, waiting_forms.retime(job, self._where(job)))
        await ack()

    async def override(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Ask an administrator why it must not wait."""
        click = Click.model_validate(body)
        job = await self._timing.to_override(click.operator, click.job)
        await self._windows.open(click.trigger_id, waiting_forms.override(job, self._where(job)))
        await ack()

    async def denied(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """End a job before it starts."""
        form = Answer.model_validate(body)
        await _answered(
            ack, waiting_forms.REASON, lambda: self._approving.deny(form.operator, form.job, form.reason)
        )

    async def retimed(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Give a job another time."""
        form = Answer.model_validate(body)
        await _answered(
            ack, waiting_forms.TIME, lambda: self._timing.retime(form.operator, form.job, form.time)
        )

    async def overridden(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Let a held job start."""
        form = Answer.model_validate(body)
        await _answered(
            ack, waiting_forms.REASON, lambda: self._timing.override(form.operator, form.job, form.reason)
        )

    def _where(self, job: Job) -> str:
        return where(job.cluster, self._names.get(job.cluster, job.cluster))


async def _answered(ack: AsyncAck, field: str, work: Callable[[], Awaitable[Job]]) -> None:
    """Close the form over what was done, or say at its field why nothing was."""
    try:
        await work()
    except SetActionError as refusal:
        await ack(response_action="errors", errors={field: str(refusal)})
    else:
        await ack()
