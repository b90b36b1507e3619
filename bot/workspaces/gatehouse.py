"""Where payloads come in for many workspaces: each goes to its own workspace's door, or to none."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, Protocol

import structlog

from bot.workspaces.whose import is_ending, is_of_organisation, revoked_bots, workspace_of
from store import installations
from store.database import Database
from store.errors import StoreError

NOT_HERE = (
    "This bot is not installed in this workspace, or not any more. Nothing was sent. Ask the people who run "
    "it for the address to install it from."
)
NOT_NOW = "This did not go through: the bot cannot reach its database. Nothing was sent; please try again."

log = structlog.get_logger()


class Door(Protocol):
    """One workspace's."""

    async def enter(self, delivery: str, body: dict[str, Any]) -> dict[str, Any]: ...


DoorOf = Callable[[str, str], Awaitable[Door | None]]


class Gatehouse:
    """`door_of` gives the door of a workspace, by enterprise and team."""

    def __init__(self, db: Database, door_of: DoorOf) -> None:
        self._db = db
        self._door_of = door_of

    async def enter(self, delivery: str, payload: dict[str, Any]) -> dict[str, Any]:
        """The acknowledgement's payload."""
        try:
            if is_ending(payload):
                await self._end(payload)
                return {}
            door = await self._door_of(*workspace_of(payload))
        except StoreError as exc:
            log.exception("set_action.store_error", error=str(exc))
            return _told(payload, NOT_NOW)
        if door is None:
            log.warning("workspaces.not_installed", workspace="/".join(workspace_of(payload)))
            return _told(payload, NOT_HERE)
        return await door.enter(delivery, payload)

    async def _end(self, payload: dict[str, Any]) -> None:
        """The bot was removed: nothing is told there from now on, and what waits for that waits."""
        enterprise, team = workspace_of(payload)
        if is_of_organisation(payload) or not team:
            # Slack tells this also when one of an organisation's workspaces goes: so it is asked.
            await self._db.write(installations.doubt, enterprise)
            return
        found = await self._db.short.read(installations.find, enterprise, team)
        bots = revoked_bots(payload)
        if found is None or found.id != team or (bots is not None and found.bot_user_id not in bots):
            return
        at = payload.get("event_time")
        if not isinstance(at, int) or found.installed_at > datetime.fromtimestamp(at, UTC):
            # Told late, and of what was there before perhaps.
            await self._db.write(installations.doubt, team)
            return
        why = "uninstalled" if bots is None else "token revoked"
        await self._db.write(installations.remove, found, why)
        log.warning("workspaces.uninstalled", workspace=team, why=why)


def _told(payload: dict[str, Any], words: str) -> dict[str, Any]:
    """Only a command can be answered without a token."""
    return {"response_type": "ephemeral", "text": words} if "command" in payload else {}
