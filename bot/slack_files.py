"""Files that people hand to the bot: fetched with its token, from Slack's own hosts alone."""

import io
import re
from collections.abc import Mapping
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import InvalidRequest

LARGEST = 10_000_000  # bytes, Slack's own limit for a file of a form
SLACKS_OWN = re.compile(r"(?:[a-z0-9-]+\.)*slack\.com")
UNREADABLE = "Slack did not hand over the file. Nothing was done; please attach it once more."


class SlackFiles:
    """Fetches files (needs `files:read`)."""

    def __init__(self, client: AsyncWebClient, http: aiohttp.ClientSession, api_url: str) -> None:
        self._client = client
        self._http = http
        self._api = urlsplit(api_url)

    async def fetch(self, file: Mapping[str, Any]) -> BinaryIO:
        """The content of a file object as Slack sent it. Raises InvalidRequest."""
        try:
            known = (await self._client.files_info(file=str(file.get("id"))))["file"]
        except (SlackClientError, aiohttp.ClientError) as exc:
            raise InvalidRequest([UNREADABLE]) from exc
        return await self._content(known)

    async def _content(self, file: Mapping[str, Any]) -> BinaryIO:
        address = str(file.get("url_private_download") or file.get("url_private") or "")
        if not self._is_slack(address):
            raise InvalidRequest([UNREADABLE])
        headers = {"Authorization": f"Bearer {self._client.token}"}
        try:
            async with self._http.get(address, headers=headers, allow_redirects=False) as answer:
                if answer.status != 200:
                    raise InvalidRequest([UNREADABLE])
                content = io.BytesIO()
                async for chunk in answer.content.iter_any():
                    content.write(chunk)
                    if content.tell() > LARGEST:
                        raise InvalidRequest(["The file is larger than 10 MB. Send it in parts."])
        except aiohttp.ClientError as exc:
            raise InvalidRequest([UNREADABLE]) from exc
        content.seek(0)
        return content

    def _is_slack(self, address: str) -> bool:
        url = urlsplit(address)
        if (url.scheme, url.netloc) == (self._api.scheme, self._api.netloc):
            return True
        return url.scheme == "https" and SLACKS_OWN.fullmatch(url.hostname or "") is not None
