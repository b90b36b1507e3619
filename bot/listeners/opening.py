"""The ways into the form: a command, shortcuts, buttons. Opened within the trigger's three seconds."""

import asyncio
from collections.abc import Coroutine, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from slack_bolt.async_app import AsyncAck
from slack_sdk.models.views import View

from bot.draft import Draft
from bot.listeners.payloads import Click, Command, MessageShortcut, Opening
from bot.listeners.showing import Showing
from bot.listeners.switchboard import Switchboard
from bot.service.asking import NAMED
from bot.service.choosing import Choosing
from bot.service.drafts import Drafts
from bot.views import files, form
from bot.views.form import Callback
from bot.views.message import Button
from store.model import Operator


class Openings:
    """Each method is a listener: check, begin a draft, open the form, acknowledge."""

    def __init__(
        self,
        drafts: Drafts,
        choosing: Choosing,
        showing: Showing,
    ) -> None:
        self._drafts = drafts
        self._choosing = choosing
        self._showing = showing

    def register(self, board: Switchboard) -> None:
        """Map shortcuts and buttons to their listeners; the command comes by `by_command`."""
        board.shortcut(Callback.SHORTCUT.value)(self.by_shortcut)
        board.shortcut(Callback.MESSAGE_SHORTCUT.value)(self.on_message)
        board.action(Button.OPEN_FORM.value)(self.by_shortcut)
        board.action(Button.EDIT.value)(self.edit)
        board.action(Button.RUN_AGAIN.value)(self.run_again)

    async def by_command(self, command: Command) -> None:
        """Open the form where the command was typed. Raises SetActionError, StoreError."""
        draft = self._drafts.blank(command.operator, command.channel_id)
        await self._open(command.operator, command.trigger_id, draft)

    async def by_shortcut(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Open the form from anywhere: the global shortcut, and the button on the App Home."""
        opening = Opening.model_validate(body)
        await self._open(
            opening.operator, opening.trigger_id, self._drafts.blank(opening.operator, channel=None)
        )
        await ack()

    async def on_message(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Open the form with the ids and files of a message."""
        given = MessageShortcut.model_validate(body)
        draft = self._drafts.from_message(given.operator, given.channel.id, given.message.text, given.files)
        await self._open(given.operator, given.trigger_id, draft)
        await ack()

    async def edit(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Open the form with everything of a card that is not decided."""
        click = Click.model_validate(body)
        await self._open(click.operator, click.trigger_id, self._drafts.of_card(click.press))
        await ack()

    async def run_again(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Open the form with everything of a job that has ended."""
        click = Click.model_validate(body)
        await self._open(click.operator, click.trigger_id, self._drafts.of_job(click.press))
        await ack()

    async def on_accepted(
        self, operator: Operator, trigger_id: str, job: UUID, following: Mapping[str, str]
    ) -> None:
        """Open the form with the customers a job's cluster accepted and the action that usually follows."""
        await self._open(operator, trigger_id, self._drafts.of_accepted(operator, job, following))

    async def _open(self, operator: Operator, trigger_id: str, draft: Coroutine[Any, Any, Draft]) -> None:
        await self._showing.open(trigger_id, self._drawn(operator, draft))

    async def _drawn(self, operator: Operator, draft: Coroutine[Any, Any, Draft]) -> View:
        begun = await draft
        if len(begun.left_out) > NAMED:
            sheet = partial(files.bad_lines, "the message", begun.left_out)
            self._showing.windows.send(operator.user_id, sheet)
        placed, choices = await asyncio.gather(self._choosing.placed(begun), self._choosing.choices(operator))
        return form.form(placed, choices)
