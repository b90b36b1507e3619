"""The one place that turns an error into words for the person who is waiting."""

import json
from typing import Any
from uuid import uuid4

import structlog
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp
from slack_bolt.error import BoltUnhandledRequestError

from bot.errors import SetActionError
from bot.listeners.payloads import is_command
from bot.listeners.ports import Whisper
from bot.views import notices
from bot.views.message import Message
from store.errors import StoreError

log = structlog.get_logger()


class Faults:
    """Answers 200 with words for the user: for another status Socket Mode sends nothing at all."""

    def __init__(self, whisper: Whisper) -> None:
        self._whisper = whisper

    def register(self, app: AsyncApp) -> None:
        """Handle every error of every listener."""
        app.error(self.handle)

    async def handle(self, error: Exception, body: dict[str, Any]) -> BoltResponse:
        """A SetActionError speaks for itself; anything else is logged with a reference the user can quote."""
        if isinstance(error, SetActionError):
            return self._tell(body, notices.refusal(error))
        if isinstance(error, BoltUnhandledRequestError):
            log.warning("set_action.unhandled_payload")
            return self._tell(body, notices.nobodys())
        reference = uuid4().hex[:8]
        event = "set_action.store_error" if isinstance(error, StoreError) else "set_action.unexpected"
        log.error(event, reference=reference, exc_info=error)
        return self._tell(body, notices.not_now(reference))

    def _tell(self, body: dict[str, Any], message: Message) -> BoltResponse:
        if is_command(body):
            answer = {"response_type": "ephemeral", **message.payload()}
            return BoltResponse(
                status=200, body=json.dumps(answer), headers={"content-type": "application/json"}
            )
        if response_url := body.get("response_url"):
            container = body.get("container")
            thread = container.get("thread_ts") if isinstance(container, dict) else None
            self._whisper.say(str(response_url), message, thread=thread)
        return BoltResponse(status=200, body="")
