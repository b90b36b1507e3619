"""Opening a modal within the trigger's three seconds: filled at once, or empty first and filled soon."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from slack_sdk.models.views import View

from bot.listeners.faults import Faults
from bot.listeners.ports import Modals
from bot.loops import UnderWay
from bot.views import form

AT_ONCE_S = 1.0  # of the trigger's three seconds; what takes longer to draw is opened empty first


class Showing:
    """Shows what is still being drawn."""

    def __init__(self, windows: Modals, faults: Faults, under_way: UnderWay) -> None:
        self.windows = windows
        self._faults = faults
        self.under_way = under_way

    async def open(self, trigger_id: str, drawing: Coroutine[Any, Any, View]) -> None:
        """Open the view. Raises what drawing it raises; where that takes long, it is told in the modal."""
        drawn = self.under_way.start(drawing)
        await asyncio.wait({drawn}, timeout=AT_ONCE_S)
        if drawn.done():
            await self.windows.open(trigger_id, drawn.result())
            return
        # Followed whatever becomes of the empty view: what the drawing dies of must be told or logged.
        opened = self.under_way.start(self.windows.open(trigger_id, form.loading()))
        self.under_way.start_alone(self._fill(opened, drawn))
        await asyncio.shield(opened)

    async def _fill(self, opened: asyncio.Task[str], drawn: asyncio.Task[View]) -> None:
        await asyncio.wait({opened, drawn})
        error = drawn.exception()
        view = form.told(self._faults.words(error)) if error else drawn.result()
        if not opened.exception():
            await self.windows.update(opened.result(), view)
