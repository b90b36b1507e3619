"""What a card remembers of how it was asked for, and how many of them a person has open."""

from store import jobs
from store.database import Database
from store.model import Source
from tests.store.samples import ASTER, BIRCH, BOTH, confirmed, proposed

pytestmark = BOTH
SOURCES = (Source("form", 3), Source("file", 126, "ids.csv", "cid", "line 1"), Source("card", 1, "0a1b2c3d"))


async def test_sources_come_back_as_they_were(db: Database) -> None:
    job = await db.write(proposed, sources=SOURCES)
    assert job.sources == SOURCES
    assert (await db.read(jobs.get, job.id)).sources == SOURCES
    assert (await db.write(proposed)).sources == ()


async def test_only_ones_own_undecided_cards_are_open(db: Database) -> None:
    await db.write(proposed)
    await db.write(confirmed)
    gone = await db.write(proposed)
    await db.write(jobs.cancel, gone, "U0ASTER")
    await db.write(proposed, expires_after_s=0.0)
    await db.write(proposed, operator=BIRCH)
    assert await db.write(jobs.open_cards, ASTER) == 1


async def test_a_request_is_known_by_its_key(db: Database) -> None:
    job = await db.write(proposed, request_key="view V1 h1")
    assert await db.read(jobs.asked_by, "view V1 h1") == job
    assert await db.read(jobs.asked_by, "view V1 h2") is None


async def test_the_last_cluster_is_that_of_the_newest_card_or_job(db: Database) -> None:
    assert await db.read(jobs.last_cluster, ASTER) is None
    await db.write(proposed, cluster="fiji1")
    await db.write(confirmed, cluster="evian3")
    await db.write(proposed, cluster="oslo2", operator=BIRCH)
    assert await db.read(jobs.last_cluster, ASTER) == "evian3"
    await db.write(proposed, cluster="fiji1")
    assert await db.read(jobs.last_cluster, ASTER) == "fiji1"
