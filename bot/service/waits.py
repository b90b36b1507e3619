"""What a request will have to wait for, checked while it is asked: its time, and people to approve it."""

from datetime import datetime
from typing import Protocol

from bot.errors import NotAllowed
from bot.run_at import moment
from bot.service.gate import Gate
from store.clock import read_now
from store.database import Database
from store.model import Operator


class Zones(Protocol):
    """Knows where people's clocks are."""

    async def zone_of(self, operator: Operator) -> str | None:
        """The name of this person's time zone; None when that is not known."""
        ...


class Waits:
    """Refuses what could never start."""

    def __init__(self, db: Database, zones: Zones, gate: Gate, furthest_s: float) -> None:
        self._db = db
        self._zones = zones
        self._gate = gate
        self._furthest_s = furthest_s

    async def when(
        self, operator: Operator, wanted: str | datetime | None
    ) -> tuple[datetime | None, str | None]:
        """The moment to start at, with the time zone it is told in; None is at once.

        Raises InvalidRequest, StoreError.
        """
        if wanted is None:
            return None, None
        zone = await self._zones.zone_of(operator)
        return moment(wanted, zone, await self._db.read(read_now), self._furthest_s), zone

    def check(self, operator: Operator, action: str, cluster: str) -> None:
        """Raises NotAllowed when an approval is needed that nobody else may give."""
        if not self._gate.nobody_else(action, cluster, operator):
            return
        needed = self._gate.needed(action, cluster)
        people = "two other people" if needed > 1 else "somebody else"
        raise NotAllowed(
            f"{action} on {cluster} needs the approval of {people}, and the rules let too few others give "
            "it. Nothing was sent. Ask the people who run this bot."
        )
