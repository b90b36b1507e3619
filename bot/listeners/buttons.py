"""The buttons of a card that is not decided."""

from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.listeners.payloads import Click
from bot.listeners.switchboard import Switchboard
from bot.service.decisions import Decisions
from bot.service.previews import Previews
from bot.views.message import Button


class Buttons:
    """Each method is a listener: check, one use case, acknowledge. What changes is shown by the outbox."""

    def __init__(
        self,
        decisions: Decisions,
        previews: Previews,
    ) -> None:
        self._decisions = decisions
        self._previews = previews

    def register(self, board: Switchboard) -> None:
        """Map the buttons to their listeners."""
        board.action(Button.CONFIRM.value)(self.confirm)
        board.action(Button.CANCEL.value)(self.cancel)
        board.action(Button.INCLUDE.value)(self.include)
        board.action(Button.LEAVE_OUT.value)(self.leave_out)
        board.action(Button.READ_AGAIN.value)(self.read_again)
        board.action(Button.CUSTOMERS_CSV.value)(self.show_everybody)

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
