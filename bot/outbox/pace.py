"""Slack's limits, kept from our side so that it need not refuse: what may be said now, and when the next.

Slack documents one `chat.postMessage` a second and channel (short bursts pass) with an undisclosed cap for
the workspace, and about fifty `chat.update` a minute and workspace (tier 3).
https://docs.slack.dev/apis/web-api/rate-limits
"""

import time
from collections import OrderedDict
from collections.abc import Callable

CHANNELS = 1_000  # remembered


class Bucket:
    """Tokens that come back at `rate` a second, up to `burst`."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._at = now

    def wait(self, now: float) -> float:
        """Seconds until there is a token; 0 when there is one."""
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        return 0.0 if self._tokens >= 1 else (1 - self._tokens) / self._rate

    def take(self) -> None:
        """Use one; `wait` has just said that there is one."""
        self._tokens -= 1


class Pace:
    """One workspace's budget."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._updates = Bucket(rate=50 / 60, burst=10, now=clock())
        self._posts = Bucket(rate=5, burst=20, now=clock())
        self._channels: OrderedDict[str, Bucket] = OrderedDict()

    def update(self) -> float:
        """Take leave for one `chat.update`: 0, or the seconds until it is worth asking again."""
        return self._take(self._updates)

    def post(self, channel: str) -> float:
        """Take leave for one message in a channel: 0, or the seconds until it is worth asking again."""
        own = self._channels.pop(channel, None) or Bucket(rate=1, burst=3, now=self._clock())
        self._channels[channel] = own
        if len(self._channels) > CHANNELS:
            self._channels.popitem(last=False)
        return self._take(own, self._posts)

    def _take(self, *buckets: Bucket) -> float:
        now = self._clock()
        wait = max(bucket.wait(now) for bucket in buckets)
        if wait == 0:
            for bucket in buckets:
                bucket.take()
        return wait
