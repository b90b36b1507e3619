"""The calls that tell Slack something, with its failures sorted by what to do about them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError, SlackObjectFormationError
from slack_sdk.models.views import View
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack_errors import code_of, status_of
from bot.views.message import Message
from bot.views.text import cut
from store.outbox_model import OutboxItem

log = structlog.get_logger()

EVENT_TYPE = "set_action_outbox"  # of the metadata that lets us find our own message again
NO_PLACE = frozenset(
    {
        "cannot_dm_bot",
        "channel_not_found",
        "ekm_access_denied",
        "is_archived",
        "messages_tab_disabled",
        "not_in_channel",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "thread_not_found",
    }
)
GONE = frozenset({"cant_update_message", "edit_window_closed", "message_not_found"})


# Our own fault, and no better the next time: said in plain text, without blocks, it still gets through.
UNFIT = frozenset(
    {
        "invalid_arguments",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "metadata_too_large",
        "msg_blocks_too_long",
        "msg_too_long",
        "not_enabled",
        "user_not_found",
        "view_too_large",
        "no_text",
    }
)
PAGE = 999  # messages of one look into a channel: Slack's most
CLOCKS_S = 60.0  # by how much Slack's clock and the database's may differ
PLAIN = 3_000  # characters of a message said without blocks


class Undelivered(Exception):
    """Slack did not take it this time."""


class Later(Undelivered):
    """Slack is busy or out of reach: try again, after `seconds` where it said so.

    `doubtful`: it may have carried it out all the same.
    """

    def __init__(self, code: str, seconds: float | None = None, *, doubtful: bool) -> None:
        super().__init__(code)
        self.seconds = seconds
        self.doubtful = doubtful


class NoPlace(Undelivered):
    """The bot may not post there; `code` is Slack's error."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Unfit(Undelivered):
    """Slack does not take a message of this make, now or ever."""


class Replaced(Undelivered):
    """What Slack shows is not what was to be replaced."""


class Gone(Undelivered):
    """The message to be updated is no longer there."""


class Slack:
    """What the outbox may do in Slack. Each call raises Later, NoPlace, Gone or Unfit."""

    def __init__(self, client: AsyncWebClient) -> None:
        self._client = client

    async def post(
        self, channel: str, message: Message, *, thread: str | None = None, item: OutboxItem
    ) -> tuple[str, str]:
        """Post a message; its channel and `ts`. `channel` may be a user id: then it goes to them directly.

        `chat.postMessage` cannot be repeated safely, so a doubtful item is looked for first.
        """
        if item.doubtful and (found := await self._find(channel, thread, item)):
            log.info("set_action.found_again", note=item.note)
            return found
        metadata = {"event_type": EVENT_TYPE, "event_payload": {"item": item.id}}
        answer = await _plainly(
            message,
            lambda content: self._client.chat_postMessage(
                channel=channel,
                thread_ts=thread,
                metadata=metadata,
                unfurl_links=False,
                unfurl_media=False,
                **content,
            ),
        )
        return str(answer["channel"]), str(answer["ts"])

    async def update(self, channel: str, ts: str, message: Message) -> None:
        """Replace a message."""
        await _plainly(message, lambda content: self._client.chat_update(channel=channel, ts=ts, **content))

    async def has_file(self, channel: str, thread: str, name: str) -> bool:
        """Whether a file of that name is in the thread."""
        said = await self._said(channel, thread, since=None)
        return any(file.get("name") == name for message in said for file in message.get("files", ()))

    async def _find(self, channel: str, thread: str | None, item: OutboxItem) -> tuple[str, str] | None:
        """The channel and `ts` of the message that bears this item's metadata, if Slack has it."""
        if channel.startswith(("U", "W")):
            opened = await _sorted(self._client.conversations_open(users=channel))
            channel = str(opened["channel"]["id"])
        for message in await self._said(channel, thread, since=item.created_at.timestamp() - CLOCKS_S):
            metadata = message.get("metadata") or {}
            payload = metadata.get("event_payload") or {}
            if metadata.get("event_type") == EVENT_TYPE and payload.get("item") == item.id:
                return channel, str(message["ts"])
        return None

    async def _said(
        self, channel: str, thread: str | None, since: float | None
    ) -> Sequence[Mapping[str, Any]]:
        oldest = None if since is None else f"{since:.6f}"
        if thread:
            answer = await _sorted(
                self._client.conversations_replies(
                    channel=channel, ts=thread, oldest=oldest, limit=PAGE, include_all_metadata=True
                )
            )
        else:
            answer = await _sorted(
                self._client.conversations_history(
                    channel=channel, oldest=oldest, limit=PAGE, include_all_metadata=True
                )
            )
        messages: Sequence[Mapping[str, Any]] = answer["messages"]
        return messages

    async def upload(
        self,
        name: str,
        title: str,
        content: str | bytes,
        *,
        words: str | None = None,
        place: tuple[str, str] | None = None,
    ) -> str:
        """Put a file into a thread, its `place`, or keep it for views alone; Slack's id of it.

        `words` tell what a picture shows.
        """
        channel, thread = place or (None, None)
        answer = await _sorted(
            self._client.files_upload_v2(
                channel=channel,
                thread_ts=thread,
                filename=name,
                title=title,
                content=content,
                alt_txt=words,
            )
        )
        return str(answer["files"][0]["id"])

    async def publish(self, user: str, view: View, view_hash: str | None) -> str:
        """Show somebody's App Home in place of the view with this hash; the new one's. Or raises Replaced."""
        answer = await _sorted(self._client.views_publish(user_id=user, view=view, hash=view_hash))
        return str(answer["view"]["hash"])


async def _plainly(message: Message, call: Callable[[dict[str, Any]], Awaitable[Any]]) -> Any:
    try:
        return await _sorted(call(message.payload()))
    except (Unfit, SlackObjectFormationError) as exc:
        log.exception("set_action.message_unfit", error=str(exc))
        return await _sorted(call({"text": cut(message.text, PLAIN), "blocks": []}))


async def _sorted(call: Awaitable[Any]) -> Any:
    try:
        return await call
    except SlackApiError as exc:
        raise _of(exc, code_of(exc)) from exc
    except aiohttp.ClientConnectorError as exc:
        raise Later(type(exc).__name__, doubtful=False) from exc
    except (aiohttp.ClientError, TimeoutError, SlackClientError) as exc:
        raise Later(type(exc).__name__, doubtful=True) from exc


def _of(exc: SlackApiError, code: str) -> Undelivered:
    if status_of(exc) == 429 or code == "ratelimited":
        # Slack sends whole seconds; something in front of it may send a date, or nothing.
        seconds = exc.response.headers.get("Retry-After", "")
        return Later("ratelimited", float(seconds) if seconds.isdecimal() else 30.0, doubtful=False)
    if code in NO_PLACE:
        return NoPlace(code)
    if code in GONE:
        return Gone(code)
    if code == "hash_conflict":
        return Replaced(code)
    if code in UNFIT:
        return Unfit(code)
    return Later(code, doubtful=True)
