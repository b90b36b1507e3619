"""From a row of the outbox about batches to the message for whoever is, or was, to run them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from bot.views.batches import assigned, taken_away
from bot.views.message import Message
from store import batches
from store.batch_model import Batch
from store.outbox_model import Note, OutboxItem


@dataclass(frozen=True, slots=True)
class Assignment:
    """`number` batches of one list, given by one person to another; `some` are the first of them, as now."""

    item: OutboxItem
    some: Sequence[Batch]
    number: int
    by: str


def read(conn: Connection, item: OutboxItem) -> Assignment:
    """Read what the message needs."""
    detail = item.detail or {}
    some = batches.coded(conn, str(detail["codes"]).split(","))
    return Assignment(item, some, int(detail["number"] or 0), str(detail["by"]))


def draw(facts: Assignment, names: Mapping[str, str]) -> Message:
    """The message; `names` of clusters by key."""
    cluster, person = facts.some[0].cluster, facts.item.channel_id
    draw_it = taken_away if facts.item.note is Note.TAKEN_AWAY else assigned
    return draw_it(facts.some, facts.number, facts.by, names.get(cluster, cluster), to=person)
