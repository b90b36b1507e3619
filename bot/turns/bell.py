"""The bell: "cluster X has work", "the outbox has work".

The database is the truth and the bell only wakes. A ring may come twice, late or never; whoever listens
looks for itself, and looks again after a while without any ring.
"""

import asyncio
from collections import defaultdict


class Bell:
    """An event a topic. Used on the event loop only."""

    def __init__(self) -> None:
        self._events: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def ring(self, topic: str) -> None:
        """Wake the one who hears `topic`, now or when it next listens."""
        self._events[topic].set()

    def ring_all(self) -> None:
        """Wake everybody: rings may have been missed."""
        for event in self._events.values():
            event.set()

    async def hear(self, topic: str, within_s: float) -> None:
        """Return when `topic` was rung since the last call, or after `within_s` seconds."""
        event = self._events[topic]
        try:
            async with asyncio.timeout(max(within_s, 0)):
                await event.wait()
        except TimeoutError:
            pass
        event.clear()
