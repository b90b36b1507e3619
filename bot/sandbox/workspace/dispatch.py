"""How interactions reach the app, once and once more, and what Slack shows of the answer to a command."""

import asyncio
from collections import deque
from dataclasses import dataclass, replace
from typing import Any

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


class Dispatch:
    """Remembers every envelope, so that it can be delivered once more."""

    def __init__(self, ws: Workspace, responses: Responses) -> None:
        self._ws = ws
        self._responses = responses
        self._sent: dict[str, tuple[Envelope, ResponseUrl | None]] = {}
        self._disorders: deque[Disorder] = deque()

    async def send(self, envelope: Envelope, url: ResponseUrl | None = None, *, again: bool = False) -> JSON:
        """Deliver it and tell the reaction; what acknowledges a command (`url`) is shown to its author."""
        delivery = await self.deliver(envelope, url, again=again)
        return reaction(envelope, delivery, self._shown(envelope, url, delivery) if url else None)

    async def deliver(
        self, envelope: Envelope, url: ResponseUrl | None = None, *, again: bool = False
    ) -> Delivery:
        envelope = replace(envelope, payload=self._ws.team.told(envelope.payload))
        self._sent[envelope.id] = (envelope, url)
        disorder = self._disorders.popleft() if self._disorders else IN_ORDER
        if disorder.hold_s:
            self._ws.journal.record("held", envelope_id=envelope.id, seconds=disorder.hold_s)
            await asyncio.sleep(disorder.hold_s)
        carrier = self._ws.request_url or self._ws.sockets
        deliveries = await asyncio.gather(
            *(
                carrier.deliver(envelope, self._ws.clocks.ack_s, again=again or copy > 0)
                for copy in range(disorder.copies)
            )
        )
        return max(deliveries, key=lambda one: one.acked)

    async def disorder_next(self, hold_s: float, copies: int) -> JSON:
        self._disorders.append(Disorder(hold_s, copies))
        return {}

    async def redeliver(self, envelope_id: str) -> JSON:
        """What comes back the second time changes no form: its person has gone on."""
        if envelope_id not in self._sent:
            raise DeskError(f"No envelope {envelope_id} was sent.")
        return await self.send(*self._sent[envelope_id], again=True)

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


def reaction(envelope: Envelope, delivery: Delivery, shown: Post | None = None) -> JSON:
    """What the desk reads; `bot.sandbox.desk.Reaction` mirrors it."""
    return {
        "envelope_id": envelope.id,
        "acked": delivery.acked,
        "elapsed": delivery.elapsed,
        "payload": delivery.payload,
        "message": shown.for_people() if shown else None,
    }
