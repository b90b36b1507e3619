"""Queries of the outbox for who has just told something: what is next of the same job. Never commit."""

from typing import Any

from sqlalchemy import Connection, Select, func, select

from store.outbox import LISTED, TOPIC, as_item, may_go, note_is
from store.outbox_model import ASIDE, Note, OutboxItem
from store.prepared import prepared
from store.tables import outbox
from store.units import ring


def after(conn: Connection, item: OutboxItem) -> OutboxItem | None:
    """What may go after this one of the same job: its card if that was one, else its oldest message."""
    which = _next_card if item.note is Note.CARD else _next_message
    row = which(conn, job=item.job_id).one_or_none()
    if row is None:
        # Once the card is there, its updates and the messages look after themselves, each for their own.
        left = _anything if item.card_ts is None or item.note is Note.COPY else _beside
        if left(conn, job=item.job_id).first():
            ring(conn, TOPIC)  # a picture after the last message, say
    return as_item(row) if row else None


@prepared
def _anything(job: Any) -> Select[Any]:
    return _anything_of(job)


@prepared
def _beside(job: Any) -> Select[Any]:
    return _anything_of(job).where(note_is(outbox.c.note, Note.PICTURE, Note.COPY))


@prepared
def _next_card(job: Any) -> Select[Any]:
    return LISTED.where(outbox.c.job_id == job, note_is(outbox.c.note, Note.CARD), *may_go())


@prepared
def _next_message(job: Any) -> Select[Any]:
    messages = (outbox.c.job_id == job, ~note_is(outbox.c.note, Note.CARD, *ASIDE))
    oldest = select(func.min(outbox.c.id)).where(*messages).scalar_subquery()
    return LISTED.where(outbox.c.id == oldest, *may_go())


def _anything_of(job: Any) -> Select[Any]:
    return select(outbox.c.id).where(outbox.c.job_id == job, *may_go()).limit(1)
