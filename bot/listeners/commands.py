"""The slash command `/set-action`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import uuid4

from slack_bolt.async_app import AsyncAck

from bot.catalogue import Catalogue
from bot.errors import InvalidRequest, NotAllowed
from bot.listeners.opening import Openings
from bot.listeners.payloads import Command
from bot.listeners.ports import Whisper
from bot.listeners.switchboard import Switchboard
from bot.parsing import HelpWanted, Request, UnusableText, parse
from bot.policy import Offer
from bot.service.proposals import Proposals
from bot.views import notices

Payload = Mapping[str, Any]
# Actions with the only clusters they may be used on, clusters with their names, an example.
Usable = tuple[Mapping[str, tuple[str, ...]], Mapping[str, str], tuple[str, str] | None]


@dataclass(frozen=True, slots=True)
class Grammar:
    """What the text of `/set-action` can name; `clusters` are names by key."""

    catalogue: Catalogue
    clusters: Mapping[str, str]
    id_pattern: re.Pattern[str]

    def parse(self, text: str) -> HelpWanted | Request:
        """Read the text of the command. Raises UnusableText."""
        return parse(text, catalogue=self.catalogue, clusters=self.clusters, id_pattern=self.id_pattern)


class Commands:
    """Each method is a listener: check, one use case, acknowledge."""

    def __init__(
        self,
        openings: Openings,
        proposals: Proposals,
        whisper: Whisper,
        grammar: Grammar,
    ) -> None:
        self._openings = openings
        self._proposals = proposals
        self._whisper = whisper
        self._grammar = grammar
        self._names = grammar.clusters
        # The same for all who may do the same; making it takes a third of the time of an answer.
        self._how_to_ask = lru_cache(100)(lambda offer: notices.help_message(*self._usable(offer)).payload())

    def register(self, board: Switchboard) -> None:
        """Map the command to its listener; after `BatchCommands`, which takes some of its texts."""
        board.command("/set-action")(self.set_action)

    async def set_action(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Ask for an action: a card in the channel, or a private answer."""
        command = Command.model_validate(body)
        try:
            wanted = self._grammar.parse(command.text)
        except UnusableText as mistake:
            await self._proposals.refuse(
                command.operator, mistake, mistake.action, mistake.cluster, mistake.count
            )
            await _answer(ack, await self._help(command, mistake))
            return
        if isinstance(wanted, HelpWanted):
            await self._help_or_form(ack, command)
            return
        proposal_id = uuid4()
        self._whisper.remember(proposal_id, command.response_url)
        await self._proposals.propose(
            command.operator,
            wanted,
            proposal_id=proposal_id,
            request_key=command.trigger_id,
            channel_id=command.channel_id,
        )
        await ack()

    async def _help_or_form(self, ack: AsyncAck, command: Command) -> None:
        if command.text.strip():
            await _answer(ack, await self._help(command, None))
        else:
            await self._openings.by_command(command)
            await ack()

    async def _help(self, command: Command, mistake: UnusableText | None) -> Payload:
        try:
            offer = await self._proposals.offer(command.operator)
        except NotAllowed as unknown:
            problems = [*(mistake.problems if mistake else ()), str(unknown)]
            return notices.refusal(InvalidRequest(problems)).payload()
        if mistake is None:
            return self._how_to_ask(offer)
        return notices.mistake(mistake.problems, *self._usable(offer)).payload()

    def _usable(self, offer: Offer) -> Usable:
        actions = {name: offer.only_on.get(name, ()) for name in offer.actions}
        return actions, {key: self._names[key] for key in offer.clusters}, offer.example


async def _answer(ack: AsyncAck, payload: Payload) -> None:
    await ack(response_type="ephemeral", **payload)
