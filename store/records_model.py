"""Plain types of the audit log as it is handed on. No SQL here."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Record:
    """One row; `detail` is JSON, the hashes are hexadecimal."""

    seq: int
    at: datetime
    actor: str
    event: str
    job: str | None
    cluster: str | None
    detail: str
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` (None: the beginning) to before `until` (None: now)."""

    since: datetime | None = None
    until: datetime | None = None
