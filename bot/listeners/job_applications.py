"""The applications of a job's customers in its modal: said to be read at once, shown once they are."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from slack_bolt.async_app import AsyncAck
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.errors import ClusterUnreadable, SetActionError
from bot.listeners.job_payloads import JobClick
from bot.listeners.showing import Showing
from bot.listeners.switchboard import Switchboard
from bot.service.applications import Applications
from bot.service.job_detail import JobDetails
from bot.views import form, job_applications, notices
from bot.views.files import File
from bot.views.job_detail import Surroundings, detail
from bot.views.message import Button
from store.errors import StoreError
from store.model import Job

NOT_KEPT = "What was read is not kept any more. Press “Read again” first."


class JobApplications:
    """Each method is a listener; who presses is asked who they are each time."""

    def __init__(
        self, details: JobDetails, applications: Applications, showing: Showing, around: Surroundings
    ) -> None:
        self._details = details
        self._applications = applications
        self._showing = showing
        self._windows = showing.windows
        self._around = around

    def register(self, board: Switchboard) -> None:
        """Map the buttons to their listeners."""
        board.action(Button.JOB_APPLICATIONS.value)(self.show)
        board.action(Button.READ_APPLICATIONS.value)(self.read_again)
        board.action(Button.APPLICATIONS_CSV.value)(self.export)

    async def show(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Show what was read not long ago, or read it."""
        await self._answer(JobClick.model_validate(body), fresh=False)
        await ack()

    async def read_again(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Read it now."""
        await self._answer(JobClick.model_validate(body), fresh=True)
        await ack()

    async def export(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Send everything that failed as a file, privately; how it went is shown."""
        click = JobClick.model_validate(body)
        job = await self._details.job(click.operator, click.look)
        if summary := self._applications.kept(job):
            file = await asyncio.to_thread(job_applications.troubles_file, job, summary)
            self._showing.under_way.start_alone(self._deliver(click, job, file))
        else:
            await self._put(click, job_applications.unread(job, NOT_KEPT))
        await ack()

    async def _deliver(self, click: JobClick, job: Job, file: File) -> None:
        sent = await self._windows.deliver(click.operator.user_id, file)
        summary = self._applications.kept(job)
        blocks = job_applications.applications(job, summary, datetime.now(UTC)) if summary else []
        words = "The file is in your direct messages with me." if sent else "Slack did not take the file."
        await self._put(click, blocks, words)

    async def _answer(self, click: JobClick, *, fresh: bool) -> None:
        try:
            job = await self._details.job(click.operator, click.look)
        except SetActionError as refusal:
            await self._windows.replace(click.modal or "", form.told(notices.refusal(refusal)))
            return
        summary = None if fresh else self._applications.kept(job)
        if summary:
            await self._put(click, job_applications.applications(job, summary, datetime.now(UTC)))
            return
        name = self._around.names.get(job.cluster, job.cluster)
        shown = await self._put(click, job_applications.reading(job, name))
        self._showing.under_way.start_alone(self._read(click, job, shown))

    async def _read(self, click: JobClick, job: Job, shown: str | None) -> None:
        try:
            summary = await self._applications.read(job)
            blocks = job_applications.applications(job, summary, datetime.now(UTC))
        except (ClusterUnreadable, StoreError) as exc:
            blocks = job_applications.unread(job, str(exc))
        if shown:  # somebody may have turned to another part meanwhile
            await self._put(click, blocks, instead_of=shown)

    async def _put(
        self, click: JobClick, blocks: Sequence[Block], notice: str = "", instead_of: str | None = None
    ) -> str | None:
        if click.modal is None:
            return None
        view: View
        try:
            seen = await self._details.look(click.operator, click.look)
            view = detail(seen, self._around, notice, blocks)
        except SetActionError as refusal:
            view = form.told(notices.refusal(refusal))
        return await self._windows.replace(click.modal, view, instead_of)
