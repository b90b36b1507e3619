"""The calls that tell Slack something, with its failures sorted by what to do about them."""

from collections.abc import Awaitable
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack_errors import code_of, status_of
from bot.views.message import Message

EVENT_TYPE = "set_action_outbox"  # of the metadata that lets us find our own message again
NO_PLACE = frozenset(
    {
        "channel_not_found",
        "ekm_access_denied",
        "is_archived",
        "not_in_channel",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "thread_not_found",
    }
)
GONE = frozenset({"cant_update_message", "edit_window_closed", "message_not_found"})


class Undelivered(Exception):
    """Slack did not take it this time."""


class Later(Undelivered):
    """Slack is busy or out of reach: try again, after `seconds` where it said so."""

    def __init__(self, code: str, seconds: float | None = None) -> None:
        super().__init__(code)
        self.seconds = seconds


class NoPlace(Undelivered):
    """The bot may not post there; `code` is Slack's error."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Gone(Undelivered):
    """The message to be updated is no longer there."""


class Slack:
    """What the outbox may do in Slack. Each call raises Later, NoPlace or Gone."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def post(
        self, channel: str, message: Message, *, thread: str | None = None, item: int
    ) -> tuple[str, str]:
        """Post a message; its channel and `ts`. `channel` may be a user id: then it goes to them directly."""
        metadata = {"event_type": EVENT_TYPE, "event_payload": {"item": item}}
        answer = await _sorted(
            self._client.chat_postMessage(
                channel=channel,
                thread_ts=thread,
                metadata=metadata,
                unfurl_links=False,
                unfurl_media=False,
                **message.payload(),
            )
        )
        return str(answer["channel"]), str(answer["ts"])

    async def update(self, channel: str, ts: str, message: Message) -> None:
        """Replace a message."""
        await _sorted(self._client.chat_update(channel=channel, ts=ts, **message.payload()))

    async def upload(self, channel: str, thread: str, name: str, title: str, content: str) -> None:
        """Put a text file into a thread."""
        await _sorted(
            self._client.files_upload_v2(
                channel=channel, thread_ts=thread, filename=name, title=title, content=content
            )
        )


async def _sorted(call: Awaitable[Any]) -> Any:
    try:
        return await call
    except SlackApiError as exc:
        raise _of(exc, code_of(exc)) from exc
    except (aiohttp.ClientError, TimeoutError, SlackClientError) as exc:
        raise Later(type(exc).__name__) from exc


def _of(exc: SlackApiError, code: str) -> Undelivered:
    if status_of(exc) == 429 or code == "ratelimited":
        # Slack sends whole seconds; something in front of it may send a date, or nothing.
        seconds = exc.response.headers.get("Retry-After", "")
        return Later("ratelimited", float(seconds) if seconds.isdecimal() else 30.0)
    if code in NO_PLACE:
        return NoPlace(code)
    if code in GONE:
        return Gone(code)
    return Later(code)
