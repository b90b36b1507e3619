"""A workspace under another id than the usual one, or of an organisation: what it tells, told as that one.

All workspaces of a sandbox are alike, people's and channels' ids included: whoever mixes them up is seen.
"""

import json
from dataclasses import dataclass
from typing import Any

from bot.sandbox.workspace.people import TEAM

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Team:
    """`enterprise` is the organisation's id; `whole`: the app is installed in all of that."""

    id: str = TEAM
    enterprise: str = ""
    whole: bool = False

    def told(self, words: JSON) -> JSON:
        """An answer or a payload with this team's id in the place of the usual one."""
        if self.id == TEAM and not self.enterprise:
            return words
        told: JSON = json.loads(json.dumps(words).replace(f'"{TEAM}"', f'"{self.id}"'))
        if not self.enterprise:
            return told
        for one in [told, *told.get("authorizations", ())]:
            if "team_id" in one:
                one["enterprise_id"] = self.enterprise
            if "is_enterprise_install" in one:
                one["is_enterprise_install"] = self.whole
        if "enterprise" in told:
            told["enterprise"] = {"id": self.enterprise, "name": "Organisation"}
        if isinstance(user := told.get("user"), dict) and "is_restricted" in user:
            user["enterprise_user"] = {"id": user["id"], "enterprise_id": self.enterprise}
        return told
