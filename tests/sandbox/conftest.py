"""Fixtures for tests of the workspace with the stock Bolt app as its bot, over real sockets."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.desk import Desk
from bot.sandbox.workspace.server import Access, Clocks, serve_workspace

Connect = Callable[[], AbstractAsyncContextManager[None]]


@pytest.fixture
def clocks() -> Clocks:
    """Slack's own; a module may shorten them."""
    return Clocks()


@pytest.fixture
async def access(clocks: Clocks) -> AsyncIterator[Access]:
    async with serve_workspace(clocks=clocks) as running:
        yield running


@pytest.fixture
async def desk(access: Access) -> AsyncIterator[Desk]:
    async with Desk(access.address, access.desk_token) as entered:
        yield entered


@pytest.fixture
def client(access: Access) -> AsyncWebClient:
    return AsyncWebClient(token=access.bot_token, base_url=access.api_url, retry_handlers=[])


@pytest.fixture
def app(client: AsyncWebClient) -> AsyncApp:
    return AsyncApp(client=client, process_before_response=True)


@pytest.fixture
def connected(app: AsyncApp, access: Access, desk: Desk) -> Connect:
    """Enter it once the listeners are registered: the app hears from then on."""

    @asynccontextmanager
    async def connect() -> AsyncIterator[None]:
        handler: Any = AsyncSocketModeHandler(app, access.app_token)
        await handler.connect_async()
        try:
            await desk.until_connected()
            yield
        finally:
            await handler.close_async()

    return connect
