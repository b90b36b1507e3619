"""What one person alone is shown outside the outbox: modals, direct messages. None is kept."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.models.views import View
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import FormNotOpened
from bot.loops import UnderWay
from bot.seal import Seal
from bot.slack_errors import code_of, status_of
from bot.views.files import File
from bot.views.message import Message

TRIES = 3
PAUSE_S = 1.0
LONGEST_PAUSE_S = 10.0

log = structlog.get_logger()


class Windows:
    """Shows views and sends direct messages. Needs `chat:write`, `files:write` and `im:write`."""

    def __init__(self, client: AsyncWebClient, seal: Seal) -> None:
        self._client = client
        self._seal = seal
        self._under_way = UnderWay()
        self._making = asyncio.Lock()

    async def open(self, trigger_id: str, view: View) -> str:
        """Open a modal, within three seconds of the trigger; its id. Raises FormNotOpened."""
        try:
            answer = await self._client.views_open(
                trigger_id=trigger_id, view=self._seal.sealed(view.to_dict())
            )
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as exc:
            log.warning("set_action.form_not_opened", error=_name(exc))
            raise FormNotOpened(
                "Slack did not open the form. Nothing was sent. Please try again, or type it all: "
                "/set-action help shows how."
            ) from exc
        return str(answer["view"]["id"])

    async def update(self, view_id: str, view: View) -> bool:
        """Put another view in the place of an open one; False when it is closed, or Slack does not do it."""
        told = self._seal.sealed(view.to_dict())
        return await _tried("views.update", lambda: self._client.views_update(view_id=view_id, view=told))

    async def replace(self, view_id: str, view: View, hash_: str | None = None) -> str | None:
        """As `update`; the hash of the new view, or None. `hash_`: only in place of the view that had it."""
        shown: list[str] = []
        told = self._seal.sealed(view.to_dict())

        async def put() -> None:
            answer = await self._client.views_update(view_id=view_id, view=told, hash=hash_)
            shown.append(str(answer["view"]["hash"]))

        return shown[0] if await _tried("views.update", put) else None

    def tell(self, user_id: str, message: Message) -> None:
        """Send a direct message soon, nobody waits for it. One try: a second could say it twice."""
        self._under_way.start_alone(self._tell(user_id, message))

    def send(self, user_id: str, make: Callable[[], File]) -> None:
        """Send a file in a direct message soon, without making the caller wait; it is made on a thread."""
        self._under_way.start_alone(self._send(user_id, make))

    async def deliver(self, user_id: str, file: File) -> bool:
        """Send a file in a direct message; False when Slack did not take it."""
        return await _tried("files.upload", lambda: self._upload(user_id, file), tries=1)

    async def drain(self, within_s: float) -> None:
        """Let what is under way go out."""
        await self._under_way.drain(within_s)

    async def _tell(self, user_id: str, message: Message) -> None:
        content = message.payload()
        await _tried(
            "chat.postMessage", lambda: self._client.chat_postMessage(channel=user_id, **content), tries=1
        )

    async def _send(self, user_id: str, make: Callable[[], File]) -> None:
        async with self._making:  # one at a time: many threads would leave the loop little of the interpreter
            file = await asyncio.to_thread(make)
        await self.deliver(user_id, file)

    async def _upload(self, user_id: str, file: File) -> None:
        opened = await self._client.conversations_open(users=user_id)
        channel = str(opened["channel"]["id"])
        await self._client.files_upload_v2(
            channel=channel, filename=file.name, title=file.title, content=file.content
        )


async def _tried(what: str, call: Callable[[], Awaitable[Any]], tries: int = TRIES) -> bool:
    error = ""
    for attempt in range(1, tries + 1):
        try:
            await call()
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as exc:
            error, pause = _name(exc), _pause(exc)
            if pause is None or attempt == tries:
                break
            await asyncio.sleep(pause)
        else:
            return True
    log.warning("set_action.not_shown", method=what, error=error)
    return False


def _pause(exc: Exception) -> float | None:
    """Seconds until it may be tried again; None where Slack has said no."""
    if not isinstance(exc, SlackApiError):
        return PAUSE_S
    if status_of(exc) == 200:
        return None
    seconds = exc.response.headers.get("Retry-After", "")
    return min(float(seconds), LONGEST_PAUSE_S) if seconds.isdecimal() else PAUSE_S


def _name(exc: Exception) -> str:
    return code_of(exc) if isinstance(exc, SlackApiError) else type(exc).__name__
