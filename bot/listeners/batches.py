"""Batches: `/set-action batches`, its pages, and running one by its code."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from slack_bolt.async_app import AsyncAck

from bot.batch_text import Look, is_about_batches, parse_batch
from bot.catalogue import Catalogue
from bot.listeners.batch_payloads import Opening
from bot.listeners.payloads import Command
from bot.listeners.ports import Whisper
from bot.listeners.switchboard import Switchboard
from bot.parsing import UnusableText
from bot.service.batches import Batches
from bot.service.own_batches import OwnBatches, Page
from bot.views import batches as shown
from bot.views.listing import Workspace
from bot.views.message import Button, Message


class BatchCommands:
    """Each method is a listener: check, one use case, acknowledge."""

    def __init__(
        self,
        batches: Batches,
        own: OwnBatches,
        whisper: Whisper,
        catalogue: Catalogue,
        names: Mapping[str, str],
        workspace: Workspace,
    ) -> None:
        self._batches = batches
        self._own = own
        self._whisper = whisper
        self._catalogue = catalogue
        self._names = names
        self._workspace = workspace

    def register(self, board: Switchboard) -> None:
        """Map command and buttons to their listeners; before `Commands`, which takes every other text."""
        board.command("/set-action", when=_about_batches)(self.set_action)
        board.action(Button.NEWER_BATCHES.value)(self.newer)
        board.action(Button.OLDER_BATCHES.value)(self.older)

    async def set_action(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """List the caller's batches, show one in full, or ask for an action on one: a card follows."""
        command = Command.model_validate(body)
        try:
            wanted = parse_batch(command.text, catalogue=self._catalogue, clusters=self._names)
        except UnusableText as mistake:
            await self._batches.refuse(command.operator, mistake)
            raise
        if isinstance(wanted, Look):
            message = await self._show(command, wanted)
            await ack(response_type="ephemeral", **message.payload())
            return
        proposal_id = uuid4()
        self._whisper.remember(proposal_id, command.response_url)
        await self._batches.run(
            command.operator,
            wanted,
            proposal_id=proposal_id,
            request_key=command.trigger_id,
            channel_id=command.channel_id,
        )
        await ack()

    async def newer(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Turn the list one page towards its beginning."""
        click = Opening.model_validate(body)
        page = await self._own.page(click.operator, after=click.place)
        self._whisper.say(click.response_url, self._list(page), replace=True)
        await ack()

    async def older(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Turn the list one page towards its end."""
        click = Opening.model_validate(body)
        page = await self._own.page(click.operator, before=click.place)
        self._whisper.say(click.response_url, self._list(page), replace=True)
        await ack()

    async def _show(self, command: Command, look: Look) -> Message:
        if look.code is None:
            return self._list(await self._own.page(command.operator))
        found = await self._own.detail(command.operator, look.code, look.typed)
        name = self._names.get(found.batch.cluster, found.batch.cluster)
        return shown.detail(
            found.batch, found.jobs, found.first_cids, name, self._workspace, may_assign=found.may_assign
        )

    def _list(self, page: Page) -> Message:
        lines = [(one.batch, one.last, one.may_assign) for one in page.standings]
        return shown.my_batches(lines, page.newer, page.older, self._names, may_make=page.may_make)


async def _about_batches(body: dict[str, Any]) -> bool:
    return is_about_batches(str(body.get("text") or ""))
