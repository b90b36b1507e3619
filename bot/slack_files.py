"""Files people hand in by Slack: found by `files.info`, fetched with the bot's token, from Slack alone."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import replace
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.draft import AttachedFile
from bot.intake.decoded import CHUNK, LARGEST
from bot.intake.ids import UnusableFile
from bot.slack_addresses import SlackAddresses
from bot.slack_errors import code_of

IN_MEMORY = 1024 * 1024  # bytes; a larger file waits on disk
WITHIN_S = 60.0  # for a whole file

MAY_NOT = (
    "Slack does not let this bot read the file. Attach it to the form itself, or share it in a channel where "
    "the bot is a member."
)
GONE = "The file is not there any more; it may have been deleted. Attach it again."
NOT_NOW = "Slack did not hand out the file just now. Please try again in a moment."
TOO_LARGE = "The file is larger than 10 MB. Send it in parts."

log = structlog.get_logger()


class SlackFiles:
    """Needs `files:read`."""

    def __init__(
        self, client: AsyncWebClient, http: aiohttp.ClientSession, addresses: SlackAddresses
    ) -> None:
        self._client = client
        self._http = http
        self._addresses = addresses

    async def named(self, file: AttachedFile) -> AttachedFile:
        """The file with its name and address, which payloads may leave out. Raises UnusableFile."""
        try:
            answer = await self._client.files_info(file=file.id)
        except SlackApiError as exc:
            code = code_of(exc)
            log.warning("set_action.file_unreadable", error=code)
            raise UnusableFile(_why(code)) from exc
        except (SlackClientError, aiohttp.ClientError, TimeoutError) as exc:
            log.warning("set_action.file_unreadable", error=type(exc).__name__)
            raise UnusableFile(NOT_NOW) from exc
        found: dict[str, Any] = answer["file"]
        return replace(
            file,
            name=str(found.get("name") or file.name),
            url=found.get("url_private_download"),
            mimetype=str(found.get("mimetype") or file.mimetype),
        )

    @asynccontextmanager
    async def content(self, file: AttachedFile) -> AsyncIterator[IO[bytes]]:
        """The file's content, to be read from its beginning. Raises UnusableFile."""
        if file.url is None:
            file = await self.named(file)
        if file.url is None:
            raise UnusableFile(MAY_NOT)
        if not self._addresses.own(file.url):
            log.error("set_action.foreign_file_url")
            raise UnusableFile("The file is kept outside Slack. Attach the file itself.")
        with SpooledTemporaryFile(IN_MEMORY) as content:
            await _in_time(self._download(file.url, content))
            content.seek(0)
            yield content

    async def _download(self, url: str, content: IO[bytes]) -> None:
        headers = {"Authorization": f"Bearer {self._client.token}"}
        timeout = aiohttp.ClientTimeout(total=WITHIN_S)
        # Whoever may not read a file is sent to a page to sign in: that is no file.
        async with self._http.get(url, headers=headers, allow_redirects=False, timeout=timeout) as answer:
            if answer.status != 200:
                log.warning("set_action.file_unreadable", error=f"HTTP {answer.status}")
                raise UnusableFile(_refused(answer.status))
            if answer.content_type == "text/html":
                raise UnusableFile(MAY_NOT)
            size = answer.content_length or 0
            async for chunk in answer.content.iter_chunked(CHUNK):
                if max(size, content.tell() + len(chunk)) > LARGEST:
                    raise UnusableFile(TOO_LARGE)
                content.write(chunk)


async def _in_time(download: Awaitable[None]) -> None:
    try:
        await download
    except (aiohttp.ClientError, TimeoutError) as exc:
        log.warning("set_action.file_unreadable", error=type(exc).__name__)
        raise UnusableFile(NOT_NOW) from exc


def _why(code: str) -> str:
    if code == "file_deleted":
        return GONE
    return MAY_NOT if code in ("file_not_found", "access_denied", "missing_scope") else NOT_NOW


def _refused(status: int) -> str:
    if status in (404, 410):
        return GONE
    return MAY_NOT if status < 400 or status in (401, 403) else NOT_NOW
