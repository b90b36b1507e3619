"""Trigger ids: each opens one view, once, within three seconds of being sent."""

from dataclasses import dataclass
from secrets import token_hex
from time import monotonic

from bot.sandbox.workspace.errors import ApiError


@dataclass(frozen=True, slots=True)
class Trigger:
    """Who pulled it, the conversation they looked at, and the view they pulled it in, where there is one."""

    user: str
    channel: str | None = None
    view: str | None = None


class Triggers:
    """Issues and exchanges trigger ids; lifetimes in seconds."""

    def __init__(self, lives_s: float) -> None:
        self._lives_s = lives_s
        self._issued: dict[str, tuple[Trigger, float]] = {}
        self._exchanged: set[str] = set()

    def issue(self, user: str, *, channel: str | None = None, view: str | None = None) -> str:
        name = f"{len(self._issued) + 1000}.4242424242.{token_hex(16)}"
        self._issued[name] = (Trigger(user, channel, view), monotonic())
        return name

    def look_up(self, name: str) -> Trigger:
        """Who pulled it, without using it up; ApiError with the codes documented for `views.open`."""
        if name not in self._issued:
            raise ApiError("invalid_trigger_id")
        if name in self._exchanged:
            raise ApiError("exchanged_trigger_id")
        trigger, issued = self._issued[name]
        if monotonic() - issued > self._lives_s:
            raise ApiError("expired_trigger_id")
        return trigger

    def exchange(self, name: str) -> Trigger:
        """The same, and nobody else gets it again."""
        trigger = self.look_up(name)
        self._exchanged.add(name)
        return trigger
