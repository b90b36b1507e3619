"""Slack SDK's interface of an installation store, on this project's database.

Not the SDK's own SQLAlchemy store: that one keeps tokens in clear, opens connections of its own beside the
one door to the database (its async form needs drivers that are not here), makes its tables past the
migrations, and cannot have what waits in the outbox told in the transaction of an installation.
"""

from typing import Any

from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.installation_store import Installation as Granted
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
from sqlalchemy import Connection

from bot.errors import ConfigurationError, Problem
from bot.workspaces.vault import Vault, WrongKey
from store import installations
from store.clock import read_now
from store.database import Database
from store.installation_model import Installation

URL = "url"  # the custom value of a bot's workspace


class Installations(AsyncInstallationStore):
    """One row a workspace, or an organisation; a token leaves this room only in a `Bot`."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self._db = db
        self._vault = vault

    async def prepare(self) -> None:
        """Seal anew what an older key has sealed. Raises ConfigurationError where no key opens a token."""
        problems: list[Problem] = []
        for one in await self._db.read(installations.every):
            try:
                renewed = self._vault.renewed(one.id, one.token)
            except WrongKey as exc:
                problems.append(Problem("SET_ACTION_TOKEN_KEYS", str(exc)))
                continue
            if renewed:
                await self._db.write(installations.resealed, one, renewed)
        if problems:
            raise ConfigurationError(problems)

    async def async_save(self, installation: Granted) -> None:
        """Keep what Slack has granted, in place of what it granted before. Raises StoreError."""
        enterprise = installation.enterprise_id or ""
        workspace = enterprise if installation.is_enterprise_install else installation.team_id or ""
        values = {
            "id": workspace,
            "enterprise_id": enterprise,
            "url": str(installation.get_custom_value(URL)),
            "bot_id": installation.bot_id or "",
            "bot_user_id": installation.bot_user_id or "",
            "token": self._vault.sealed(workspace, installation.bot_token or ""),
            "scopes": ",".join(installation.bot_scopes or ()),
            "installed_by": installation.user_id,
        }
        await self._db.write(_save, values)

    async def async_find_bot(
        self, *, enterprise_id: str | None, team_id: str | None, is_enterprise_install: bool | None = False
    ) -> Bot | None:
        """The bot as people of this workspace meet it: installed there, else in the whole organisation.

        Raises WrongKey, StoreError.
        """
        team = "" if is_enterprise_install else team_id or ""
        found = await self._db.short.read(installations.find, enterprise_id or "", team)
        return self.bot(found) if found else None

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """Forget the installation there, and not the organisation's where only that is. Raises StoreError."""
        found = await self._db.short.read(installations.find, enterprise_id or "", team_id or "")
        if found and found.team_id == (team_id or ""):
            await self._db.write(installations.remove, found, "asked for")

    async def async_delete_all(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """The same: there are no users' tokens."""
        await self.async_delete_bot(enterprise_id=enterprise_id, team_id=team_id)

    def bot(self, one: Installation) -> Bot:
        """A row with its token opened. Raises WrongKey."""
        return Bot(
            enterprise_id=one.enterprise_id or None,
            team_id=one.team_id or None,
            bot_token=self._vault.opened(one.id, one.token),
            bot_id=one.bot_id,
            bot_user_id=one.bot_user_id,
            bot_scopes=one.scopes,
            is_enterprise_install=not one.team_id,
            installed_at=one.installed_at,
            custom_values={URL: one.url},
        )


def _save(conn: Connection, values: dict[str, Any]) -> None:
    now = read_now(conn)
    installations.save(conn, Installation(**values, installed_at=now, checked_at=now))
