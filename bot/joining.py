"""Part of the composition root: with which token the bot speaks, one workspace's or each one's."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.introduction import introduced
from bot.lodging import Lodgings, Means, OnlyOne, lodging, required
from bot.loops import Loop
from bot.parts import Beside, Enter


@dataclass(frozen=True, slots=True)
class Joined:
    """Where payloads enter, for which workspaces, and what else is answered and done for that."""

    lodgings: Lodgings
    enter: Enter
    beside: Sequence[Beside]
    loops: Sequence[Loop]
    shown: str  # in the log


async def joined(means: Means) -> Joined:
    """Raises ConfigurationError, StoreError."""
    slack = means.config.slack
    if slack.oauth:
        # With what seals tokens; one workspace needs none of it.
        from bot.joining_many import many

        return await many(means, slack.oauth)
    app_token = None if slack.listen else required(slack.app_token, "SLACK_APP_TOKEN", "Socket Mode")
    home = await introduced(means.client, app_token.get_secret_value() if app_token else None)
    only = lodging(means, means.client, home)
    return Joined(OnlyOne(only), only.door.enter, (), (), home.team_id)
