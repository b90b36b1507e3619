"""What people do to the app: typing commands, pressing buttons; and what Slack shows them in return."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.workspace import payloads
from bot.sandbox.workspace.errors import ApiError, DeskError
from bot.sandbox.workspace.people import SLACKBOT
from bot.sandbox.workspace.posts import Post
from bot.sandbox.workspace.responses import Responses, ResponseUrl
from bot.sandbox.workspace.sockets import Delivery, Envelope
from bot.sandbox.workspace.workspace import Workspace

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Disorder:
    """How one envelope goes: kept back so many seconds, in so many copies at once, each by another socket."""

    hold_s: float = 0.0
    copies: int = 1


IN_ORDER = Disorder()


class Interactions:
    """Turns what a person does into envelopes and tells how the app reacted."""

    def __init__(self, ws: Workspace, responses: Responses) -> None:
        self._ws = ws
        self._responses = responses
        self._sent: dict[str, tuple[Envelope, ResponseUrl | None]] = {}
        self._disorders: deque[Disorder] = deque()

    async def command(self, user: str, channel: str, line: str) -> JSON:
        place = self._ws.world.place_of(user, channel)
        if not line.startswith("/"):
            raise DeskError(f"A command begins with a slash: {line[:40]!r}")
        if self._ws.scopes is not None and "commands" not in self._ws.scopes:
            raise DeskError("The app has no scope `commands`, so Slack knows no command of its.")
        url, response_url = self._responses.issue(channel, user)
        trigger = self._ws.triggers.issue(user)
        payload = payloads.command(self._ws.world.people[user], place, line, trigger, url)
        return await self._send(Envelope("slash_commands", payload, answerable=True), response_url)

    async def click(self, user: str, channel: str, ts: str, action_id: str, block: Mapping[str, Any]) -> JSON:
        """Press a button as the person's client drew it; the message itself is told as it is now."""
        place = self._ws.world.place_of(user, channel)
        post = self._ws.world.posts.get((channel, ts))
        if post is None or post.only_for not in (None, user):
            raise DeskError(f"{user} has no message {ts} in {channel} to press a button of.")
        url, _ = self._responses.issue(channel, user, post)
        action = payloads.pressed(block, action_id)
        trigger = self._ws.triggers.issue(user)
        person = self._ws.world.people[user]
        payload = payloads.block_action(person, place, post, action, trigger, url)
        return await self._send(Envelope("interactive", payload), None)

    async def event(self, event: Mapping[str, Any]) -> JSON:
        return await self._send(Envelope("events_api", payloads.event(event)), None)

    async def redeliver(self, envelope_id: str) -> JSON:
        if envelope_id not in self._sent:
            raise DeskError(f"No envelope {envelope_id} was sent.")
        return await self._send(*self._sent[envelope_id], again=True)

    async def disorder_next(self, hold_s: float, copies: int) -> JSON:
        self._disorders.append(Disorder(hold_s, copies))
        return {}

    async def _send(self, envelope: Envelope, url: ResponseUrl | None, *, again: bool = False) -> JSON:
        self._sent[envelope.id] = (envelope, url)
        disorder = self._disorders.popleft() if self._disorders else IN_ORDER
        if disorder.hold_s:
            self._ws.journal.record("held", envelope_id=envelope.id, seconds=disorder.hold_s)
            await asyncio.sleep(disorder.hold_s)
        deliveries = await asyncio.gather(
            *(
                self._ws.sockets.deliver(envelope, self._ws.clocks.ack_s, again=again or copy > 0)
                for copy in range(disorder.copies)
            )
        )
        delivery = max(deliveries, key=lambda one: one.acked)
        shown = self._shown(envelope, url, delivery) if url else None
        return {
            "envelope_id": envelope.id,
            "acked": delivery.acked,
            "elapsed": delivery.elapsed,
            "payload": delivery.payload,
            "message": shown.for_people() if shown else None,
        }

    def _shown(self, envelope: Envelope, url: ResponseUrl, delivery: Delivery) -> Post | None:
        """What a command's author sees at once: the acknowledgement's words, or Slack's complaint."""
        if not delivery.connected:
            return self._complaint(envelope, url, "dispatch_failed")
        if not delivery.acked:
            return self._complaint(envelope, url, "operation_timeout")
        if not delivery.payload:
            return None
        try:
            return self._responses.answer(url, delivery.payload)
        except ApiError as exc:
            self._ws.journal.record("ack_refused", envelope_id=envelope.id, answer=exc.answer)
            return self._complaint(envelope, url, "invalid_command_response")

    def _complaint(self, envelope: Envelope, url: ResponseUrl, error: str) -> Post:
        words = f'{envelope.payload["command"]} failed with the error "{error}"'
        ts = self._ws.world.next_ts()
        return self._ws.world.add(Post(url.channel, ts, SLACKBOT, words, [], only_for=url.user))
