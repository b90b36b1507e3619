"""What runs by itself: it survives errors, comes back when something is due, and ends when told to."""

import asyncio
import math
from functools import partial

import pytest
from structlog.testing import capture_logs

from bot import loops
from bot.loops import Loop, finished, report, until_stored
from bot.turns import Bell, Lease
from store.errors import StoreError

TOPIC = "evian3"


class OneLock:
    """Turns of somebody who is alone, with a record of what was taken and given back."""

    def __init__(self, bell: Bell, *, ours: bool = True) -> None:
        self.bell = bell
        self.ours = ours
        self.sweep_s = 60.0
        self.said: list[str] = []
        self.third = asyncio.Event()

    async def open(self) -> None:
        """Nothing to begin."""

    async def take(self, name: str) -> bool:
        self.said.append(f"take {name}")
        if self.said.count(f"take {name}") == 3:
            self.third.set()
        return self.ours

    def lease(self) -> Lease:
        return lambda: math.inf

    async def give(self, name: str) -> None:
        self.said.append(f"give {name}")

    async def close(self) -> None:
        """Nothing to end."""


class Work:
    """Counts its calls; each does what `script` says next: an error to raise, or when it is due again."""

    def __init__(self, *script: float | Exception | None) -> None:
        self.script = list(script)
        self.calls = 0
        self._called = asyncio.Condition()

    async def __call__(self) -> float | None:
        async with self._called:
            self.calls += 1
            self._called.notify_all()
        step = self.script.pop(0) if self.script else None
        if isinstance(step, Exception):
            raise step
        return step

    async def until(self, calls: int) -> None:
        """Wait until it was called so often."""
        async with asyncio.timeout(5), self._called:
            await self._called.wait_for(lambda: self.calls >= calls)


async def _ended(loop: Loop, task: asyncio.Task[None]) -> None:
    loop.stop()
    async with asyncio.timeout(5):
        await task


async def test_it_works_at_once_and_at_every_ring() -> None:
    bell, work = Bell(), Work()
    loop = Loop(OneLock(bell), TOPIC, work)
    task = asyncio.create_task(loop.run())
    await work.until(1)
    bell.ring(TOPIC)
    await work.until(2)
    await _ended(loop, task)


async def test_the_turn_is_given_back_after_the_work_unless_something_is_under_way() -> None:
    for busy, expected in ((False, ["take evian3", "give evian3"]), (True, ["take evian3"])):
        turns, work = OneLock(Bell()), Work()
        loop = Loop(turns, TOPIC, work, busy=partial(bool, busy))
        task = asyncio.create_task(loop.run())
        await work.until(1)
        await _ended(loop, task)
        assert turns.said == expected


async def test_while_it_rests_it_asks_for_no_turn_and_works_once_for_all_rings() -> None:
    bell, work = Bell(), Work()
    turns = OneLock(bell)
    loop = Loop(turns, TOPIC, work, rest_s=0.2)
    began = asyncio.get_running_loop().time()
    task = asyncio.create_task(loop.run())
    await work.until(1)
    while work.calls == 1:
        bell.ring(TOPIC)
        await asyncio.sleep(0.01)
    assert asyncio.get_running_loop().time() - began >= 0.2
    assert turns.said == ["take evian3", "give evian3"] * 2
    await _ended(loop, task)


async def test_a_stop_does_not_wait_for_the_rest_to_be_over() -> None:
    work = Work()
    loop = Loop(OneLock(Bell()), TOPIC, work, rest_s=3600)
    task = asyncio.create_task(loop.run())
    await work.until(1)
    await _ended(loop, task)
    assert work.calls == 1


async def test_in_anothers_turn_nothing_is_done_until_it_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "TAKEN_S", 0.01)
    turns, work = OneLock(Bell(), ours=False), Work()
    loop = Loop(turns, TOPIC, work)
    task = asyncio.create_task(loop.run())
    async with asyncio.timeout(5):
        await turns.third.wait()
    assert (set(turns.said), work.calls) == ({"take evian3"}, 0)
    turns.ours = True
    await work.until(1)
    await _ended(loop, task)


async def test_after_an_error_the_turn_is_kept_for_the_next_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "PAUSE_S", 0.01)
    turns, work = OneLock(Bell()), Work(StoreError("busy"), None)
    loop = Loop(turns, TOPIC, work)
    task = asyncio.create_task(loop.run())
    await work.until(2)
    await _ended(loop, task)
    assert turns.said == ["take evian3", "take evian3", "give evian3"]


async def test_it_comes_back_when_something_falls_due() -> None:
    work = Work(0.01, 0.0, -2.0, None)
    loop = Loop(OneLock(Bell()), TOPIC, work)
    task = asyncio.create_task(loop.run())
    await work.until(4)
    await _ended(loop, task)


@pytest.mark.parametrize("due", [None, 3600.0])
async def test_a_lost_ring_is_made_good_by_the_sweep(due: float | None) -> None:
    work, turns = Work(due, due, due), OneLock(Bell())
    turns.sweep_s = 0.01
    loop = Loop(turns, TOPIC, work)
    task = asyncio.create_task(loop.run())
    await work.until(3)
    await _ended(loop, task)


async def test_errors_are_logged_and_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "PAUSE_S", 0.01)
    work = Work(StoreError("The database did not do it: disk I/O error."), KeyError("ts"), None)
    loop = Loop(OneLock(Bell()), TOPIC, work)
    with capture_logs() as logs:
        task = asyncio.create_task(loop.run())
        await work.until(3)
        await _ended(loop, task)
    stored, unexpected = logs
    assert (stored["event"], stored["loop"]) == ("set_action.store_error", TOPIC)
    assert "disk I/O error" in stored["error"]
    assert (unexpected["event"], unexpected["loop"]) == ("set_action.unexpected", TOPIC)
    assert len(unexpected["reference"]) == 8


async def test_after_an_error_it_pauses() -> None:
    work = Work(StoreError("busy"))
    loop = Loop(OneLock(Bell()), TOPIC, work)
    task = asyncio.create_task(loop.run())
    await work.until(1)
    await asyncio.sleep(0.05)
    assert work.calls == 1
    await _ended(loop, task)


async def test_stop_lets_the_work_at_hand_end_and_begins_none() -> None:
    begun, go_on, ended = asyncio.Event(), asyncio.Event(), []

    async def work() -> None:
        begun.set()
        await go_on.wait()
        ended.append(True)

    loop = Loop(OneLock(Bell()), TOPIC, work)
    task = asyncio.create_task(loop.run())
    await begun.wait()
    loop.stop()
    await asyncio.sleep(0)
    assert not task.done()
    go_on.set()
    async with asyncio.timeout(5):
        await task
    assert ended == [True]


async def test_stopped_before_it_ran_it_does_nothing() -> None:
    work = Work()
    loop = Loop(OneLock(Bell()), TOPIC, work)
    loop.stop()
    await loop.run()
    assert work.calls == 0


async def test_a_write_is_repeated_until_the_database_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "PAUSE_S", 0.0)
    answers: list[StoreError | str] = [StoreError("locked"), StoreError("full"), "written"]

    async def write() -> str:
        answer = answers.pop(0)
        if isinstance(answer, StoreError):
            raise answer
        return answer

    with capture_logs() as logs:
        assert await until_stored(write) == "written"
    assert [(entry["event"], entry["error"]) for entry in logs] == [
        ("set_action.store_error", "locked"),
        ("set_action.store_error", "full"),
    ]


async def test_a_mistake_in_the_code_is_not_repeated() -> None:
    calls = []

    async def write() -> None:
        calls.append(True)
        raise ValueError("a mistake")

    with pytest.raises(ValueError, match="a mistake"):
        await until_stored(write)
    assert len(calls) == 1


async def test_waiting_for_the_database_can_be_cancelled() -> None:
    tried = asyncio.Event()

    async def write() -> None:
        tried.set()
        raise StoreError("locked")

    waiting = asyncio.create_task(until_stored(write))
    await tried.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_finished_waits_for_the_quick_and_cancels_the_late() -> None:
    async def quick() -> None:
        await asyncio.sleep(0)

    async def late() -> None:
        await asyncio.Event().wait()

    tasks = {asyncio.create_task(quick()), asyncio.create_task(late()), asyncio.create_task(late())}
    assert await finished(tasks, 0.05) == 2
    assert sorted(task.cancelled() for task in tasks) == [False, True, True]


async def test_finished_with_nothing_under_way() -> None:
    assert await finished(set(), 60) == 0


async def test_finished_is_not_stopped_by_what_a_task_died_of() -> None:
    async def broken() -> None:
        raise KeyError("ts")

    task = asyncio.create_task(broken())
    with capture_logs() as logs:
        task.add_done_callback(report)
        assert await finished({task}, 5) == 0
    assert logs[0]["event"] == "set_action.unexpected"


async def test_report_tells_an_error_from_an_end() -> None:
    async def well() -> None:
        return

    async def broken() -> None:
        raise KeyError("ts")

    good, bad, cut = (asyncio.create_task(work()) for work in (well, broken, well))
    cut.cancel()
    await asyncio.wait({good, bad, cut})
    with capture_logs() as logs:
        assert [report(good), report(bad), report(cut)] == [False, True, False]
    assert [entry["event"] for entry in logs] == ["set_action.unexpected"]


async def test_what_it_is_at_may_end_and_is_waited_for_that_long() -> None:
    inside, finish = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        inside.set()
        await finish.wait()

    loop = Loop(OneLock(Bell()), TOPIC, work)
    task = asyncio.create_task(loop.run())
    await inside.wait()
    loop.stop()
    with capture_logs() as logs:
        await loop.drain(0.01)
    assert [(entry["event"], entry["loop"]) for entry in logs] == [("set_action.still_at_work", TOPIC)]
    draining = asyncio.create_task(loop.drain(60))
    finish.set()
    await draining
    await task
