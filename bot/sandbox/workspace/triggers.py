"""Trigger ids: each opens one view, once, within three seconds of being sent."""

from secrets import token_hex
from time import monotonic

from bot.sandbox.workspace.errors import ApiError


class Triggers:
    """Issues and exchanges trigger ids; lifetimes in seconds."""

    def __init__(self, lives_s: float) -> None:
        self._lives_s = lives_s
        self._issued: dict[str, tuple[str, float]] = {}
        self._exchanged: set[str] = set()

    def issue(self, user: str) -> str:
        trigger = f"{len(self._issued) + 1000}.4242424242.{token_hex(16)}"
        self._issued[trigger] = (user, monotonic())
        return trigger

    def exchange(self, trigger: str) -> str:
        """The user who pulled it; ApiError with the codes documented for `views.open`."""
        if trigger not in self._issued:
            raise ApiError("invalid_trigger_id")
        if trigger in self._exchanged:
            raise ApiError("exchanged_trigger_id")
        user, issued = self._issued[trigger]
        if monotonic() - issued > self._lives_s:
            raise ApiError("expired_trigger_id")
        self._exchanged.add(trigger)
        return user
