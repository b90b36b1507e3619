"""Slack's rate limits: how often a method may be called, and how long to stay away after too often.

Calls a minute by method and workspace, and one message a second and channel: docs.slack.dev, Rate limits.
Slack says that short bursts pass but not how long they may be, nor the cap on the messages of a whole
workspace. Chosen here: what was not used comes back at Slack's rate, up to half a minute's worth of calls, up
to five messages for a channel; a workspace takes five messages a second, and thirty at once.
"""

from collections.abc import Callable, Iterator, Mapping
from math import ceil
from time import monotonic

# By the beginning of a method's name; what is not listed has limits that no bot of ours comes near.
A_MINUTE: Mapping[str, int] = {
    "usergroups.": 20,
    "chat.update": 50,
    "chat.delete": 50,
    "conversations.": 50,
    "views.": 100,
    "files.": 100,
    "users.info": 100,
    "chat.postEphemeral": 100,
}
POST = "chat.postMessage"


class Rates:
    """`speed`: this many times as wide as Slack's (tests of long jobs); None: no limits at all."""

    def __init__(self, speed: float | None, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self.set(speed)

    def set(self, speed: float | None) -> None:
        """From now on, as if nothing had been called yet."""
        self._speed = speed
        self._left: dict[str, tuple[float, float]] = {}

    def retry_after(self, method: str, channel: str) -> int:
        """0 when the call may pass (and is counted), or the whole seconds to wait."""
        if self._speed is None:
            return 0
        now = self._clock() * self._speed
        left: dict[str, float] = {}
        missing = 0.0
        for name, rate, burst in _limits(method, channel):
            tokens, at = self._left.get(name, (burst, now))
            left[name] = min(burst, tokens + (now - at) * rate)
            missing = max(missing, (1 - left[name]) / rate)
        if missing > 0:
            return max(1, ceil(missing / self._speed))
        self._left |= {name: (tokens - 1, now) for name, tokens in left.items()}
        return 0


def _limits(method: str, channel: str) -> Iterator[tuple[str, float, float]]:
    """Name, calls a second and calls at once of everything that limits this call."""
    if method == POST:
        yield f"{POST} {channel}", 1.0, 5.0
        yield POST, 5.0, 30.0
    for beginning, calls in A_MINUTE.items():
        if method.startswith(beginning):
            yield method, calls / 60, calls / 2
