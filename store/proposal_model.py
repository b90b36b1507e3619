"""The plain type of what somebody asked for, before it is kept. No SQL here, so everybody may import it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from store.model import Operator, Preview, Source


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody asked for, checked and ready to be kept. `request_key` is unique per request."""

    uuid: UUID
    request_key: str
    operator: Operator
    channel_id: str
    action_code: int
    action_name: str
    cluster: str
    base_url: str
    cids: tuple[str, ...]
    duplicates: int
    reason: str | None
    expires_after_s: float
    preview: Preview = Preview.OFF
    sources: tuple[Source, ...] = ()
    batch_id: int | None = None
    parent_id: int | None = None
    start_at: datetime | None = None
    start_zone: str | None = None
    send_there: bool = False
