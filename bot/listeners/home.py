"""The App Home: drawn anew each time somebody opens it."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.listeners.payloads import HomeOpened
from bot.listeners.ports import Windows
from bot.service.own_jobs import OwnJobs
from bot.views.home import home
from bot.views.listing import Workspace


class HomeTab:
    """Shows everybody their own jobs."""

    def __init__(
        self, own_jobs: OwnJobs, windows: Windows, names: Mapping[str, str], workspace: Workspace
    ) -> None:
        self._own_jobs = own_jobs
        self._windows = windows
        self._names = names
        self._workspace = workspace

    def register(self, app: AsyncApp) -> None:
        """Map the event to its listener."""
        app.event("app_home_opened")(self.opened)

    async def opened(self, ack: AsyncAck, body: dict[str, Any]) -> None:
        """Publish the home tab of whoever opened it."""
        opened = HomeOpened.model_validate(body)
        if opened.event.tab == "home":
            newest = await self._own_jobs.newest(opened.operator)
            view = home(newest, self._names, self._workspace)
            await self._windows.publish(opened.operator.user_id, view)
        await ack()
