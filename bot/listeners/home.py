"""The App Home: opened, and what can be chosen there. The outbox draws it, like all that was committed."""

from typing import Any

from slack_bolt.async_app import AsyncAck

from bot.listeners.payloads import HomeOpened, NotifyChosen
from bot.listeners.switchboard import Switchboard
from bot.service.own_home import OwnHome
from bot.views.message import Button


class HomeTab:
    """Each method is a listener: check, one use case, acknowledge."""

    def __init__(self, own_home: OwnHome) -> None:
        self._own_home = own_home

    def register(self, board: Switchboard) -> None:
        """Map the event and the menu to their listeners."""
        board.event("app_home_opened")(self.opened)
        board.action(Button.NOTIFY.value)(self.notify)

    async def opened(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Have the home tab of whoever opened it drawn."""
        opened = HomeOpened.model_validate(body)
        if opened.event.tab == "home":
            await self._own_home.opened(opened.operator, opened.seen)
        await ack()

    async def notify(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Keep how the person wants to hear of the end of their jobs."""
        chosen = NotifyChosen.model_validate(body)
        await self._own_home.choose(chosen.operator, chosen.notify)
        await ack()
