"""Plain types of batches. No SQL here, so everybody may import it."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Batch:
    """One row of `batches`: part `part` of `parts` of a list of customers for one cluster.

    `code` is what people type; `size` counts its customers; `assigned_to` is who is to run it, if anybody.
    """

    id: int
    code: str
    enterprise_id: str
    team_id: str
    cluster: str
    name: str
    part: int
    parts: int
    size: int
    made_by: str
    assigned_to: str | None
    created_at: datetime

    @property
    def place(self) -> "BatchPlace":
        """Where it stands in lists."""
        return BatchPlace(self.assigned_to is not None, self.id)


class BatchPlace(NamedTuple):
    """Where a batch stands in a person's list: those nobody is to run yet first, then the newest first."""

    assigned: bool
    id: int
