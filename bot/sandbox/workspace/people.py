"""Who and what lives in the sandbox workspace: plain constants and the shapes of a person and a place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

TEAM = "T0SANDBOX"
TEAM_NAME = "Sandbox"
TEAM_DOMAIN = "sandbox"
APP = "A0SETACTION"
BOT = "U0BOT"
BOT_ID = "B0BOT"
BOT_NAME = "Set Action"
SLACKBOT = "USLACKBOT"

ASTER = "U0ASTER"
BRAM = "U0BRAM"
CLEO = "U0CLEO"
GINA = "U0GINA"  # a guest
FINN = "U0FINN"  # of another organisation, by Slack Connect
FAR_TEAM = "T0ELSEWHERE"
DANA = "U0DANA"

OPS = "C0OPS"
RANDOM = "C0RANDOM"
OLD = "C0OLD"
PRIVATE = "G0SECRET"
PEOPLE_DM = "D0PEOPLE"
ONCALL = "S0ONCALL"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account; a guest is what Slack calls `is_restricted`.

    `tz_offset` in seconds. `team`: a person of another one is a stranger, met in a channel shared with it.
    """

    id: str
    name: str
    guest: bool = False
    one_channel_guest: bool = False
    deleted: bool = False
    tz: str = "Etc/UTC"
    tz_label: str = "Coordinated Universal Time"
    tz_offset: int = 0
    team: str = TEAM


@dataclass(frozen=True, slots=True)
class Place:
    """A conversation as the workspace starts with it."""

    id: str
    name: str
    kind: Literal["public", "private", "im"]
    members: tuple[str, ...]
    archived: bool = False


PEOPLE = (
    Person(ASTER, "Aster"),
    Person(BRAM, "Bram"),
    Person(CLEO, "Cleo"),
    Person(DANA, "Dana"),
    Person(GINA, "Gina", guest=True),
    Person(FINN, "Finn", team=FAR_TEAM),
)
PLACES = (
    Place(OPS, "ops", "public", (ASTER, BRAM, CLEO, DANA, GINA, FINN, BOT)),
    Place(RANDOM, "random", "public", (ASTER, BRAM, CLEO, DANA)),
    Place(OLD, "old", "public", (ASTER, BRAM, CLEO, BOT), archived=True),
    Place(PRIVATE, "secret", "private", (ASTER, BRAM)),
    Place(PEOPLE_DM, "", "im", (ASTER, BRAM)),
)
USER_GROUPS: Mapping[str, tuple[str, ...]] = {ONCALL: (ASTER,)}

# How Slack would show an id in running text.
NAMES: Mapping[str, str] = {
    **{person.id: f"@{person.name}" for person in PEOPLE},
    **{place.id: f"#{place.name}" for place in PLACES if place.name},
    BOT: f"@{BOT_NAME}",
    SLACKBOT: "@Slackbot",
    ONCALL: "@oncall",
}
