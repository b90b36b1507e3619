"""The button under the word that a cluster is left alone."""

from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.listeners.payloads import Click
from bot.listeners.ports import Whisper
from bot.listeners.switchboard import Switchboard
from bot.service.resuming import Resuming
from bot.views import pending
from bot.views.message import Button


class PauseButtons:
    """One listener: check, one use case, acknowledge."""

    def __init__(self, resuming: Resuming, whisper: Whisper) -> None:
        self._resuming = resuming
        self._whisper = whisper

    def register(self, board: Switchboard) -> None:
        """Map the button to its listener."""
        board.action(Button.RESUME.value)(self.resume)

    async def resume(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Have a cluster tried again at once."""
        click = Click.model_validate(body)
        await self._resuming.resume(click.operator, click.job)
        self._whisper.say(click.response_url, pending.resumed(), thread=click.thread)
        await ack()
