"""Part of the composition root: many workspaces, each of which installed the bot by OAuth."""

from slack_sdk.oauth.installation_store import Bot

from bot.config import OAuthApp
from bot.introduction import Home
from bot.joining import Joined
from bot.listeners.door import Door
from bot.lodging import Lodging, Means, lodging
from bot.loops import Loop
from bot.workspaces.checking import Checking
from bot.workspaces.gatehouse import Gatehouse
from bot.workspaces.installations import URL, Installations
from bot.workspaces.many import Many
from bot.workspaces.oauth import OAuth
from bot.workspaces.states import States
from bot.workspaces.vault import Vault
from store import installations


async def many(means: Means, oauth: OAuthApp) -> Joined:
    """Raises ConfigurationError, StoreError."""
    db = means.db
    kept = Installations(db, Vault(oauth.keys))
    await kept.prepare()

    def built(bot: Bot, team_id: str) -> Lodging:
        home = Home(
            team_id=team_id,
            enterprise_id=bot.enterprise_id or "",
            url=bot.custom_values[URL],
            bot_id=bot.bot_id,
            bot_user_id=bot.bot_user_id,
        )
        return lodging(means, means.client_with(bot.bot_token), home)

    lodgings = Many(kept, oauth.may_install, built)

    async def door_of(enterprise_id: str, team_id: str) -> Door | None:
        found = await lodgings.of(enterprise_id, team_id)
        return found.door if found else None

    checking = Checking(db, kept, means.client_with)
    return Joined(
        lodgings,
        Gatehouse(db, door_of).enter,
        [OAuth(oauth, means.client, kept, States(db))],
        [Loop(means.turns, installations.TOPIC, checking.work)],
        "by OAuth",
    )
