"""What ends by itself without anybody's ring: cards, and the minutes in which refusals are counted."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, update

from bot.service.decisions import expire_due
from store import floods, jobs
from store.audit import Event
from store.audit_tables import refusals
from store.database import Database
from store.model import JobState
from store.tables import audit_log
from tests.migrated import copied
from tests.store.samples import ASTER, proposed

LASTS_S = 900.0


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    db = Database(f"sqlite:///{copied(tmp_path / 'bot.sqlite3')}")
    yield db
    db.close()


async def test_with_no_card_open_the_next_look_is_when_one_made_now_would_expire(db: Database) -> None:
    assert await expire_due(db, LASTS_S) == LASTS_S


async def test_it_looks_again_when_the_next_card_expires(db: Database) -> None:
    await db.write(lambda conn: proposed(conn, 1, expires_after_s=60))
    assert 50 < await expire_due(db, LASTS_S) <= 60
    assert await expire_due(db, 5.0) == 5.0, "the next to be made may expire before it"


async def test_cards_expire_at_their_time_and_the_next_is_waited_for(db: Database) -> None:
    over = await db.write(lambda conn: proposed(conn, 1, expires_after_s=-1))
    await db.write(lambda conn: proposed(conn, 1, expires_after_s=60))
    assert 50 < await expire_due(db, LASTS_S) <= 60
    assert (await db.read(jobs.get, over.id)).state is JobState.EXPIRED


async def test_what_was_counted_of_a_flood_is_told_once_its_minute_is_over(db: Database) -> None:
    for _ in range(floods.SINGLY + 3):
        await db.write(refuse)
    assert 50 < await expire_due(db, LASTS_S) <= 60
    await db.write(a_minute_later)
    assert await expire_due(db, LASTS_S) == LASTS_S
    assert await db.read(counted) == [{"in_all": floods.SINGLY + 3, "not_singly": 3}]


def refuse(conn: Connection) -> None:
    floods.record(conn, Event.REFUSED_REQUEST, actor=ASTER, detail={"why": "no such action"})


def a_minute_later(conn: Connection) -> None:
    [at] = conn.execute(select(refusals.c.since)).scalars()
    conn.execute(update(refusals).values(since=at - timedelta(minutes=1)))


def counted(conn: Connection) -> list[object]:
    told = select(audit_log.c.detail).where(audit_log.c.event == Event.REFUSALS_COUNTED.value)
    found = [json.loads(words) for words in conn.execute(told.order_by(audit_log.c.seq)).scalars()]
    return [detail for detail in found if "in_all" in detail]
