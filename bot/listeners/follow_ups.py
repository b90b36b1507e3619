"""The buttons under what is not certain of a job that was sent: check again, send the rest, watch again."""

from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.listeners.payloads import Click
from bot.listeners.switchboard import Switchboard
from bot.service.unknowns import Unknowns
from bot.service.watching import Watching
from bot.views.message import Button


class FollowUps:
    """Each method is a listener: check, one use case, acknowledge. What changes is shown by the outbox."""

    def __init__(self, unknowns: Unknowns, watching: Watching) -> None:
        self._unknowns = unknowns
        self._watching = watching

    def register(self, board: Switchboard) -> None:
        """Map the buttons to their listeners."""
        board.action(Button.CHECK_AGAIN.value)(self.check_again)
        board.action(Button.SEND_REST.value)(self.send_rest)
        board.action(Button.WATCH_AGAIN.value)(self.watch_again)

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

    async def watch_again(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Have a job's customers watched once more that have not arrived."""
        click = Click.model_validate(body)
        await self._watching.watch_again(click.operator, click.job)
        await ack()
