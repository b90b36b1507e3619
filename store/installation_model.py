"""Plain types of installations: the workspaces that the bot was installed in by OAuth. No SQL here."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Installation:
    """What Slack gave and told when somebody installed the bot; `token` is sealed.

    `id` is the workspace's (T…), or of an install for a whole organisation the organisation's (E…).
    `enterprise_id` is "" outside Enterprise Grid. `url` ends in a slash. `checked_at`: when Slack last said
    that all of this holds.
    """

    id: str
    enterprise_id: str
    url: str
    bot_id: str
    bot_user_id: str
    token: str
    scopes: str
    installed_by: str
    installed_at: datetime
    checked_at: datetime

    @property
    def team_id(self) -> str:
        """The workspace's; "" of an install for a whole organisation."""
        return "" if self.id == self.enterprise_id else self.id
