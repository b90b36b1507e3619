"""A workspace, and what the bot's own questions to it are asked with: for the tests of those who ask."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.desk import Desk
from bot.sandbox.workspace.server import serve_workspace


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace, and a client of its."""

    desk: Desk
    client: AsyncWebClient

    async def asked(self, method: str) -> int:
        """How often a method was called."""
        journal = await self.desk.journal()
        return sum(entry.kind == "api" and entry.details["method"] == method for entry in journal)


@asynccontextmanager
async def workspace() -> AsyncIterator[Place]:
    """One whose group of people on call holds Aster."""
    async with (
        serve_workspace() as access,
        Desk(access.address, access.desk_token) as desk,
        aiohttp.ClientSession() as http,
    ):
        client = AsyncWebClient(access.bot_token, base_url=access.api_url, session=http, retry_handlers=[])
        yield Place(desk, client)
