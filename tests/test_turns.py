"""The bell wakes whoever listens, whenever it was rung, and never holds anybody for ever."""

import asyncio

from bot.turns import Bell

LONG_S = 30.0  # longer than any test: only a ring ends it


async def _in_time(bell: Bell, topic: str = "evian3") -> None:
    async with asyncio.timeout(5):
        await bell.hear(topic, LONG_S)


async def _silent(bell: Bell, topic: str = "evian3") -> bool:
    """Whether nothing is to be heard: the wait runs into its own end."""
    hearing = asyncio.create_task(bell.hear(topic, LONG_S))
    await asyncio.sleep(0.02)
    silent = not hearing.done()
    hearing.cancel()
    await asyncio.gather(hearing, return_exceptions=True)
    return silent


async def test_a_ring_before_anybody_listens_is_heard() -> None:
    bell = Bell()
    bell.ring("evian3")
    await _in_time(bell)


async def test_a_ring_while_somebody_listens_is_heard() -> None:
    bell = Bell()
    hearing = asyncio.create_task(bell.hear("evian3", LONG_S))
    await asyncio.sleep(0)
    bell.ring("evian3")
    async with asyncio.timeout(5):
        await hearing


async def test_rings_in_between_count_as_one() -> None:
    bell = Bell()
    bell.ring("evian3")
    bell.ring("evian3")
    await _in_time(bell)
    assert await _silent(bell)


async def test_a_ring_that_never_comes_is_not_waited_for() -> None:
    bell = Bell()
    for within_s in (0.01, 0.0, -3.0):
        async with asyncio.timeout(5):
            await bell.hear("evian3", within_s)


async def test_with_no_time_to_wait_a_ring_is_heard_and_used_up_all_the_same() -> None:
    bell = Bell()
    bell.ring("evian3")
    await bell.hear("evian3", 0.0)
    assert await _silent(bell)


async def test_topics_are_kept_apart() -> None:
    bell = Bell()
    bell.ring("fiji1")
    assert await _silent(bell, "evian3")
    await _in_time(bell, "fiji1")


async def test_a_ring_during_the_work_brings_the_worker_back() -> None:
    bell = Bell()
    bell.ring("evian3")
    await _in_time(bell)
    bell.ring("evian3")  # while the worker is at what the first one told of
    await _in_time(bell)


async def test_a_listener_who_is_cancelled_leaves_the_ring_to_the_next() -> None:
    bell = Bell()
    hearing = asyncio.create_task(bell.hear("evian3", LONG_S))
    await asyncio.sleep(0)
    hearing.cancel()
    await asyncio.gather(hearing, return_exceptions=True)
    assert hearing.cancelled()
    bell.ring("evian3")
    await _in_time(bell)
