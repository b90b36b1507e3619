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
from bot.listeners.ports import Whisper, Windows
from bot.listeners.switchboard import NobodyListens
from bot.views import notices
from bot.views.message import Message
from bot.words import unescaped
from store.errors import StoreError

log = structlog.get_logger()


class Faults:
    """Answers 200 with words for the user: for another status Socket Mode sends nothing at all."""

    def __init__(self, whisper: Whisper, windows: Windows) -> None:
        self._whisper = whisper
        self._windows = windows

    def register(self, app: AsyncApp) -> None:
        """Handle every error of every listener."""
        app.error(self.handle)

    async def handle(self, error: Exception, body: dict[str, Any]) -> BoltResponse:
        """Tell whoever waits what went wrong."""
        return self._tell(body, self.words(error))

    def words(self, error: BaseException) -> Message:
        """A SetActionError speaks for itself; anything else is logged with a reference the user can quote."""
        if isinstance(error, SetActionError):
            return notices.refusal(error)
        if isinstance(error, (BoltUnhandledRequestError, NobodyListens)):
            log.warning("set_action.unhandled_payload")
            return notices.nobodys()
        reference = uuid4().hex[:8]
        event = "set_action.store_error" if isinstance(error, StoreError) else "set_action.unexpected"
        log.error(event, reference=reference, exc_info=error)
        return notices.not_now(reference)

    def say(self, body: dict[str, Any], message: Message) -> None:
        """Tell the person behind a payload something privately, by whatever way there is."""
        container = body.get("container")
        thread = container.get("thread_ts") if isinstance(container, dict) else None
        user = body.get("user")
        if response_url := body.get("response_url"):
            self._whisper.say(str(response_url), message, thread=thread)
        elif isinstance(user, dict) and isinstance(user_id := user.get("id"), str):
            self._windows.tell(user_id, message)

    def _tell(self, body: dict[str, Any], message: Message) -> BoltResponse:
        if is_command(body):
            return _answer({"response_type": "ephemeral", **message.payload()})
        if at := first_field(body):
            return _answer({"response_action": "errors", "errors": {at: plain_words(message)}})
        self.say(body, message)
        return BoltResponse(status=200, body="")


def plain_words(message: Message) -> str:
    """The words of a message where Slack shows plain text only."""
    return unescaped(message.text)


def first_field(body: dict[str, Any]) -> str | None:
    """The first field of a submitted form, to show at it what is about no field; None for other payloads."""
    view = body.get("view")
    if body.get("type") != "view_submission" or not isinstance(view, dict):
        return None
    blocks = (block for block in view.get("blocks", ()) if block.get("type") == "input")
    return next((str(block["block_id"]) for block in blocks), None)


def _answer(payload: dict[str, Any]) -> BoltResponse:
    return BoltResponse(status=200, body=json.dumps(payload), headers={"content-type": "application/json"})
