"""One job: its modal, opened by a command or a button; its parts and pages; what can be done with it."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from slack_bolt.async_app import AsyncAck
from slack_sdk.models.views import View

from bot.errors import SetActionError
from bot.job_look import Look
from bot.listeners.faults import plain_words
from bot.listeners.job_payloads import JobClick
from bot.listeners.opening import Openings
from bot.listeners.payloads import Command
from bot.listeners.showing import Showing
from bot.listeners.switchboard import Switchboard
from bot.service.again import Again
from bot.service.job_detail import JobDetails
from bot.service.stopping import Stopping
from bot.views import form, notices
from bot.views.job_detail import Surroundings, detail
from bot.views.job_files import of_job
from bot.views.message import Button
from store.errors import StoreError
from store.model import CustomerOutcome, Operator

AGAIN = {
    Button.RETRY_REFUSED: CustomerOutcome.REFUSED,
    Button.SEND_UNKNOWN: CustomerOutcome.UNKNOWN,
    Button.SEND_NEVER_SENT: CustomerOutcome.CANCELLED,
}
CARD_MADE = "A new card is on its way to the job's channel. Nothing is sent until you confirm it there."
MAKING = "The file is being made. It comes to you in a direct message."
SENT = "The file is in your direct messages with me."
NOT_SENT = "Slack did not take the file. Press “Export CSV” again in a moment."


class JobWindow:
    """Each method is a listener. What is pressed in the modal is answered in the modal."""

    def __init__(
        self,
        details: JobDetails,
        again: Again,
        stopping: Stopping,
        openings: Openings,
        showing: Showing,
        around: Surroundings,
    ) -> None:
        self._details = details
        self._again = again
        self._stopping = stopping
        self._openings = openings
        self._showing = showing
        self._windows = showing.windows
        self._around = around

    def register(self, board: Switchboard) -> None:
        """Map command and buttons to their listeners; after `Lists`, which leaves a job's id."""
        board.command("/my-jobs")(self.by_command)
        board.action(Button.JOB_DETAIL.value)(self.by_button)
        board.action(Button.JOB_OVERVIEW.value)(self.turn)
        board.action(Button.JOB_TIMELINE.value)(self.turn)
        board.action(Button.JOB_REQUESTS.value)(self.turn)
        board.action(Button.JOB_CUSTOMERS.value)(self.turn)
        board.action(Button.JOB_BACK.value)(self.turn)
        board.action(Button.JOB_FURTHER.value)(self.turn)
        board.action(Button.JOB_OUTCOME.value)(self.turn)
        board.action(Button.STOP.value)(self.stop)
        board.action(Button.RETRY_REFUSED.value)(self.send_again)
        board.action(Button.SEND_UNKNOWN.value)(self.send_again)
        board.action(Button.SEND_NEVER_SENT.value)(self.send_again)
        board.action(Button.NEXT_ACTION.value)(self.next_action)
        board.action(Button.JOB_CSV.value)(self.export)

    async def by_command(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Open the job whose id was typed."""
        command = Command.model_validate(body)
        look = await self._details.named(command.operator, command.text)
        await self._showing.open(command.trigger_id, self._drawn(command.operator, look))
        await ack()

    async def by_button(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Open the job of a list or a thread."""
        click = JobClick.model_validate(body)
        await self._showing.open(click.trigger_id, self._drawn(click.operator, Look(click.job)))
        await ack()

    async def turn(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Show another part or page."""
        click = JobClick.model_validate(body)
        await self._show(click, click.look)
        await ack()

    async def stop(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Send nothing further of a job; pressed on its card or in its modal."""
        click = JobClick.model_validate(body)
        await self._answered(click, self._stopping.stop(click.operator, click.job), "")
        await ack()

    async def send_again(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Make a card of what the job did not get done."""
        click = JobClick.model_validate(body)
        outcome = AGAIN[Button(body["actions"][0]["action_id"])]
        card = self._again.propose(click.operator, click.job, outcome, request_key=click.trigger_id)
        await self._answered(click, card, CARD_MADE)
        await ack()

    async def next_action(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Open the form with the accepted customers and the action that usually follows."""
        click = JobClick.model_validate(body)
        opened = self._openings.on_accepted(
            click.operator, click.trigger_id, click.job, self._around.following
        )
        await self._answered(click, opened, None)
        await ack()

    async def export(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Send every customer as a file, privately, without making anybody wait; how it went is shown."""
        click = JobClick.model_validate(body)
        await self._details.job(click.operator, click.look)
        shown = await self._show(click, click.shown, MAKING)
        self._showing.under_way.start_alone(self._export(click, shown))
        await ack()

    async def _export(self, click: JobClick, shown: str | None) -> None:
        try:
            everybody = await self._details.everybody(click.operator, click.look)
            file = await asyncio.to_thread(of_job, everybody, self._around.path)
            sent = await self._windows.deliver(click.operator.user_id, file)
        except (SetActionError, StoreError):
            sent = False
        told = shown and await self._show(click, click.shown, SENT if sent else NOT_SENT, instead_of=shown)
        if not sent and not told:
            self._windows.tell(click.operator.user_id, notices.said(NOT_SENT))

    async def _answered(self, click: JobClick, doing: Awaitable[object], done: str | None) -> None:
        """Do it, and show in the modal what came of it; what is pressed in a message is told by others."""
        try:
            await doing
        except SetActionError as refusal:
            if click.modal is None:
                raise
            await self._show(click, click.shown, plain_words(notices.refusal(refusal)))
        else:
            if click.modal and done is not None:
                await self._show(click, click.shown, done)

    async def _show(
        self, click: JobClick, look: Look, notice: str = "", instead_of: str | None = None
    ) -> str | None:
        """Put a look into the modal, if that still shows `instead_of`; the hash of the view, or None."""
        if click.modal is None:
            return None
        try:
            view = await self._drawn(click.operator, look, notice)
        except SetActionError as refusal:
            view = form.told(notices.refusal(refusal))
        return await self._windows.replace(click.modal, view, instead_of)

    async def _drawn(self, operator: Operator, look: Look, notice: str = "") -> View:
        return detail(await self._details.look(operator, look), self._around, notice)
