"""Private answers to somebody's click or command, by the `response_url` that came with it.

They say how things stand at that moment and are worth nothing later, so they are not kept in the outbox.
Slack takes five within thirty minutes for each address.
"""

import asyncio
from collections import OrderedDict
from typing import Any
from uuid import UUID

import aiohttp
import structlog

from bot.loops import finished, report
from bot.slack_addresses import SlackAddresses
from bot.views.message import Message

TRIES = 3
PAUSE_S = 1.0
REMEMBERED = 1_000  # addresses kept for a card that could not be posted

log = structlog.get_logger()


class Whispers:
    """Posts to `response_url`s. Only addresses at Slack's own hosts, or at its configured API's, are used."""

    def __init__(self, http: aiohttp.ClientSession, addresses: SlackAddresses) -> None:
        self._http = http
        self._addresses = addresses
        self._tasks: set[asyncio.Task[None]] = set()
        self._answers: OrderedDict[UUID, str] = OrderedDict()

    def say(
        self, response_url: str, message: Message, *, replace: bool = False, thread: str | None = None
    ) -> None:
        """Answer soon, without making the caller wait. `replace`: in place of the message clicked in."""
        task = asyncio.create_task(self._deliver(response_url, _body(message, replace, thread)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(report)

    def remember(self, proposal: UUID, response_url: str) -> None:
        """Keep, in memory only, where to answer if this proposal's card cannot be posted."""
        self._answers[proposal] = response_url
        while len(self._answers) > REMEMBERED:
            self._answers.popitem(last=False)

    async def answer(self, proposal: UUID, message: Message) -> bool:
        """Answer where the proposal was typed; False when that is not known any more, or Slack refuses."""
        response_url = self._answers.pop(proposal, None)
        return response_url is not None and await self._post(response_url, _body(message, False, None))

    async def drain(self, within_s: float) -> None:
        """Let answers under way go out."""
        if lost := await finished(self._tasks.copy(), within_s):
            log.warning("set_action.whispers_lost", count=lost)

    async def _deliver(self, response_url: str, body: dict[str, Any]) -> None:
        if not await self._post(response_url, body):
            log.warning("set_action.whisper_lost")

    async def _post(self, response_url: str, body: dict[str, Any]) -> bool:
        if not self._addresses.own(response_url):
            log.error("set_action.foreign_response_url")
            return False
        for attempt in range(TRIES):
            try:
                async with self._http.post(response_url, json=body, allow_redirects=False) as answer:
                    if answer.status == 200:
                        return True
                    if answer.status < 500 and answer.status != 429:
                        return False
                    seconds = answer.headers.get("Retry-After", "")
                    pause = float(seconds) if seconds.isdecimal() else PAUSE_S
            except (aiohttp.ClientError, TimeoutError):
                pause = PAUSE_S
            if attempt < TRIES - 1:
                await asyncio.sleep(min(pause, 10))
        return False


def _body(message: Message, replace: bool, thread: str | None) -> dict[str, Any]:
    body = {"response_type": "ephemeral", "replace_original": replace, **message.payload()}
    return {**body, "thread_ts": thread} if thread else body
