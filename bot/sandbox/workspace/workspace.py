"""The parts of one workspace held together, and the addresses and tokens it is reached by."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import TextIO

from bot.sandbox.workspace.errors import ApiError
from bot.sandbox.workspace.faults import Faults
from bot.sandbox.workspace.files import StoredFile
from bot.sandbox.workspace.journal import Journal
from bot.sandbox.workspace.people import APP, PEOPLE, Person
from bot.sandbox.workspace.rates import Rates
from bot.sandbox.workspace.request_url import RequestUrl
from bot.sandbox.workspace.screens import Screens
from bot.sandbox.workspace.sockets import Sockets
from bot.sandbox.workspace.teams import Team
from bot.sandbox.workspace.triggers import Triggers
from bot.sandbox.workspace.world import World


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach a running workspace; the bot gets what stands between the address and the desk's token."""

    address: str
    api_url: str
    bot_token: str
    app_token: str
    signing_secret: str
    desk_token: str

    @classmethod
    def at(cls, address: str) -> "Access":
        return cls(
            address=address,
            api_url=f"{address}/api/",
            bot_token=f"xoxb-{token_hex(24)}",
            app_token=f"xapp-1-{APP}-{token_hex(24)}",
            signing_secret=token_hex(16),
            desk_token=token_hex(24),
        )


@dataclass(frozen=True, slots=True)
class Clocks:
    """Slack's time limits, in seconds; tests may shorten them."""

    ack_s: float = 3.0
    trigger_s: float = 3.0
    response_url_s: float = 1800.0


@dataclass(slots=True)
class Workspace:
    """One team; `scopes` None grants every scope."""

    access: Access
    clocks: Clocks
    scopes: frozenset[str] | None
    journal: Journal
    world: World
    faults: Faults
    triggers: Triggers
    sockets: Sockets
    rates: Rates
    screens: Screens
    request_url: RequestUrl | None = None  # HTTP mode: payloads go there, and to no socket
    team: Team = field(default_factory=Team)
    revoked: set[str] = field(default_factory=set)  # tokens of the bot that are good no more
    is_out: bool = False  # Slack is down: nothing but 503 for the app, no socket
    files: dict[str, StoredFile] = field(default_factory=dict)

    @classmethod
    def founded(
        cls,
        address: str,
        scopes: frozenset[str] | None,
        people: Sequence[Person],
        clocks: Clocks,
        rates: float | None,
        kept: TextIO | None = None,
    ) -> "Workspace":
        journal = Journal(kept)
        return cls(
            access=Access.at(address),
            clocks=clocks,
            scopes=scopes,
            journal=journal,
            world=World(people or PEOPLE, journal),
            faults=Faults(),
            triggers=Triggers(clocks.trigger_s),
            sockets=Sockets(journal),
            rates=Rates(rates),
            screens=Screens(journal),
        )

    def revoke(self) -> None:
        """The bot's token is good no more."""
        self.revoked.add(self.access.bot_token)
        self.access = replace(self.access, bot_token="")

    def require_scope(self, scope: str) -> None:
        """ApiError `missing_scope`, naming what is needed and what was granted."""
        if self.scopes is not None and scope not in self.scopes:
            raise ApiError("missing_scope", needed=scope, provided=",".join(sorted(self.scopes)))
