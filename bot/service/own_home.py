"""A person's own App Home: opened by them, with what they chose there."""

from store import homes
from store.database import Database
from store.home_model import Notify
from store.model import Operator


class OwnHome:
    """Everybody has one, from the first time they open it; `bot.outbox.homes` draws it."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def opened(self, operator: Operator, seen: str | None) -> None:
        """Have it looked at; `seen` is Slack's hash of the view that is there. Raises StoreError."""
        await self._db.write(homes.opened, operator, seen)

    async def choose(self, operator: Operator, notify: Notify) -> None:
        """Keep how the person wants to hear of the end of their jobs. Raises StoreError."""
        await self._db.write(homes.choose, operator, notify)
