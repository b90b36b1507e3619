"""What is next of a job once one thing is told, and what another has to be woken for."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from store import card_places, following, outbox
from store.database import Database
from store.model import Job
from store.outbox_model import Note
from tests.store.samples import BOTH, proposed

pytestmark = BOTH


@pytest.fixture
def conn(db: Database) -> Iterator[Connection]:
    with db.engine.begin() as conn:
        yield conn


def with_card(conn: Connection) -> Job:
    job = proposed(conn)
    card_places.posted(conn, job.id, "C0OPS", "1.1")
    return job


def told(conn: Connection, note: Note) -> tuple[Note | None, bool]:
    """Tell an item that is due; what follows, and whether somebody else is woken to look."""
    item = next(item for item in outbox.due(conn, 32) if item.note is note)
    outbox.delivered(conn, item)
    conn.info.clear()
    after = following.after(conn, item)
    return after.note if after else None, outbox.TOPIC in conn.info.get("rings", ())


def test_a_message_is_followed_by_the_next_and_leaves_the_card_to_itself(conn: Connection) -> None:
    job = with_card(conn)
    for note in (Note.STARTED, Note.CARD, Note.OUTCOME):
        outbox.add(conn, job.id, note)
    assert told(conn, Note.STARTED) == (Note.OUTCOME, False)
    assert told(conn, Note.OUTCOME) == (None, False)


def test_after_the_last_message_somebody_looks_for_its_picture(conn: Connection) -> None:
    job = with_card(conn)
    for note in (Note.OUTCOME, Note.PICTURE):
        outbox.add(conn, job.id, note)
    assert told(conn, Note.OUTCOME) == (None, True)


def test_a_card_that_is_just_posted_may_have_kept_messages_waiting(conn: Connection) -> None:
    job = proposed(conn)
    for note in (Note.CARD, Note.CUSTOMERS_CSV):
        outbox.add(conn, job.id, note)
    assert told(conn, Note.CARD) == (None, True)


def test_a_card_and_its_copies_look_for_each_other(conn: Connection) -> None:
    job = with_card(conn)
    outbox.add(conn, job.id, Note.CARD)
    outbox.add(conn, job.id, Note.COPY, to="D0BRAM", ts="2.1")
    assert told(conn, Note.CARD) == (None, True)
    outbox.add(conn, job.id, Note.CARD)
    assert told(conn, Note.COPY) == (None, True)


def test_a_card_leaves_the_messages_to_themselves(conn: Connection) -> None:
    job = with_card(conn)
    for note in (Note.CARD, Note.STARTED):
        outbox.add(conn, job.id, note)
    assert told(conn, Note.CARD) == (None, False)
