"""One number that grows whenever anything changed, and waiting for it: what keeps a page up to date."""

import asyncio


class Pulse:
    """Beats come in bursts: whoever waits is woken a moment after the first of them."""

    SETTLE_S = 0.03

    def __init__(self) -> None:
        self.count = 1
        self._moved = asyncio.Event()

    def beat(self) -> None:
        """Something changed."""
        self.count += 1
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def past(self, count: int, wait_s: float) -> int:
        """The count, as soon as it is above `count`, or after `wait_s` seconds."""
        if self.count <= count:
            try:
                async with asyncio.timeout(wait_s):
                    await self._moved.wait()
            except TimeoutError:
                return self.count
            await asyncio.sleep(self.SETTLE_S)
        return self.count
