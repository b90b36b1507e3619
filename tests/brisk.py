"""A bot that may speak faster than Slack allows, for tests that are not about that."""

import time

from bot.outbox.pace import Pace


class Brisk(Pace):
    """Slack's limits, twenty times as wide: most scenarios are not about waiting for Slack."""

    SPEED = 20.0

    def __init__(self) -> None:
        super().__init__(lambda: time.monotonic() * self.SPEED)

    def update(self, card: int, *, ended: bool) -> float:
        return super().update(card, ended=ended) / self.SPEED

    def home(self, person: str) -> float:
        return super().home(person) / self.SPEED

    def post(self, channel: str) -> float:
        return super().post(channel) / self.SPEED
