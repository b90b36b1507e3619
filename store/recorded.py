"""Plain types of what happened to a job as people are shown it. No SQL here, so everybody may import it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class Recorded:
    """One event of a job. `event` is a word of `store.audit.Event`, `actor` an operator or "bot"."""

    seq: int
    at: datetime
    actor: str
    event: str
    detail: Mapping[str, Any]

    @property
    def user_id(self) -> str | None:
        """The Slack user who did it; None where the bot itself did."""
        return self.actor.rpartition("/")[2] if "/" in self.actor else None


class Sending(NamedTuple):
    """The last request with the customers at positions `first` to `last`, and what it was answered."""

    first: int
    last: int
    sent_at: datetime | None
    elapsed_ms: int | None
    http_status: int | None
