"""Queries about people's homes: who has one, whose has to be drawn, what is on it. Never commit."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    CHAR,
    ColumnElement,
    Connection,
    Select,
    Table,
    Update,
    case,
    func,
    or_,
    select,
    type_coerce,
    update,
)

from store import outbox
from store.audit import Event
from store.clock import now
from store.database import upsert
from store.home_model import Home, Notify
from store.home_tables import IS_ASKED, IS_LIVE, homes
from store.jobs import COLUMNS, as_job
from store.model import Job, Operator
from store.prepared import prepared
from store.short import expect
from store.tables import IS_PROPOSED, audit_log, jobs
from store.units import ring

TOPIC = outbox.CARDS  # whatever happens to a job has its card drawn
CATCH_UP = (
    5_000  # rows of the record read to see whose home they concern; behind more, everybody's is looked at
)
OF_BATCHES = (Event.BATCHES_MADE.value, Event.BATCH_ASSIGNED.value)
KEYS = (homes.c.enterprise_id, homes.c.team_id, homes.c.user_id)


def opened(conn: Connection, person: Operator, seen: str | None) -> None:
    """Somebody opened their home and saw the view with this hash of Slack's; None: there was none."""
    known = case((homes.c.hash.is_distinct_from(seen), None), else_=homes.c.digest)
    _ask(conn, person, {"hash": seen}, {"hash": seen, "digest": known})


def choose(conn: Connection, person: Operator, notify: Notify) -> None:
    """Keep how somebody wants to hear of the end of their jobs."""
    _ask(conn, person, {"notify": notify}, {"notify": notify})


def _ask(conn: Connection, person: Operator, first: Mapping[str, Any], again: Mapping[str, Any]) -> None:
    row = upsert(conn, homes).values(**_key(person), asked=1, **first)
    conn.execute(row.on_conflict_do_update(index_elements=KEYS, set_={"asked": homes.c.asked + 1, **again}))
    ring(conn, TOPIC)


def changed(conn: Connection, person: Operator, **values: Any) -> None:
    """Have somebody's home looked at, if they have one."""
    if values:
        conn.execute(update(homes).where(*_of(homes, person)).values(asked=homes.c.asked + 1, **values))
    else:
        _changed(conn, **{f"of_{name}": value for name, value in _key(person).items()})
    ring(conn, TOPIC)


@prepared
def _changed(of_enterprise_id: Any, of_team_id: Any, of_user_id: Any) -> Update:
    person = Operator(of_enterprise_id, of_team_id, of_user_id)
    return update(homes).where(*_of(homes, person)).values(asked=homes.c.asked + 1)


def notify_of(conn: Connection, person: Operator) -> Notify:
    """How somebody wants to hear of the end of their jobs."""
    return _notify(conn, **_key(person)).scalar_one_or_none() or Notify.MENTION


@prepared
def _notify(enterprise_id: Any, team_id: Any, user_id: Any) -> Select[Any]:
    return select(homes.c.notify).where(*_of(homes, Operator(enterprise_id, team_id, user_id)))


def get(conn: Connection, person: Operator) -> Home:
    """The home of somebody who has one."""
    values = conn.execute(select(homes).where(*_of(homes, person))).one()._asdict()
    operator = Operator(values.pop("enterprise_id"), values.pop("team_id"), values.pop("user_id"))
    return Home(operator=operator, **values)


def concerned(conn: Connection, since: int | None) -> tuple[int, Sequence[Operator]]:
    """How long the record is by now, and whose homes to look at: the record after `since` is about them.

    None: everybody's, as after a start. Whatever happens to a job is on the record, in the order of commits.
    """
    end: int = _end(conn).scalar_one()
    everybody = since is None or end - since > CATCH_UP
    everybody = everybody or (end != since and _about_batches(conn, since=since).first())
    expect(conn, CATCH_UP if everybody else end - (since or 0))
    found = {_operator(row) for row in (_all(conn) if everybody else _asked(conn))}
    if since is not None and end > since:
        found.update(_operator(row) for row in _owners(conn, since=since))
    return end, sorted(found, key=str)


@prepared
def _end() -> Select[Any]:
    return select(func.coalesce(func.max(audit_log.c.seq), 0))


@prepared
def _all() -> Select[Any]:
    return select(*KEYS)


@prepared
def _asked() -> Select[Any]:
    return select(*KEYS).where(IS_ASKED)


@prepared
def _owners(since: Any) -> Select[Any]:
    of_job = type_coerce(jobs.c.uuid, CHAR(32)) == audit_log.c.job
    concerned = select(*KEYS).distinct().join_from(audit_log, jobs, of_job).join(homes, _same_person())
    return concerned.where(audit_log.c.seq > since)


@prepared
def _about_batches(since: Any) -> Select[Any]:
    rare = select(audit_log.c.seq).where(
        audit_log.c.seq > since, or_(*(audit_log.c.event == event for event in OF_BATCHES))
    )
    return rare.limit(1)


def published(conn: Connection, home: Home, digest: str | None, view_hash: str | None) -> None:
    """Slack shows what `digest` stands for, unless its view was replaced by another since `home` was read."""
    conn.execute(
        update(homes)
        .where(*_of(homes, home.operator), homes.c.hash.is_not_distinct_from(home.hash))
        .values(digest=digest, hash=view_hash, answered=home.asked)
    )


def forgotten(conn: Connection, home: Home) -> None:
    """It is not known any more what Slack shows."""
    changed(conn, home.operator, digest=None, hash=None)


def claim_picture(conn: Connection, home: Home) -> bool:
    """Take it on to draw the picture of somebody's month; False when another replica has."""
    claimed = conn.execute(
        update(homes)
        .where(*_of(homes, home.operator), homes.c.picture_at.is_not_distinct_from(home.picture_at))
        .values(picture_at=now())
    )
    return claimed.rowcount == 1


def waiting(conn: Connection, person: Operator, limit: int) -> Sequence[Job]:
    """The newest of a person's cards that wait for a decision."""
    return _newest(conn, person, limit, IS_PROPOSED, jobs.c.expires_at > now())


def live(conn: Connection, person: Operator, limit: int) -> Sequence[Job]:
    """The newest of a person's jobs that have not ended."""
    return _newest(conn, person, limit, IS_LIVE)


def _newest(conn: Connection, person: Operator, limit: int, *which: Any) -> Sequence[Job]:
    query = select(*COLUMNS).where(*_of(jobs, person), *which).order_by(jobs.c.id.desc()).limit(limit)
    return [as_job(row) for row in conn.execute(query)]


def _key(person: Operator) -> dict[str, str]:
    return {
        "enterprise_id": person.enterprise_id,
        "team_id": person.team_id,
        "user_id": person.user_id,
    }


def _of(table: Table, person: Operator) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in _key(person).items()]


def _same_person() -> ColumnElement[bool]:
    return (
        (homes.c.enterprise_id == jobs.c.enterprise_id)
        & (homes.c.team_id == jobs.c.team_id)
        & (homes.c.user_id == jobs.c.user_id)
    )


def _operator(row: Any) -> Operator:
    return Operator(row.enterprise_id, row.team_id, row.user_id)
