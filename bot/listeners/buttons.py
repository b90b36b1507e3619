"""The buttons: decide on a card, have unknown outcomes checked again."""

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.listeners.payloads import Click
from bot.service.decisions import Decisions
from bot.service.previews import Previews
from bot.service.unknowns import Unknowns
from bot.views.message import Button


class Buttons:
    """Each method is a listener: check, one use case, acknowledge. What changes is shown by the outbox."""

    def __init__(
        self,
        decisions: Decisions,
        previews: Previews,
        unknowns: Unknowns,
    ) -> None:
        self._decisions = decisions
        self._previews = previews
        self._unknowns = unknowns

    def register(self, app: AsyncApp) -> None:
        """Map the buttons to their listeners."""
        app.action(Button.CONFIRM.value)(self.confirm)
        app.action(Button.CANCEL.value)(self.cancel)
        app.action(Button.INCLUDE.value)(self.include)
        app.action(Button.LEAVE_OUT.value)(self.leave_out)
        app.action(Button.READ_AGAIN.value)(self.read_again)
        app.action(Button.CUSTOMERS_CSV.value)(self.show_everybody)
        app.action(Button.CHECK_AGAIN.value)(self.check_again)
        app.action(Button.SEND_REST.value)(self.send_rest)

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

    async def check_again(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Have the cluster's state read for a job's unknown customers."""
        click = Click.model_validate(body)
        await self._unknowns.check_again(click.operator, click.job)
        await ack()

    async def send_rest(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Send a job's unknown customers again."""
        click = Click.model_validate(body)
        await self._unknowns.send_rest(click.operator, click.job)
        await ack()
