"""Cards that are changed: the old one stays until its successor is posted. In the transaction of the fact."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, select, update

from store import audit, outbox
from store.audit import Event
from store.jobs import COLUMNS, as_job, cancel
from store.model import Job
from store.outbox_model import Note
from store.prepared import prepared
from store.tables import IS_PROPOSED, jobs


def begin(conn: Connection, old: Job, by: UUID) -> None:
    """Have `by`, a card that is made in this transaction, take the place of one that is not decided.

    Until that is posted the old one can be seen, and not be confirmed.
    """
    conn.execute(update(jobs).where(jobs.c.id == old.id).values(replaced_by=by))


def finish(conn: Connection, new: Job) -> None:
    """A card is posted: put away, on the record, whatever it takes the place of."""
    for old in _waiting_for(conn, new):
        if cancel(conn, old, new.operator.user_id):
            detail = {"replaced_by": new.uuid.hex}
            audit.append(
                conn, Event.CANCELLED, actor=new.operator, job=old.uuid, cluster=old.cluster, detail=detail
            )
            outbox.add(conn, old.id, Note.CARD)


def undo(conn: Connection, new: Job) -> bool:
    """A card cannot be posted: what it was to replace can be decided again; whether there is any."""
    freed = update(jobs).where(jobs.c.replaced_by == new.uuid, IS_PROPOSED).values(replaced_by=None)
    return conn.execute(freed).rowcount > 0


def _waiting_for(conn: Connection, new: Job) -> Sequence[Job]:
    return [as_job(row) for row in _waiting(conn, uuid=new.uuid)]


@prepared
def _waiting(uuid: Any) -> Select[Any]:
    return select(*COLUMNS).where(jobs.c.replaced_by == uuid, IS_PROPOSED)
