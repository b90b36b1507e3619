"""What the page is told once: people and what they may do, the app's commands and shortcuts, emoji, words.

Commands and shortcuts are those of the app's manifest; a test compares the two.
"""

from typing import Any

from bot.sandbox.browser.cluster_side import MANNERS
from bot.sandbox.browser.house import NAMES as CLUSTERS
from bot.sandbox.browser.situations import SITUATIONS
from bot.sandbox.cluster.site import ACTIONS, customer_ids
from bot.sandbox.mrkdwn import EMOJI
from bot.sandbox.workspace.people import (
    ASTER,
    BOT,
    BRAM,
    CLEO,
    DANA,
    NAMES,
    OPS,
    PEOPLE,
    SLACKBOT,
    TEAM,
    Person,
)

JSON = dict[str, Any]
EXAMPLES = 126  # ids of each cluster that the composer can fill in

COMMANDS = (
    {
        "command": "/set-action",
        "hint": "T-Enable evian3 ID, ID reason: why",
        "does": "Run an action on customers of a cluster",
    },
    {
        "command": "/my-jobs",
        "hint": "failed evian3 since:yesterday, customer ID, or a job id",
        "does": "List your jobs, or show one in full",
    },
)
SHORTCUTS = (
    {"name": "Set an action", "type": "global", "callback_id": "set_action"},
    {"name": "Set action on these", "type": "message", "callback_id": "set_action_on_these"},
)
ROLES = {
    ASTER: ("Operator", "Asks for actions"),
    BRAM: ("Approver", "Asks, and approves what others ask"),
    CLEO: ("Stranger", "May do nothing here"),
    DANA: ("Administrator", "Makes batches, reads the record"),
}


def _role(person: Person) -> tuple[str, str]:
    """What somebody is here, and what they may do."""
    if person.team != TEAM:
        return "Guest from elsewhere", "Of another organisation, in a channel shared with it"
    return ROLES.get(person.id, ("Guest", "May see some channels") if person.guest else ("Member", ""))


def offers() -> JSON:
    """The page draws nothing before it has this."""
    return {
        "people": [
            {"id": person.id, "name": person.name, "role": role, "does": does}
            for person in PEOPLE
            for role, does in [_role(person)]
        ],
        "names": NAMES,
        "app": BOT,
        "slackbot": SLACKBOT,
        "start": {"user": ASTER, "channel": OPS},
        "commands": COMMANDS,
        "shortcuts": SHORTCUTS,
        "actions": list(ACTIONS),
        "clusters": [
            {"key": key, "name": name, "customers": customer_ids(key, EXAMPLES)}
            for key, name in CLUSTERS.items()
        ],
        "manners": [{"key": key, "name": one.name, "words": one.words} for key, one in MANNERS.items()],
        "situations": [{"key": key, "name": one.name, "words": one.words} for key, one in SITUATIONS.items()],
        "emoji": EMOJI,
    }
