"""Slack SDK's interface of a state store: what ties the end of an installation to its beginning, once."""

import hashlib
from datetime import timedelta
from secrets import token_urlsafe

from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from store import installations
from store.database import Database

LASTS = timedelta(minutes=10)


class States(AsyncOAuthStateStore):
    """Shared by all replicas: an installation may end at another one than where it began."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def async_issue(self, *args: object, **kwargs: object) -> str:
        """A new state, good once and for ten minutes. Raises StoreError."""
        state = token_urlsafe(24)
        await self._db.write(installations.issue, _digest(state), LASTS)
        return state

    async def async_consume(self, state: str) -> bool:
        """Whether it is one of ours, not too old, and nobody has used it. Raises StoreError."""
        return await self._db.write(installations.consume, _digest(state))


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode(errors="surrogatepass")).hexdigest()
