"""Slack's limits, kept from our side so that it need not refuse: what may be said now, and when the next.

Slack documents one `chat.postMessage` a second and channel (short bursts pass) with an undisclosed cap for
the workspace, and about fifty `chat.update` a minute and workspace (tier 3).
https://docs.slack.dev/apis/web-api/rate-limits
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")

REMEMBERED = 1_000  # channels, and cards
BETWEEN_HOMES_S = 2.0  # of one person, who sees one change of all that happened meanwhile
BETWEEN_UPDATES_S = 1.5  # of one card while its job runs: faster, nobody could read it


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
        self._cards: OrderedDict[int, float] = OrderedDict()
        self._views = Bucket(rate=80 / 60, burst=20, now=clock())  # forms need some of Slack's hundred too
        self._homes: OrderedDict[str, float] = OrderedDict()

    def update(self, card: int, *, ended: bool) -> float:
        """Take leave for one `chat.update`: 0, or the seconds until it is worth asking again.

        A card whose job has `ended` need not wait for its own last update, only for the budget.
        """
        since = self._clock() - self._cards.get(card, -math.inf)
        if since < BETWEEN_UPDATES_S and not ended:
            return BETWEEN_UPDATES_S - since
        wait = self._take(self._updates)
        if wait == 0:
            _remember(self._cards, card, self._clock())
        return wait

    def home(self, person: str) -> float:
        """Take leave for one `views.publish`: 0, or the seconds until it is worth asking again."""
        ready = self._homes.get(person, -math.inf) + BETWEEN_HOMES_S - self._clock()
        wait = max(0.0, ready) or self._take(self._views)
        if wait == 0:
            _remember(self._homes, person, self._clock())
        return wait

    def post(self, channel: str) -> float:
        """Take leave for one message in a channel: 0, or the seconds until it is worth asking again."""
        own = self._channels.get(channel) or Bucket(rate=1, burst=3, now=self._clock())
        _remember(self._channels, channel, own)
        return self._take(own, self._posts)

    def _take(self, *buckets: Bucket) -> float:
        now = self._clock()
        wait = max(bucket.wait(now) for bucket in buckets)
        if wait == 0:
            for bucket in buckets:
                bucket.take()
        return wait


def _remember(what: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    what[key] = value
    what.move_to_end(key)
    if len(what) > REMEMBERED:
        what.popitem(last=False)
