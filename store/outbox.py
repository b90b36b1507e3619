"""Queries of the outbox: what Slack must be told, kept with the fact and removed once Slack has it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Executable,
    Insert,
    Row,
    Select,
    Update,
    case,
    delete,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from store import short
from store.batch_tables import batches
from store.clock import now, read_now
from store.database import upsert_on
from store.outbox_model import ASIDE, Note, OutboxItem
from store.prepared import prepared
from store.tables import IS_CARD, jobs, outbox
from store.units import ring

TOPIC = "outbox"
CARDS = "homes"  # rung with every card, for those who draw what else shows a job: people's homes
COLUMNS = [
    outbox.c.id, outbox.c.job_id, outbox.c.batch_id, outbox.c.note, outbox.c.detail,
    outbox.c.revision, outbox.c.attempts, outbox.c.doubtful,
    outbox.c.created_at, jobs.c.channel_id, jobs.c.card_ts, jobs.c.state.label("job_state"),
    func.coalesce(jobs.c.enterprise_id, batches.c.enterprise_id).label("enterprise_id"),
    func.coalesce(jobs.c.team_id, batches.c.team_id).label("team_id"),
]  # fmt: skip
LISTED = (
    select(*COLUMNS)
    .join_from(outbox, jobs, isouter=True)
    .join(batches, batches.c.id == outbox.c.batch_id, isouter=True)
)


def add(conn: Connection, job_id: int, note: Note, **detail: str | int | None) -> None:
    """Have Slack told, in the transaction of the fact. A card that still waits is not queued twice."""
    if note is Note.CARD:
        _add_card(conn, job=job_id, which=note, words=detail or None)
        ring(conn, CARDS)
    else:
        _add(conn, job=job_id, batch=None, which=note, words=detail or None)
    ring(conn, TOPIC)


def add_once(conn: Connection, job_id: int, note: Note) -> None:
    """As `add`, unless the same waits already; for whoever holds the job."""
    waits = exists().where(outbox.c.job_id == job_id, outbox.c.note == note)
    if not conn.execute(select(waits)).scalar_one():
        add(conn, job_id, note)


@prepared
def _add(job: Any, batch: Any, which: Any, words: Any) -> Insert:
    about = {"job_id": job, "batch_id": batch, "note": which, "detail": words}
    return insert(outbox).values(**about, created_at=now(), due_at=now())


@prepared
def _add_card(dialect: str, job: Any, which: Any, words: Any) -> Executable:
    about = {"job_id": job, "note": which, "detail": words}
    new: Any = upsert_on(dialect, outbox).values(**about, created_at=now(), due_at=now())
    card: Executable = new.on_conflict_do_update(
        index_elements=[outbox.c.job_id],
        index_where=IS_CARD,
        # At once, unless Slack asked for a pause: pacing is for whoever delivers, who knows the job.
        set_={
            "revision": outbox.c.revision + 1,
            "due_at": case((outbox.c.attempts == 0, now()), else_=outbox.c.due_at),
        },
    )
    return card


def add_for_person(conn: Connection, batch_id: int, note: Note, to: str, **detail: str | int | None) -> None:
    """Have one person told about a batch, directly, in the transaction of the fact."""
    _add(conn, job=None, batch=batch_id, which=note, words={**detail, "to": to})
    ring(conn, TOPIC)


@prepared
def _due(limit: Any) -> Select[Any]:
    is_card = note_is(outbox.c.note, Note.CARD)
    aside = case((note_is(outbox.c.note, *ASIDE), outbox.c.note), else_="")
    oldest = (
        select(func.min(outbox.c.id))
        .where(~is_card)
        .group_by(outbox.c.job_id, outbox.c.batch_id, aside)
        .scalar_subquery()
    )
    earlier = outbox.alias("earlier")
    first_words = exists().where(
        earlier.c.job_id == outbox.c.job_id,
        earlier.c.id < outbox.c.id,
        ~note_is(earlier.c.note, Note.CARD, *ASIDE),
    )
    in_turn = (is_card | outbox.c.id.in_(oldest), ~note_is(outbox.c.note, Note.PICTURE) | ~first_words)
    # Results before progress: messages of threads first, then cards, the one that changed longest ago first,
    # so that a busy job's card does not keep an ended one's from its last update.
    order = (is_card, case((is_card, outbox.c.due_at)), outbox.c.id)
    return LISTED.where(*may_go(), *in_turn).order_by(*order).limit(limit)


def note_is(note: ColumnElement[Any], *which: Note) -> ColumnElement[bool]:
    """The condition that it is one of these."""
    # Written out: SQLite plans anew each time a parameter is bound that a partial index might depend on, and
    # a list after IN is spelled out anew each time.
    return or_(*(note == literal_column(f"'{one}'") for one in sorted(which)))


def due(conn: Connection, limit: int) -> Sequence[OutboxItem]:
    """What may go now: of each job (or batch) the oldest message, so that order holds, and the card.

    What is said aside goes by itself, pictures after everything that was to be said before them.
    """
    return [as_item(row) for row in _due(conn, limit=limit)]


def look(conn: Connection, limit: int) -> tuple[Sequence[OutboxItem], float | None]:
    """What is `due`, and in how many seconds the next is (see `next_due`)."""
    short.expect(conn, len(_some(conn, most=short.FEW + 1).rows))
    # Asked first: what falls due between the two questions is in the second one's answer.
    wait = next_due(conn)
    return due(conn, limit), wait


@prepared
def _fresh(item: Any) -> Select[Any]:
    return LISTED.where(outbox.c.id == item, outbox.c.due_at <= now())


@prepared
def _begun(item: Any) -> Update:
    return update(outbox).where(outbox.c.id == item).values(doubtful=True)


@prepared
def _later() -> Executable:
    later = (outbox.c.due_at > now(), ~outbox.c.parked)
    return select(func.min(outbox.c.due_at), now()).where(*later)


@prepared
def _gone(item: Any, drawn: Any) -> Delete:
    return delete(outbox).where(outbox.c.id == item, outbox.c.revision == drawn)


def fresh(conn: Connection, item: OutboxItem) -> OutboxItem | None:
    """The item as it is now; None when it is gone or no longer due: somebody has dealt with it."""
    row = _fresh(conn, item=item.id).one_or_none()
    return as_item(row) if row else None


def begin(conn: Connection, item: OutboxItem) -> OutboxItem | None:
    """Begin to post: from now on it is doubtful whether Slack has it. The item as it was, doubt included.

    None when it is gone or no longer due.
    """
    found = fresh(conn, item)
    if found:
        _begun(conn, item=item.id)
    return found


@prepared
def _some(most: Any) -> Select[Any]:
    return select(outbox.c.id).limit(most)


def may_go() -> tuple[ColumnElement[bool], ...]:
    """The condition of what is due, in a workspace where it can be told."""
    return outbox.c.due_at <= now(), ~outbox.c.parked


def next_due(conn: Connection) -> float | None:
    """Seconds until something that must wait now becomes due; None when nothing waits."""
    soonest, here = _later(conn).one()
    return (soonest - here).total_seconds() if soonest else None


def delivered(conn: Connection, item: OutboxItem) -> None:
    """Slack has it. A card that changed meanwhile stays, and is due."""
    gone = _gone(conn, item=item.id, drawn=item.revision).rowcount
    if not gone and not postpone(conn, item, 0, attempts=0) and item.is_update and item.job_id:
        # Another replica has delivered it while we were frozen: whose drawing came last is not known.
        add(conn, item.job_id, Note.CARD)


def postpone(
    conn: Connection, item: OutboxItem, seconds: float, *, attempts: int, doubtful: bool = False
) -> bool:
    """Try again later; False when it is gone. `doubtful`: Slack may have it all the same."""
    due_at = read_now(conn) + timedelta(seconds=seconds)
    return _postponed(conn, item=item.id, due=due_at, tries=attempts, doubt=doubtful).rowcount == 1


@prepared
def _postponed(item: Any, due: Any, tries: Any, doubt: Any) -> Update:
    later = {"due_at": due, "attempts": tries, "doubtful": doubt}
    return update(outbox).where(outbox.c.id == item).values(later)


def as_item(row: Row[Any]) -> OutboxItem:
    """A row of LISTED."""
    values = row._asdict()
    if row.detail and "to" in row.detail:
        values["channel_id"] = row.detail["to"]
    return OutboxItem(**values)
