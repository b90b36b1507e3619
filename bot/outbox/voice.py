"""How things are told in one workspace: with its own token, within its own limits."""

from dataclasses import dataclass
from typing import Protocol

from bot.outbox.drawing import Words
from bot.outbox.home_pictures import HomePictures
from bot.outbox.pace import Pace
from bot.outbox.slack import Slack
from bot.outbox.telling import Teller


@dataclass(frozen=True, slots=True)
class Voice:
    """Everything that telling somebody something takes."""

    slack: Slack
    teller: Teller
    pace: Pace
    pictures: HomePictures | None
    words: Words


class Voices(Protocol):
    """Knows the voice for each workspace."""

    async def of(self, enterprise_id: str, team_id: str) -> Voice | None:
        """None where the bot is not installed (any more). Raises StoreError."""
        ...
