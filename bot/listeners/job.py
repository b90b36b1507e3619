"""One job: stop it. Pressed on its card or in a view."""

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.listeners.payloads import Pressed
from bot.service.stopping import Stopping
from bot.views.message import Button


class JobButtons:
    """Each method is a listener: check, one use case, acknowledge."""

    def __init__(self, stopping: Stopping) -> None:
        self._stopping = stopping

    def register(self, app: AsyncApp) -> None:
        """Map the buttons to their listeners."""
        app.action(Button.STOP.value)(self.stop)

    async def stop(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Send nothing further of a job."""
        pressed = Pressed.model_validate(body)
        await self._stopping.stop(pressed.operator, pressed.job)
        await ack()
