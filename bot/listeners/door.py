"""Where every payload of Slack's comes in: repeats are known, nobody waits in silence, work is tracked."""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import structlog
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.errors import InvalidRequest, NoLongerPossible
from bot.listeners.faults import Faults, first_field
from bot.listeners.payloads import is_command
from bot.listeners.ports import Windows
from bot.loops import finished, report
from bot.seal import Seal
from bot.views import form, notices
from bot.views.message import Message

PATIENCE_S = 2.5  # Slack's own is three seconds
# The update that ends the wait of a form must not overtake the acknowledgement that begins it.
NOT_BEFORE_S = 0.5
REMEMBERED = 2_000  # deliveries with their answers, so that a repeat gets the answer of the first

log = structlog.get_logger()


class Door:
    """Hands payloads to the app. The same delivery twice is carried out once and answered alike.

    `observe` is told of each answer: the payload's kind, the result, the seconds it took.
    """

    def __init__(
        self, app: AsyncApp, windows: Windows, faults: Faults, seal: Seal, *, patience_s: float = PATIENCE_S
    ) -> None:
        self._app = app
        self._windows = windows
        self._faults = faults
        self._seal = seal
        self._patience_s = patience_s
        self.observe: Callable[[str, str, float], None] = lambda _kind, _result, _seconds: None
        self._seen: OrderedDict[str, asyncio.Task[BoltResponse]] = OrderedDict()
        self._running: set[asyncio.Task[Any]] = set()
        self._hurried = asyncio.get_running_loop().create_future()

    async def enter(self, delivery: str, body: dict[str, Any]) -> dict[str, Any]:
        """Carry out one Socket Mode delivery; the payload of its acknowledgement, within Slack's patience."""
        begun = asyncio.get_running_loop().time()
        task = self._once(delivery, body)
        done = await self._is_done_in_time(task)
        took = asyncio.get_running_loop().time() - begun
        self.observe(_kind(body), "acknowledged" if done else "late", took)
        if done:
            return self._sealed(_payload(task.result()))
        log.warning("set_action.slow_listener")
        late = asyncio.create_task(self._answer_late(task, body))
        self._running.add(late)
        late.add_done_callback(self._running.discard)
        late.add_done_callback(report)
        waiting = notices.still_working()
        if is_command(body):
            return {"response_type": "ephemeral", **waiting.payload()}
        if first_field(body):
            return {"response_action": "update", "view": form.waiting().to_dict()}
        if "event" not in body:
            self._faults.say(body, waiting)
        return {}

    def hurry(self) -> None:
        """From now on answer at once; whoever's work is not done by then is told that it takes longer."""
        if not self._hurried.done():
            self._hurried.set_result(None)

    async def drain(self, within_s: float) -> None:
        """Let listeners under way end."""
        await finished(self._running.copy(), within_s)

    async def _is_done_in_time(self, task: asyncio.Task[BoltResponse]) -> bool:
        either = {task, self._hurried}
        await asyncio.wait(either, timeout=self._patience_s, return_when=asyncio.FIRST_COMPLETED)
        return task.done()

    def _once(self, delivery: str, body: dict[str, Any]) -> asyncio.Task[BoltResponse]:
        key = _effect(body) or delivery
        if key in self._seen:
            log.info("set_action.repeated_delivery")
            return self._seen[key]
        task = asyncio.create_task(self._dispatch(body))
        self._seen[key] = task
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def _dispatch(self, body: dict[str, Any]) -> BoltResponse:
        try:
            if isinstance(view := body.get("view"), dict):
                body = {**body, "view": self._seal.opened(view)}
            return await self._app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=body))
        except NoLongerPossible as broken:
            log.warning("set_action.seal_broken")
            return await self._faults.handle(broken, body)
        except (AttributeError, LookupError, TypeError) as exc:
            # Bolt takes payloads apart outside its error handler too; an odd one stops it there.
            return await self._faults.handle(exc, body)

    def _sealed(self, answer: dict[str, Any]) -> dict[str, Any]:
        view = answer.get("view")
        return {**answer, "view": self._seal.sealed(view)} if view else answer

    async def _answer_late(self, task: asyncio.Task[BoltResponse], body: dict[str, Any]) -> None:
        answer = _payload(await task)
        if first_field(body):
            await asyncio.sleep(NOT_BEFORE_S)
            await self._windows.update(str(body["view"]["id"]), _late_view(answer))
        elif answer.get("text"):
            blocks = Block.parse_all(answer.get("blocks") or ())
            self._faults.say(body, Message(str(answer["text"]), blocks))


def _kind(body: dict[str, Any]) -> str:
    return "command" if is_command(body) else str(body.get("type") or "unknown")[:40]


def _late_view(answer: dict[str, Any]) -> View:
    """What a form shows at last that was answered too late; what was typed is gone, so it is said plainly."""
    if view := answer.get("view"):
        return View(**view)
    errors = answer.get("errors")
    return form.told(notices.refusal(InvalidRequest(list(errors.values())))) if errors else form.taken()


def _effect(body: dict[str, Any]) -> str | None:
    """What makes a delivery the same as another: envelopes differ, a trigger is given out once."""
    trigger = body.get("trigger_id")
    return f"trigger {trigger}" if trigger else None


def _payload(response: BoltResponse) -> dict[str, Any]:
    if not response.body:
        return {}
    payload: dict[str, Any] = json.loads(response.body)
    return payload
