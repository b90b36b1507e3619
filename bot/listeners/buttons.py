"""The buttons: decide on a card, look at one's jobs."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.errors import NoLongerPossible
from bot.listeners.payloads import Click
from bot.listeners.ports import Whisper
from bot.service.decisions import Decisions
from bot.service.own_jobs import OwnJobs, Page
from bot.service.previews import Previews
from bot.views import listing
from bot.views.message import Button, Message


class Buttons:
    """Each method is a listener: check, one use case, acknowledge. What changes is shown by the outbox."""

    def __init__(
        self,
        decisions: Decisions,
        previews: Previews,
        own_jobs: OwnJobs,
        whisper: Whisper,
        names: Mapping[str, str],
        workspace: listing.Workspace,
    ) -> None:
        self._decisions = decisions
        self._previews = previews
        self._own_jobs = own_jobs
        self._whisper = whisper
        self._names = names
        self._workspace = workspace

    def register(self, app: AsyncApp) -> None:
        """Map the buttons to their listeners."""
        app.action(Button.CONFIRM.value)(self.confirm)
        app.action(Button.CANCEL.value)(self.cancel)
        app.action(Button.INCLUDE.value)(self.include)
        app.action(Button.LEAVE_OUT.value)(self.leave_out)
        app.action(Button.READ_AGAIN.value)(self.read_again)
        app.action(Button.CUSTOMERS_CSV.value)(self.show_everybody)
        app.action(Button.MY_JOBS.value)(self.my_jobs)
        app.action(Button.NEWER.value)(self.newer)
        app.action(Button.OLDER.value)(self.older)

    async def confirm(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Make a card a job."""
        await self._decisions.confirm(Click.model_validate(body).press)
        await ack()

    async def cancel(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Put a card away."""
        await self._decisions.cancel(Click.model_validate(body).press)
        await ack()

    async def include(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Send those that are there already too."""
        await self._previews.include(Click.model_validate(body).press, wanted=True)
        await ack()

    async def leave_out(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Leave those that are there already out again."""
        await self._previews.include(Click.model_validate(body).press, wanted=False)
        await ack()

    async def read_again(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Have a card's customers' state read once more."""
        await self._previews.read_again(Click.model_validate(body).press)
        await ack()

    async def show_everybody(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Put all of a card's customers into its thread."""
        await self._previews.show_everybody(Click.model_validate(body).press)
        await ack()

    async def my_jobs(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Show the caller's newest jobs, privately."""
        click = Click.model_validate(body)
        page = await self._own_jobs.page(click.operator)
        self._whisper.say(click.response_url, self._list(page), thread=click.thread)
        await ack()

    async def newer(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Turn the list one page towards the newest."""
        click = Click.model_validate(body)
        page = await self._own_jobs.page(click.operator, after=_row(click))
        self._whisper.say(click.response_url, self._list(page), replace=True)
        await ack()

    async def older(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Turn the list one page towards the oldest."""
        click = Click.model_validate(body)
        page = await self._own_jobs.page(click.operator, before=_row(click))
        self._whisper.say(click.response_url, self._list(page), replace=True)
        await ack()

    def _list(self, page: Page) -> Message:
        return listing.my_jobs(page.jobs, page.newer, page.older, self._names, self._workspace)


def _row(click: Click) -> int:
    if not click.value.isdecimal() or len(click.value) > 18:
        raise NoLongerPossible("This button is not one of mine, or too old. Type /my-jobs again.")
    return int(click.value)
