"""Two equal replicas on one PostgreSQL: one job each time, whoever heard of it."""

from collections.abc import Callable

import pytest

from tests.stage import Stage


@pytest.fixture
async def replicas(idle_stage: Stage, postgres: Callable[[], str]) -> Stage:
    idle_stage.database = postgres()
    await idle_stage.start_bot()
    await idle_stage.start_bot()
    return idle_stage


async def test_jobs_confirmed_through_two_replicas_run_once_each(replicas: Stage) -> None:
    cids = await replicas.cids(6)
    cards = [await replicas.ask(f"/set-action T-Enable evian3 {cid}") for cid in cids]
    for card in cards:
        await replicas.confirm(card)
    for card in cards:
        await replicas.thread(card, "1 customer accepted")
    record = await replicas.evian3.record()
    assert sorted(post.cids[0] for post in record.posts) == sorted(cids)
    jobs = await replicas.rows("SELECT state, accepted FROM jobs")
    assert [tuple(job) for job in jobs] == [("done", 1)] * 6


async def test_a_replica_goes_on_with_what_a_stopped_one_left(replicas: Stage) -> None:
    [cid] = await replicas.cids(1)
    await replicas.stop_bot()
    card = await replicas.ask(f"/set-action T-Enable evian3 {cid}")
    await replicas.confirm(card)
    await replicas.thread(card, "1 customer accepted")
