"""What the bot has in each workspace, made when it is first needed and anew when its token changes."""

from collections.abc import Callable, Collection, Sequence
from typing import Generic, TypeVar

import structlog
from slack_sdk.oauth.installation_store import Bot

from bot.workspaces.installations import Installations
from bot.workspaces.vault import WrongKey
from store.errors import StoreError

T = TypeVar("T")

log = structlog.get_logger()


class Many(Generic[T]):
    """`build` makes what belongs to a workspace from its bot and the workspace's own id.

    Only workspaces that `may_install`, or whose organisation may, have anything here.
    """

    def __init__(
        self, installations: Installations, may_install: Collection[str], build: Callable[[Bot, str], T]
    ) -> None:
        self._installations = installations
        self._may_install = may_install
        self._build = build
        self._built: dict[tuple[str, str], tuple[Bot, T]] = {}

    async def of(self, enterprise_id: str, team_id: str) -> T | None:
        """What there is for people of this workspace; None where the bot is not installed for them.

        The rows are asked each time, so that an uninstall counts at once on every replica; while the database
        is out of reach, what was known last counts. Raises StoreError where nothing was.
        """
        key = (enterprise_id, team_id)
        kept = self._built.get(key)
        try:
            bot = await self._installations.async_find_bot(enterprise_id=enterprise_id, team_id=team_id)
        except WrongKey as exc:
            log.error("workspaces.wrong_key", workspace=exc.workspace, error=str(exc))  # noqa: TRY400 - said in full
            return None
        except StoreError:
            if kept is None:
                raise
            return kept[1]
        if bot is None or not self._allowed(enterprise_id, team_id):
            self._built.pop(key, None)
            return None
        if kept is None or _facts(kept[0]) != _facts(bot):
            kept = self._built[key] = (bot, self._build(bot, team_id))
        return kept[1]

    def every(self) -> Sequence[T]:
        """All there are now, to be let end."""
        return [built for _, built in self._built.values()]

    def _allowed(self, enterprise_id: str, team_id: str) -> bool:
        return team_id in self._may_install or enterprise_id in self._may_install


def _facts(bot: Bot) -> tuple[object, ...]:
    return (bot.bot_token, bot.bot_user_id, bot.bot_id, bot.enterprise_id, bot.custom_values)
