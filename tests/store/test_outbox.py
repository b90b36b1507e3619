"""The outbox: order within a thread, a card told once in its newest form, waiting, forgetting."""

from sqlalchemy import Connection, text

from store import card_places, outbox, parking
from store.database import Database
from store.outbox_model import Note, OutboxItem
from tests.store.samples import BOTH, proposed

pytestmark = BOTH


def add(conn: Connection, job_id: int, *notes: Note) -> None:
    for note in notes:
        outbox.add(conn, job_id, note)


def due(conn: Connection, limit: int = 32) -> list[tuple[int | None, Note]]:
    """What may go now, as (job, note)."""
    return [(item.job_id, item.note) for item in outbox.due(conn, limit)]


def only(conn: Connection) -> OutboxItem:
    [item] = outbox.due(conn, 32)
    return item


def left(conn: Connection) -> int:
    return int(conn.execute(text("SELECT count(*) FROM outbox")).scalar_one())


def test_a_thread_is_told_in_order_one_message_at_a_time(db: Database) -> None:
    with db.engine.begin() as conn:
        job = proposed(conn).id
        add(conn, job, Note.STARTED, Note.OUTCOME, Note.REFUSED_CSV, Note.CHECKED)
        told = []
        while items := outbox.due(conn, 32):
            assert len(items) == 1
            told.append(items[0].note)
            outbox.delivered(conn, items[0])
        assert told == [Note.STARTED, Note.OUTCOME, Note.REFUSED_CSV, Note.CHECKED]


def test_a_message_that_must_wait_holds_up_its_own_thread_only(db: Database) -> None:
    with db.engine.begin() as conn:
        slow, quick = proposed(conn).id, proposed(conn).id
        add(conn, slow, Note.STARTED, Note.OUTCOME)
        add(conn, quick, Note.STARTED)
        [first, _] = outbox.due(conn, 32)
        outbox.postpone(conn, first, 60, attempts=1)
        assert due(conn) == [(quick, Note.STARTED)]


def test_results_go_before_progress_whatever_came_first(db: Database) -> None:
    with db.engine.begin() as conn:
        one, two = proposed(conn).id, proposed(conn).id
        add(conn, one, Note.CARD)
        add(conn, two, Note.CARD, Note.OUTCOME)
        add(conn, one, Note.OUTCOME)
        assert due(conn) == [
            (two, Note.OUTCOME), (one, Note.OUTCOME), (one, Note.CARD), (two, Note.CARD)
        ]  # fmt: skip
        assert due(conn, 2) == [(two, Note.OUTCOME), (one, Note.OUTCOME)]


def test_a_card_that_changes_often_is_told_once(db: Database) -> None:
    with db.engine.begin() as conn:
        job = proposed(conn).id
        add(conn, job, *[Note.CARD] * 5)
        card = only(conn)
        assert (card.revision, card.attempts) == (4, 0)
        outbox.delivered(conn, card)
        assert left(conn) == 0


def test_a_card_that_changed_while_being_delivered_stays(db: Database) -> None:
    with db.engine.begin() as conn:
        job = proposed(conn).id
        add(conn, job, Note.CARD)
        taken = only(conn)
        add(conn, job, Note.CARD)
        outbox.delivered(conn, taken)
        again = only(conn)
        assert (again.id, again.revision) == (taken.id, taken.revision + 1)
        outbox.delivered(conn, again)
        assert left(conn) == 0


def test_a_card_that_changed_while_it_was_told_is_due_again(db: Database) -> None:
    with db.engine.begin() as conn:
        job = proposed(conn).id
        add(conn, job, Note.CARD)
        taken = only(conn)
        outbox.postpone(conn, taken, 0, attempts=3)
        add(conn, job, Note.CARD)
        outbox.delivered(conn, taken)
        assert only(conn).attempts == 0, "Slack has answered: the pauses begin anew"


def test_a_waiting_card_that_changes_keeps_waiting(db: Database) -> None:
    """Slack's Retry-After holds for the newest form of a card as well."""
    with db.engine.begin() as conn:
        job = proposed(conn).id
        add(conn, job, Note.CARD)
        outbox.postpone(conn, only(conn), 60, attempts=1)
        add(conn, job, Note.CARD)
        assert due(conn) == []
        assert left(conn) == 1


def test_postponed_means_later_and_next_due_says_when(db: Database) -> None:
    with db.engine.begin() as conn:
        job = proposed(conn).id
        assert outbox.next_due(conn) is None
        add(conn, job, Note.STARTED)
        assert outbox.next_due(conn) is None, "what is due already does not wait"
        item = only(conn)
        outbox.postpone(conn, item, 60, attempts=2)
        assert due(conn) == []
        assert outbox.fresh(conn, item) is None
        wait = outbox.next_due(conn)
        assert wait is not None
        assert 59 < wait <= 60
        outbox.postpone(conn, item, 0, attempts=2)
        assert only(conn).attempts == 2


def test_what_another_has_delivered_is_not_fresh(db: Database) -> None:
    with db.engine.begin() as conn:
        add(conn, proposed(conn).id, Note.STARTED)
        item = only(conn)
        assert outbox.fresh(conn, item) == item
        outbox.delivered(conn, item)
        assert outbox.fresh(conn, item) is None
        outbox.delivered(conn, item)  # said twice, and nothing comes back
        assert left(conn) == 0


def test_dropping_forgets_one_job_only(db: Database) -> None:
    with db.engine.begin() as conn:
        one, two = proposed(conn).id, proposed(conn).id
        for job in (one, two):
            add(conn, job, Note.CARD, Note.STARTED, Note.OUTCOME)
        parking.drop(conn, one)
        assert due(conn) == [(two, Note.STARTED), (two, Note.CARD)]


def test_an_id_is_never_used_again(db: Database) -> None:
    """The metadata of a message in Slack names it, so that a crash does not post it twice."""
    with db.engine.begin() as conn:
        job = proposed(conn).id
        ids = []
        for _ in range(3):
            add(conn, job, Note.STARTED)
            ids.append(only(conn).id)
            parking.drop(conn, job)
        assert len(set(ids)) == 3


async def test_what_is_to_be_said_survives_as_it_was_said(url: str) -> None:
    detail: dict[str, str | int | None] = {
        "error": "not_in_channel",
        "turned": 3,
        "nothing": None,
        "odd": "“née” ✓ <!channel>",
    }
    first = Database(url)
    try:
        job = await first.write(proposed)
        await first.write(lambda conn: outbox.add(conn, job.id, Note.CHECKED, **detail))
    finally:
        first.close()
    second = Database(url)
    try:
        [item] = await second.read(outbox.due, 32)
        assert (item.job_id, item.note, item.detail) == (job.id, Note.CHECKED, detail)
    finally:
        second.close()


def test_a_card_that_another_delivered_meanwhile_is_drawn_once_more(db: Database) -> None:
    """Two replicas told it, one of them after a freeze: the older drawing may have come last."""
    with db.engine.begin() as conn:
        job = proposed(conn)
        card_places.posted(conn, job.id, job.channel_id, "1.0")
        add(conn, job.id, Note.CARD)
        ours = theirs = only(conn)
        outbox.delivered(conn, theirs)
        assert left(conn) == 0
        outbox.delivered(conn, ours)
        outbox.delivered(conn, only(conn))
        assert left(conn) == 0


def test_a_message_that_another_delivered_meanwhile_is_not_told_again(db: Database) -> None:
    with db.engine.begin() as conn:
        add(conn, proposed(conn).id, Note.STARTED)
        item = only(conn)
        outbox.delivered(conn, item)
        outbox.delivered(conn, item)
        assert left(conn) == 0
